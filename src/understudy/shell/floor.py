"""The floor: all engines of our own, which of them should run, and how targets find them."""

import asyncio
from collections.abc import Callable
from typing import Final

from understudy.config.engine import EngineSettings
from understudy.config.settings import Settings
from understudy.routing.amber import routes_in_need
from understudy.routing.router import Router
from understudy.shell.engine import Engine, State
from understudy.shell.restarts import Restarts
from understudy.shell.upstream import Address, Pools
from understudy.wire.http import Origin

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the health of those who stand before it."""


class Floor:
    """One per gateway. `adopt` follows the configuration."""

    def __init__(self, router: Router, pools: Pools, now: Callable[[], float]) -> None:
        self._router = router
        self._pools = pools
        self._now = now
        self._engines: dict[Origin, Engine] = {}
        self._left: list[Engine] = []
        self._settings: Settings | None = None

    @property
    def engines(self) -> tuple[Engine, ...]:
        return tuple(self._engines.values())

    def adopt(self, settings: Settings) -> None:
        """Have the engines of these settings. One that stays the same goes on, unless it was given
        up: then it gets another chance.
        """
        self._settings = settings
        kept: dict[Origin, Engine] = {}
        for wanted in settings.engines:
            engine = self._engines.pop(wanted.origin, None)
            if engine is not None and (engine.settings != wanted or engine.state is State.BROKEN):
                self._leave(engine)
                engine = None
            kept[wanted.origin] = engine or self._made(wanted)
        for engine in self._engines.values():
            self._leave(engine)
        self._engines = kept
        for target in settings.topology.targets.values():
            if target.origin in kept:
                pool = self._pools.pool(Address(target.origin, verify_tls=target.verify_tls))
                pool.locate = kept[target.origin].locate

    async def watch(self) -> None:
        """Start and end engines as they are needed, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Warm what a route in need ends with; let cool what nobody has needed for long."""
        settings, now = self._settings, self._now()
        if settings is None or not self._engines:
            return
        topology = settings.topology
        floors = {
            name: self._engines[target.origin]
            for name, target in topology.targets.items()
            if target.origin in self._engines
        }
        needed = routes_in_need(topology, self._router.snapshot(now), floors)
        for name, engine in floors.items():
            warm = engine.settings.warm
            if warm == "always" or (warm == "amber" and name in needed):
                engine.warm()
        busy = self._pools.counts()
        for engine in self._engines.values():
            if busy.get(engine.settings.origin.authority):
                engine.needed_at = now
            elif now - engine.needed_at > engine.settings.cool_after:
                engine.cool()

    def status(self) -> list[dict[str, object]]:
        """How each engine is."""
        return [engine.status() for engine in self._engines.values()]

    def close(self) -> None:
        """End all, and wait until they have."""
        for engine in (*self._engines.values(), *self._left):
            engine.cool()
        for engine in (*self._engines.values(), *self._left):
            engine.close()

    def _made(self, settings: EngineSettings) -> Engine:
        engine = Engine(settings, Restarts(), self._now)
        if settings.warm == "always":
            engine.warm()
        return engine

    def _leave(self, engine: Engine) -> None:
        """End an engine without waiting; `close` waits for all."""
        engine.cool()
        self._left = [one for one in self._left if one.state is not State.COLD]
        self._left.append(engine)
