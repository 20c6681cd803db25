"""Simulated providers behind real sockets: several in a process, with faults that come and go.

Tests, demo and benchmarks build a `Simulator`; `understudy simulate` runs one as a process of its
own, and `simulator_control` lets another process set its faults.
"""

import asyncio
import contextlib
import random
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Self

import msgspec

from understudy.dialects.base import Dialect
from understudy.providers.taxonomy import Taxonomy, load_taxonomy
from understudy.shell.player import Player
from understudy.sim.fault_text import parse_faults
from understudy.sim.faults import Effect, Fault, Moment, Refuse, active, moment_of
from understudy.sim.plan import plan
from understudy.sim.provider import Draft, Incoming, Provider, respond
from understudy.sim.rows import resolve
from understudy.sim.steps import Step
from understudy.wire.http import Headers

WATCH_EVERY = 0.02
"""Seconds between two looks at listeners that come and go with a fault."""

CACHED_BYTES = 64 * 1024 * 1024
CACHED_PLANS = 512


class UnknownProvider(Exception):
    """No provider has that name."""


class Seen(msgspec.Struct):
    """A request as a provider saw it; `sent_bytes` and the times grow while it answers.

    `cancelled_at` is when the peer closed before the end (the loop's seconds), `ended_at` when all
    was sent, or a fault ended it. `effects` are the names of the faults that met it.
    """

    number: int
    at: float
    method: str
    path: str
    headers: Headers
    body: bytes
    effects: tuple[str, ...] = ()
    sent_bytes: int = 0
    ended_at: float | None = None
    cancelled_at: float | None = None


class Simulator:
    """Several simulated providers: `start` and `close` them, or `async with` them.

    `seed` decides what faults with a probability do; `keep` is how many requests each remembers.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        dialects: Mapping[str, Dialect],
        *,
        seed: int = 0,
        keep: int = 1000,
        host: str = "127.0.0.1",
    ) -> None:
        self._stations = {
            provider.name: Station(
                provider,
                dialects[provider.dialect],
                random.Random(f"{seed}/{provider.name}"),  # noqa: S311 - seeded on purpose
                host,
                keep,
            )
            for provider in providers
        }
        self._taxonomy: Taxonomy | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, str]:
        """Listen. Returns every provider's address, as in `http://127.0.0.1:40123`."""
        for station in self._stations.values():
            await station.open()
        self._watch = asyncio.get_running_loop().create_task(self._watched())
        return self.urls()

    async def close(self) -> None:
        """Close listeners and connections."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        for station in self._stations.values():
            station.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def urls(self) -> dict[str, str]:
        return {name: station.url for name, station in self._stations.items()}

    def url(self, provider: str) -> str:
        return self.station(provider).url

    def seen(self, provider: str) -> Sequence[Seen]:
        """The requests that came, oldest first."""
        return tuple(self.station(provider).seen)

    async def set_fault(self, provider: str, fault: str | Sequence[Fault] | None) -> None:
        """Let `provider` do wrong from now on (None: no more). Raises: FaultError."""
        self.arm(provider, fault)
        await self.station(provider).sync()

    def arm(self, provider: str, fault: str | Sequence[Fault] | None) -> None:
        """Set a fault without waiting for the listener to follow. Raises: FaultError."""
        station = self.station(provider)
        faults = parse_faults(fault) if isinstance(fault, str) else tuple(fault or ())
        if faults:
            self._taxonomy = self._taxonomy or load_taxonomy()
            faults = resolve(faults, self._taxonomy)
        station.arm(faults)

    async def kill(self, provider: str) -> None:
        """Be gone: connections are reset, and new ones refused."""
        station = self.station(provider)
        station.is_killed = True
        await station.sync()

    async def revive(self, provider: str) -> None:
        """Listen again after `kill`."""
        station = self.station(provider)
        station.is_killed = False
        await station.sync()

    def names(self) -> tuple[str, ...]:
        return tuple(self._stations)

    def station(self, name: str) -> "Station":
        """The provider of that name. Raises: UnknownProvider."""
        station = self._stations.get(name)
        if station is None:
            raise UnknownProvider(f"no provider {name!r} (there are: {', '.join(self._stations)})")
        return station

    async def _watched(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY)
            for station in self._stations.values():
                await station.sync()


class Station:
    """One provider while it runs: its listener, its connections, its faults, and what it saw."""

    def __init__(
        self,
        provider: Provider,
        dialect: Dialect,
        draws: random.Random,
        host: str,
        keep: int,
    ) -> None:
        self.provider = provider
        self.seen: deque[Seen] = deque(maxlen=keep)
        self.count = 0
        self.faults: tuple[Fault, ...] = ()
        self.is_killed = False
        self._dialect = dialect
        self._draws = draws
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._guard: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._listening = asyncio.Lock()
        self._players: set[Player] = set()
        self._since = 0.0
        self._base = 0
        self._plans: dict[tuple[str, str | None, bytes], tuple[tuple[Step, ...], bool]] = {}
        self._cached_bytes = 0

    @property
    def url(self) -> str:
        assert self._guard is not None, "the simulator was started"
        return f"http://{self._host}:{self._guard.getsockname()[1]}"

    @property
    def is_listening(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        # Bound for good and never listening: while the provider is gone, nobody else gets its port,
        # and nobody connects from it to itself.
        self._guard = _bound(self._host, self.provider.port)
        await self._listen()

    def close(self) -> None:
        self._stop_listening()
        for player in tuple(self._players):
            player.reset()
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    def arm(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        self._since = self._loop.time()
        self._base = self.count

    async def sync(self) -> None:
        """Listen or not: it may be killed, or a fault may surely refuse everybody now."""
        if self.is_killed:
            for player in tuple(self._players):
                player.reset()
        async with self._listening:  # one at a time: the watch and a caller may want it at once
            if not self._shall_listen():
                self._stop_listening()
            elif self._server is None:
                await self._listen()

    def admits(self, player: Player) -> bool:
        refusals = [fault for fault in self.faults if isinstance(fault.effect, Refuse)]
        if refusals and active(refusals, self._moment(None), self._draws.random):
            self.count += 1
            return False
        self._players.add(player)
        return True

    def left(self, player: Player) -> None:
        self._players.discard(player)

    def take(self, incoming: Incoming, *, is_first: bool) -> "Answering":
        seen = Seen(
            self.count,
            self._loop.time(),
            incoming.method,
            incoming.path,
            incoming.headers,
            incoming.body,
        )
        effects: tuple[Effect, ...] = ()
        if self.faults:
            effects = self._effects(incoming, is_first=is_first)
            seen.effects = tuple(type(effect).__name__ for effect in effects)
        self.count += 1
        self.seen.append(seen)
        steps, is_stamped = self._steps(incoming, effects)
        return Answering(seen, steps, self._loop, is_stamped=is_stamped)

    def _shall_listen(self) -> bool:
        moment = self._moment(None)
        return not self.is_killed and not any(
            fault.when.meets(moment, _never) for fault in self.faults if _is_sure_refusal(fault)
        )

    def _effects(self, incoming: Incoming, *, is_first: bool) -> tuple[Effect, ...]:
        faults = self.faults
        if is_first:  # it was admitted: whether to refuse it has been drawn already
            faults = tuple(fault for fault in faults if not isinstance(fault.effect, Refuse))
        return active(faults, self._moment(incoming), self._draws.random)

    def _steps(
        self, incoming: Incoming, effects: tuple[Effect, ...]
    ) -> tuple[tuple[Step, ...], bool]:
        key = (incoming.path, incoming.key, incoming.body)
        if not effects and incoming.method == "POST":
            known = self._plans.get(key)
            if known is not None:
                return known
        said = respond(self.provider, self._dialect, incoming)
        is_stamped = isinstance(said, Draft) and said.is_stamped
        steps = plan(self._dialect, said, effects)
        if not effects and isinstance(said, Draft):
            self._remember(key, steps, is_stamped=is_stamped)
        return steps, is_stamped

    def _remember(
        self, key: tuple[str, str | None, bytes], steps: tuple[Step, ...], *, is_stamped: bool
    ) -> None:
        """A plan without faults is a function of the request: benchmarks ask the same again."""
        size = len(key[2]) + sum(len(step.data) + 100 for step in steps)
        if self._cached_bytes + size > CACHED_BYTES or len(self._plans) >= CACHED_PLANS:
            self._plans.clear()
            self._cached_bytes = 0
        self._plans[key] = (steps, is_stamped)
        self._cached_bytes += size

    def _moment(self, incoming: Incoming | None) -> Moment:
        since = self._loop.time() - self._since
        number = self.count - self._base
        if incoming is None:
            return Moment(since, number)
        return moment_of(since, number, incoming.body, incoming.key)

    async def _listen(self) -> None:
        assert self._guard is not None
        sock = _bound(self._host, self._guard.getsockname()[1])
        self._server = await self._loop.create_server(lambda: Player(self), sock=sock, backlog=2048)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


class Answering:
    """One answer being played, and the line of the log that it writes."""

    __slots__ = ("_loop", "_seen", "is_stamped", "steps")

    def __init__(
        self,
        seen: Seen,
        steps: tuple[Step, ...],
        loop: asyncio.AbstractEventLoop,
        *,
        is_stamped: bool,
    ) -> None:
        self._seen = seen
        self._loop = loop
        self.steps = steps
        self.is_stamped = is_stamped

    def sent(self, count: int) -> None:
        self._seen.sent_bytes += count

    def ended(self, *, complete: bool) -> None:
        if complete:
            self._seen.ended_at = self._loop.time()
        else:
            self._seen.cancelled_at = self._loop.time()


def _is_sure_refusal(fault: Fault) -> bool:
    when = fault.when
    is_for_all = when.model is None and when.key is None and when.streamed is None
    return isinstance(fault.effect, Refuse) and when.p >= 1 and when.times is None and is_for_all


def _never() -> float:
    return 1.0


def _bound(host: str, port: int) -> socket.socket:
    """Bind a socket. Raises: OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)  # noqa: FBT003 - the library's
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from None
    return sock
