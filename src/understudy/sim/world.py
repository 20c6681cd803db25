"""The simulated world: the real `Exchange` and `Router` between simulated providers and clients.

Time is virtual, chance has one seed: the same setting, seed and actions give the same journal, byte
for byte, on every machine. Each command of each exchange is looked at by a referee on the way
(`InvariantBroken`). See docs/simulation.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from understudy.dialects.base import Dialect
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.invariants import InvariantBroken
from understudy.exchange.messages import StartAttempt
from understudy.exchange.services import HeldBudget, Limits, Services
from understudy.journal.entry import RequestEntry
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import Taxonomy, load_taxonomy
from understudy.routing.breaker import DEFAULTS, Settings
from understudy.routing.topology import Topology
from understudy.sim.agenda import Agenda
from understudy.sim.call import Call
from understudy.sim.chance import Chance
from understudy.sim.faults import Fault, RowOf
from understudy.sim.listening import Ask, Ear, Heard, written
from understudy.sim.network import LinePool, Network
from understudy.sim.provider import Incoming, Provider
from understudy.sim.refereed import RefereedBudget, RefereedRouter
from understudy.sim.rows import resolve
from understudy.sim.station import Station

WALL = 1_767_225_600.0
"""The wall clock at the world's second 0: 1 January 2026."""


class Setting(msgspec.Struct, frozen=True):
    """What a world is made of. `wiring` says which provider stands behind a target, `keys` with
    which credential it is asked (left out: the name of its first failure domain).
    """

    topology: Topology
    providers: tuple[Provider, ...]
    wiring: dict[str, str]
    dialects: Mapping[str, Dialect]
    classifier: Classifier
    network: Network = Network()
    breakers: Settings = DEFAULTS
    limits: Limits = Limits()
    held_bytes: int = 48 * 1024 * 1024
    keys: dict[str, str] = {}


class Tally(msgspec.Struct):
    """What all clients heard, in sum."""

    asked: int = 0
    ended: int = 0
    exact: int = 0
    complete: int = 0
    errors: int = 0
    cut: int = 0
    left: int = 0
    missing_tokens: int = 0
    duplicated_tokens: int = 0
    extra_finishes: int = 0
    attempts: int = 0


class World:
    """`at` and `after` put actions on the agenda, `run` lets time pass.

    `entries` are the journal's, unless a sink was given for them. `on_step` is called after each
    action of the world's own (none by default): for whoever checks more than the referee does.
    """

    def __init__(
        self, setting: Setting, seed: int, record: Callable[[RequestEntry], None] | None = None
    ) -> None:
        self.setting = setting
        self.chance = Chance(seed)
        self.topology = setting.topology
        self.entries: list[RequestEntry] = []
        self.heard = Tally()
        self.router = RefereedRouter(
            setting.topology,
            self.chance.stream("router").draw,
            settings=setting.breakers,
            budget=RefereedBudget(),
        )
        self.services = Services(
            self.router,
            setting.dialects,
            setting.classifier,
            HeldBudget(setting.held_bytes),
            setting.limits,
        )
        self._agenda = Agenda()
        self._record = record or self.entries.append
        self._wall = WALL
        self._wakes = self.chance.stream("timers")
        self._wiring = dict(setting.wiring)
        self._keys = dict(setting.keys)
        self._taxonomy: Taxonomy | None = None
        self._pools = {provider.name: self._open(provider) for provider in setting.providers}
        self._calls: dict[Call, None] = {}

    @property
    def now(self) -> float:
        return self._agenda.now

    @property
    def busy_count(self) -> int:
        """Requests in progress."""
        return len(self._calls)

    def at(self, when: float, action: Callable[[], None]) -> None:
        self._agenda.at(when, action)

    def after(self, delay: float, action: Callable[[], None]) -> None:
        self._agenda.after(delay, action)

    def run(self, until: float) -> None:
        """Let time pass until then. Raises: InvariantBroken."""
        self._agenda.run(until)

    def finish(self, patience: float = 1000.0) -> None:
        """Let time pass until no request is in progress, and check that nothing is left of them.

        Raises: InvariantBroken, also where that takes longer than `patience` seconds.
        """
        end = self.now + patience
        while self._calls:
            due = self._agenda.next_at
            if due is None or due > end:
                raise InvariantBroken(f"{len(self._calls)} requests never end")
            self._agenda.run(due)
        leases, held = self.router.open_leases, self.services.budget.held_bytes
        if leases or held:
            raise InvariantBroken(f"leases {sorted(leases)} and {held} held bytes are left over")

    # What can happen

    def ask(self, ask: Ask, heard: Callable[[Heard], None] | None = None) -> None:
        """A client's request begins now; `heard` is told what came of it."""
        dialect = self.setting.dialects[ask.dialect]
        self.heard.asked += 1
        request = written(ask, dialect)
        asked = Asked(
            id=f"w{self.heard.asked:x}",
            at=self._wall + self.now,
            dialect=ask.dialect,
            body=request.body,
            caller=ask.caller,
            routes=ask.routes,
            path=request.path,
        )
        ear = Ear(dialect, asked.body, stream=ask.stream, now=self.now)
        exchange = Exchange(self.services, asked, self.now)
        call = Call(self, exchange, ear, ask, partial(self._hear, heard))
        self._calls[call] = None
        if ask.leaves_at is not None:
            self.after(ask.leaves_at, call.client_gone)
        call.begin()

    def arm(self, provider: str, faults: Sequence[Fault]) -> None:
        """Let a provider do wrong from now on: this, and nothing that was set before.

        Raises: FaultError, for a row of the failure taxonomy that no provider can show.
        """
        if any(isinstance(fault.effect, RowOf) for fault in faults):
            self._taxonomy = self._taxonomy or load_taxonomy()
            faults = resolve(faults, self._taxonomy)
        self._pools[provider].station.arm(faults)

    def kill(self, provider: str) -> None:
        """End its process: connections are reset, new ones refused, until `revive`."""
        pool = self._pools[provider]
        pool.station.is_killed = True
        pool.reset()

    def revive(self, provider: str) -> None:
        self._pools[provider].station.is_killed = False

    def cut_off(self, providers: Iterable[str], flag: str | None = "") -> None:
        """The network lets no new connection through to them: `flag` says what is seen of that
        ("dns_failure", "connect_refused", "tls_failure"), "" for silence. None: it works again.
        """
        for provider in providers:
            self._pools[provider].outage = flag

    def swap(self, topology: Topology, wiring: Mapping[str, str] | None = None) -> None:
        """A new configuration is adopted; `wiring` says where targets are that were not there."""
        self._wiring.update(wiring or {})
        self.topology = topology
        self.router.swap(topology, self.now)

    def set_wall_clock(self, jump: float) -> None:
        """Move the wall clock by so many seconds. Nothing but the journal's `at` may notice."""
        self._wall += jump

    def station(self, provider: str) -> Station:
        return self._pools[provider].station

    def pool_of(self, provider: str) -> LinePool:
        return self._pools[provider]

    # What calls want

    def start(self, call: Call, command: StartAttempt) -> None:
        """Send an attempt's request, with the target's credential."""
        request = command.request
        credential = b"Bearer " + self._key(command.target).encode()
        incoming = Incoming(
            request.method,
            request.path,
            ((b"authorization", credential), *request.headers),
            request.body,
        )
        self.pool(command.target).start(call, command.attempt, incoming)

    def pool(self, target: str) -> LinePool:
        return self._pools[self._wiring[target]]

    def wake_at(self, when: float, action: Callable[[], None]) -> None:
        """Do `action` as soon after `when` as the gateway's timer comes to it."""
        self._agenda.at(when + self.setting.network.wake_late * self._wakes.draw(), action)

    def record(self, entry: RequestEntry) -> None:
        self.heard.attempts += len(entry.attempts)
        self._record(entry)

    def over(self, call: Call) -> None:
        del self._calls[call]

    def _hear(self, told: Callable[[Heard], None] | None, heard: Heard) -> None:
        tally = self.heard
        tally.ended += 1
        tally.left += heard.left
        tally.exact += heard.is_exact
        tally.complete += heard.complete
        if not heard.left and not heard.complete:
            is_cut = 200 <= heard.status < 300
            tally.cut += is_cut
            tally.errors += not is_cut
        tally.missing_tokens += 0 if heard.left or heard.status >= 300 else heard.missing_tokens
        tally.duplicated_tokens += 0 if heard.status >= 300 else heard.duplicated_tokens
        tally.extra_finishes += max(0, heard.finishes - 1)
        if told is not None:
            told(heard)

    def _open(self, provider: Provider) -> LinePool:
        dialect = self.setting.dialects[provider.dialect]
        draw = self.chance.stream(f"faults of {provider.name}").draw
        station = Station(provider, dialect, lambda: self._agenda.now, draw)
        stream = self.chance.stream(f"network of {provider.name}")
        return LinePool(station, self.setting.network, self._agenda, stream)

    def _key(self, target: str) -> str:
        key = self._keys.get(target)
        if key is None:
            known = self.topology.targets.get(target)
            key = known.domains[0].name if known is not None and known.domains else target
            self._keys[target] = key
        return key
