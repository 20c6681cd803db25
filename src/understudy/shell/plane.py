"""The data plane: what all client connections of a process share, and where a request is sent
first.

Holds the present settings; a reload swaps them whole, requests in progress finish on what they
have.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec
import structlog
from typing_extensions import override

from understudy.chat.failure import Failure, Scope
from understudy.config.settings import Caller, Settings
from understudy.dialects.base import Dialect, failure_at
from understudy.dialects.counting import GUESS, Counting, Counts
from understudy.dialects.course import Courses
from understudy.dialects.paths import Paths
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.opening import Machine, opened, splitting
from understudy.exchange.services import Services
from understudy.journal.entry import RequestEntry
from understudy.shell.asking import asked_at, caller_of, methods_of, named
from understudy.shell.bounds import Bounds
from understudy.shell.call import Call
from understudy.shell.client import ClientConnection, Incoming
from understudy.shell.clock import Clock
from understudy.shell.conversations import Conversations, opened_up
from understudy.shell.counting import Counters, guessed
from understudy.shell.credentials.keeper import Keeper
from understudy.shell.credentials.keepers import Keepers
from understudy.shell.head import DateLine
from understudy.shell.media import Fetcher
from understudy.shell.refusing import (
    foreign,
    is_of_a_web_page,
    mistake,
    unauthorised,
    wrongly_signed,
)
from understudy.shell.tunnel import Tunnels
from understudy.shell.turnstile import Turnstile
from understudy.shell.upstream import Address, Pool, Pools
from understudy.wire.http import Headers

__all__ = ["Bounds", "Plane", "Wiring"]

SWEEP_EVERY = 1.0
"""Seconds between two looks at idle and slow connections."""

TICK = 0.02
"""Seconds between two looks at the time limits of requests in progress: how late one may be."""

_JSON: Headers = ((b"content-type", b"application/json"),)
_PRIVATE: Headers = (*_JSON, (b"cache-control", b"no-store"))
"""What depends on the key, and must not lie in anybody's cache under the path alone."""

_TEXT: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)


class Wiring(msgspec.Struct, frozen=True):
    """How a target is reached. `lines` are its host and credentials as header lines: never shown,
    never logged. `keeper` adds a credential that is fetched. `courses`: it takes several exchanges.
    """

    pool: Pool
    lines: bytes
    keeper: Keeper | None = None
    courses: Courses | None = None

    @override
    def __repr__(self) -> str:
        return f"Wiring({self.pool.address.origin.authority})"


class Plane:
    """One per process."""

    def __init__(
        self,
        settings: Settings,
        services: Services,
        record: Callable[[RequestEntry], None],
        prefix: str,
        bounds: Bounds,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.bounds = bounds
        self.pools = Pools()
        self.services = services
        self.record = record
        self.conversations: Conversations | None = None
        self.turnstile: Turnstile | None = None
        self.is_draining = False
        self.refused: Counter[int] = Counter()
        self.bugs: Counter[str] = Counter()
        self.clock = Clock(time.monotonic)
        self.now = self.clock.now
        self._dates = DateLine()
        self._log = structlog.get_logger("understudy")
        self._prefix = prefix
        self._count = 0
        self._clients: set[ClientConnection] = set()
        self._calls: set[Call] = set()
        self._is_ticking = False
        self._paths = Paths(services.dialects, [each.paths for each in services.counts])
        self._counters = Counters(services.counts)
        self._splitting = splitting(services.dialects)
        self._methods = methods_of(services.dialects)
        self.tunnels = Tunnels(self)
        self._forwarded: Mapping[str, frozenset[bytes]] = {
            name: dialect.forwarded_headers() for name, dialect in services.dialects.items()
        }
        self._settings = settings
        self.media = Fetcher(settings.media)
        self.keepers = Keepers(services.concealer, self._renewed, time.time)
        self.keepers.adopt(settings.logins)
        self._wirings = _wirings(settings, self)
        services.concealer.know(settings.secrets())

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def busy_count(self) -> int:
        """Requests in progress."""
        return len(self._calls) + len(self.tunnels.open)

    @property
    def client_count(self) -> int:
        return len(self._clients)

    def adopt(self, settings: Settings) -> None:
        """Swap in new settings; requests in progress go on with theirs."""
        self.keepers.adopt(settings.logins)
        wirings = _wirings(settings, self)
        self.services.concealer.know(settings.secrets())
        self.services.router.swap(settings.topology, self.now())
        # Attempts of requests in progress may still name a target that is gone.
        self._wirings = {**self._wirings, **wirings}
        self._settings = settings
        self.media.settings = settings.media

    def new_id(self) -> str:
        """Name one more request."""
        self._count += 1
        return f"{self._prefix}{self._count:x}"

    def wiring(self, target: str) -> Wiring:
        return self._wirings[target]

    def date_line(self) -> bytes:
        return self._dates.line(self.now())

    def opened(self, client: ClientConnection) -> None:
        self._clients.add(client)
        if len(self._clients) > self.bounds.connections:
            self.refused[503] += 1
            client.abort()

    def lost(self, client: ClientConnection) -> None:
        self._clients.discard(client)

    def serve(self, client: ClientConnection, incoming: Incoming) -> None:
        """Answer one request: chat goes into an exchange, the rest is answered here."""
        path = incoming.url.partition(b"?")[0]
        if path == b"/healthz":
            client.answer(200, _TEXT, b"ok\n")
            return
        counts = None
        dialect = self._paths.find(path)
        if dialect is None and (counts := self._counters.find(path)) is not None:
            dialect = counts.chat
        caller = incoming.caller
        if caller is None:
            self._answer_failure(client, incoming, unauthorised())
        elif (wrong := wrongly_signed(incoming, caller)) is not None:
            self._answer_failure(client, incoming, wrong)
        elif caller.key is None and is_of_a_web_page(incoming):
            self._answer_failure(client, incoming, foreign())
        elif dialect is None:
            self._elsewhere(client, incoming, path, caller)
        elif incoming.method not in self._methods[dialect.name]:
            reason = f"{path.decode('latin-1')} takes POST, not {incoming.method.decode('latin-1')}"
            self._answer_failure(client, incoming, mistake(405, reason, "method_not_allowed"))
        elif counts is not None:
            self._counted(client, incoming, counts, caller)
        else:
            self._exchange(client, incoming, dialect, caller, self.services)

    def refuse(
        self, client: ClientConnection, incoming: Incoming, status: int, reason: str
    ) -> None:
        """Answer a request that was refused while it was being read."""
        self._answer_failure(client, incoming, mistake(status, reason, "invalid_request"))

    def over(self, call: Call) -> None:
        """A request is done with."""
        self._calls.discard(call)

    def report_bug(self, error: Exception) -> None:
        """Count a bug of ours; the first of its kind is logged, with where it was."""
        kind = type(error).__name__
        self.bugs[kind] += 1
        if self.bugs[kind] == 1:
            self._log.error("a bug of understudy's own broke a request off", exc_info=error)

    def _tick(self) -> None:
        """Wake the calls whose moment has come. One timer for all is cheaper than one for each.

        After a stall the sockets come first: what they hold was there in time.
        """
        stalls = self.clock.stalls
        now = self.now()
        if self.clock.stalls == stalls:
            for call in [call for call in self._calls if call.due <= now]:
                call.wake()
        self._is_ticking = bool(self._calls)
        self.clock.expect(TICK if self._is_ticking else SWEEP_EVERY)
        if self._is_ticking:
            self.loop.call_later(TICK, self._tick)

    async def sweep(self) -> None:
        """Look after idle and slow connections until cancelled."""
        while True:
            self.clock.expect(SWEEP_EVERY)
            await asyncio.sleep(SWEEP_EVERY)
            now = self.now()
            for client in tuple(self._clients):
                client.sweep(now)
            self.pools.sweep()

    def drain(self) -> None:
        """Let requests in progress finish; connections close after them."""
        self.is_draining = True
        for client in tuple(self._clients):
            client.close_if_idle()

    def close(self) -> None:
        """Cut whatever is left."""
        for client in tuple(self._clients):
            client.abort()
        self.pools.close()
        self.media.close()
        self.keepers.close()

    def _renewed(self, provider: str) -> None:
        """A credential came that stands in for a refused one: its targets may be asked again."""
        keys = {
            domain
            for target in self._settings.topology.targets.values()
            if target.provider == provider
            for domain in target.domains
            if domain.kind is Scope.KEY
        }
        for domain in keys:
            self.services.router.renew(domain, self.now())

    def _counted(
        self, client: ClientConnection, incoming: Incoming, counts: Counts, caller: Caller
    ) -> None:
        """Ask who can count; in that exchange the dialect is one that counts."""
        counting = Counting(counts, b"".join(incoming.body), asked_at(incoming.url))
        guess = guessed(counting, self._settings.topology, caller)
        if guess is not None:
            client.answer(200, GUESS, guess)
            return
        dialects = {**self.services.dialects, counting.name: counting}
        self._exchange(
            client,
            incoming,
            counting,
            caller,
            msgspec.structs.replace(self.services, dialects=dialects),
        )

    def _exchange(
        self,
        client: ClientConnection,
        incoming: Incoming,
        dialect: Dialect,
        caller: Caller,
        services: Services,
    ) -> None:
        heard = opened_up(
            self.conversations, dialect.name, caller.name, b"".join(incoming.body), client
        )
        if isinstance(heard, Failure):
            self._answer_failure(client, incoming, heard)
            return
        wanted = self._forwarded[dialect.name]
        asked = Asked(
            id=self.new_id(),
            at=time.time(),
            dialect=dialect.name,
            body=heard.body,
            caller=caller.name,
            headers=tuple([field for field in incoming.fields if field[0] in wanted]),
            routes=caller.routes,
            path=named(incoming.method, incoming.url, self._methods[dialect.name]),
            sealed=heard.sealed,
            makers=heard.makers,
        )
        leave = None if self.turnstile is None else self.turnstile.enter(asked, dialect)
        if isinstance(leave, Failure):
            self._answer_failure(client, incoming, leave)
            return
        if leave is not None:
            asked = msgspec.structs.replace(asked, glance=leave.glance)
        machine: Machine
        if dialect.name in self._splitting:
            machine = opened(services, asked, self.now())
        else:
            machine = Exchange(services, asked, self.now())
        call = client.call = Call(self, heard.client, machine, leave)
        self._calls.add(call)
        if not self._is_ticking:
            self._is_ticking = True
            self.loop.call_later(TICK, self._tick)
        call.begin()

    def _elsewhere(
        self, client: ClientConnection, incoming: Incoming, path: bytes, caller: Caller
    ) -> None:
        dialect = self._dialect_of(incoming)
        names = [
            name
            for name in self._settings.topology.routes
            if caller.routes is None or name in caller.routes
        ]
        wanted = self._paths.listed(path) if incoming.method in {b"GET", b"HEAD"} else None
        if wanted == "":
            client.answer(200, _PRIVATE, dialect.render_models(names))
            return
        if wanted is not None:
            if wanted in names:
                client.answer(200, _PRIVATE, dialect.render_model(wanted))
            else:
                failure = mistake(404, f"no route {wanted[:200]!r}", "model_not_found")
                self._answer_failure(client, incoming, failure)
            return
        if self.conversations is not None:
            dialects = self.services.dialects
            if self.conversations.answer(client, dialects, incoming.method, path, caller.name):
                return
        asked = path[:200].decode("latin-1")
        close = ", ".join(self._paths.nearest(asked))
        reason = f"nothing is served at {asked} (nearest: {close})"
        self._answer_failure(client, incoming, mistake(404, reason, "not_found"))

    def _answer_failure(
        self, client: ClientConnection, incoming: Incoming, failure: Failure
    ) -> None:
        named = msgspec.structs.replace(failure, request_id=failure.request_id or self.new_id())
        url = incoming.url.decode("latin-1")
        status, headers, body = failure_at(self._dialect_of(incoming), named, url)
        self.refused[status] += 1
        client.answer(status, headers, body)

    def _dialect_of(self, incoming: Incoming) -> Dialect:
        """The dialect of the path; else whose own header fields are there, or whose paths are most
        like it; else the first.
        """
        path = incoming.url.partition(b"?")[0]
        counts = self._counters.find(path)
        dialect = self._paths.find(path) or (counts.chat if counts else self._paths.lister(path))
        if dialect is not None:
            return dialect
        sent = {name for name, _ in incoming.fields}
        for name, fields in self._forwarded.items():
            if sent & fields:
                return self.services.dialects[name]
        likeliest = self._paths.likeliest(path)
        return likeliest or next(iter(self.services.dialects.values()))

    def caller(self, incoming: Incoming) -> Caller | None:
        """Whose key came with a request's head; None: nobody's."""
        return caller_of(incoming.fields, incoming.url, self._settings)


def _wirings(settings: Settings, plane: Plane) -> dict[str, Wiring]:
    dialects = plane.services.dialects
    courses = {name: each for name, each in dialects.items() if isinstance(each, Courses)}
    return {
        name: Wiring(
            plane.pools.pool(Address(target.origin, verify_tls=target.verify_tls)),
            b"host: %b\r\n%b" % (target.origin.authority.encode(), settings.credential_lines(name)),
            plane.keepers.of(target.provider),
            courses.get(target.endpoint.dialect),
        )
        for name, target in settings.topology.targets.items()
    }
