"""Engines follow the health of those before them, and the configuration."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from tests.local.engines import engine_settings, is_alive, program
from tests.routing.world import open_host, target
from tests.shell.looped import looped
from tests.shell.test_engine import until
from understudy.config.engine import EngineSettings
from understudy.config.settings import JournalSettings, Server, Settings
from understudy.routing.router import Router
from understudy.routing.topology import Route, Topology
from understudy.shell.engine import Engine, State
from understudy.shell.floor import Floor
from understudy.shell.upstream import Address, Pools

pytestmark = pytest.mark.timeout(60)  # a real engine starts, beside whatever else runs


class Scene:
    """A floor under a route of one other target, and a clock that stands still."""

    def __init__(self, *engines: EngineSettings) -> None:
        self.now = 0.0
        self.settings = settings(*engines)
        self.pools = Pools()
        self.router = Router(self.settings.topology, lambda: 0.5)
        self.floor = Floor(self.router, self.pools, lambda: self.now)
        self.floor.adopt(self.settings)

    @property
    def engine(self) -> Engine:
        return next(iter(self.floor._engines.values()))

    async def end(self) -> None:
        await asyncio.to_thread(self.floor.close)


def settings(*engines: EngineSettings) -> Settings:
    floors = [
        msgspec.structs.replace(target("local/m"), origin=engine.origin) for engine in engines
    ]
    targets = [target("a/m"), *floors]
    route = Route("chat", tuple(each.name for each in targets))
    topology = Topology({each.name: each for each in targets}, {"chat": route})
    return Settings(Server(), JournalSettings(), {}, topology, {}, engines=engines)


@looped
async def test_it_is_warmed_when_the_first_target_is_not_well(tmp_path: Path):
    scene = Scene(engine_settings(tmp_path))
    scene.floor.look()
    assert scene.engine.state is State.COLD
    open_host(scene.router, "a/m", 0.0)
    scene.floor.look()
    await until(lambda: scene.engine.state is State.UP)
    assert scene.floor.status()[0]["state"] == "up"
    await scene.end()


@looped
async def test_on_demand_only_a_request_starts_it(tmp_path: Path):
    scene = Scene(engine_settings(tmp_path, warm="demand"))
    open_host(scene.router, "a/m", 0.0)
    scene.floor.look()
    assert scene.engine.state is State.COLD
    locate = scene.pools.pool(Address(scene.engine.settings.origin, verify_tls=True)).locate
    assert locate is not None
    host, port = await locate()
    assert (host, port) == ("127.0.0.1", scene.engine.port)
    await scene.end()


@looped
async def test_it_cools_when_nobody_has_needed_it(tmp_path: Path):
    scene = Scene(engine_settings(tmp_path, warm="demand", cool_after=60.0))
    await scene.engine.locate()
    scene.now = 60.0
    scene.floor.look()
    assert not scene.engine._stop.is_set()
    scene.pools.pool(Address(scene.engine.settings.origin, verify_tls=True)).open_count = 1
    scene.now = 100.0
    scene.floor.look()  # somebody is connected to it
    scene.pools.pool(Address(scene.engine.settings.origin, verify_tls=True)).open_count = 0
    scene.now = 160.0
    scene.floor.look()
    assert not scene.engine._stop.is_set()
    scene.now = 161.0
    scene.floor.look()
    await until(lambda: scene.engine.state is State.COLD)
    await scene.end()


@looped
async def test_one_that_should_always_run_does(tmp_path: Path):
    scene = Scene(engine_settings(tmp_path, warm="always", cool_after=0.1))
    await until(lambda: scene.engine.state is State.UP)
    scene.now = 50.0
    scene.floor.look()
    assert not scene.engine._stop.is_set()
    await scene.end()


@looped
async def test_a_reload_keeps_what_stays_and_ends_what_goes(tmp_path: Path):
    wanted = engine_settings(tmp_path)
    scene = Scene(wanted)
    first = scene.engine
    await first.locate()
    pid = first.pid
    assert pid is not None
    scene.floor.adopt(settings(wanted))
    assert scene.engine is first
    scene.floor.adopt(settings(msgspec.structs.replace(wanted, memory=2**29)))
    assert scene.engine is not first
    await until(lambda: not is_alive(pid))
    second = scene.engine
    scene.floor.adopt(settings())
    assert scene.floor.status() == []
    assert second.state is State.COLD
    await scene.end()


@looped
async def test_a_reload_is_another_chance_for_one_that_was_given_up(tmp_path: Path):
    wanted = engine_settings(tmp_path, command=(program(tmp_path, "exit 1"),))
    scene = Scene(wanted)
    first = scene.engine
    first._restarts._first = 0.001
    first.warm()
    await until(lambda: first.state is State.BROKEN)
    scene.floor.look()
    assert first.starts == 5
    scene.floor.adopt(settings(wanted))
    assert scene.engine is not first
    await scene.end()


@looped
async def test_it_looks_again_and_again_until_cancelled(tmp_path: Path):
    scene = Scene(engine_settings(tmp_path))
    open_host(scene.router, "a/m", 0.0)
    watching = asyncio.ensure_future(scene.floor.watch())
    await until(lambda: scene.engine.state is State.UP)
    watching.cancel()
    await scene.end()
