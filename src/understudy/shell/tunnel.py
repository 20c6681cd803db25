"""Tunnels: web sockets passed through to one target, which routing chooses before the upgrade.

Nothing is tried again here. A target that cannot be reached, or does not agree to the upgrade, is
charged as for any attempt, and the client is told; when it comes again, the router sends it
elsewhere. After the upgrade bytes go both ways as they are, and each end waits for the other.
"""

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Progress, Signal, Surface
from understudy.config.settings import Caller
from understudy.dialects import realtime
from understudy.exchange import words
from understudy.exchange.asked import Asked
from understudy.exchange.receipt import forwarded
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.operations.kinds import Operation
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease, NoTarget
from understudy.routing.topology import Route
from understudy.shell.connecting import connect_flag
from understudy.shell.head import fields, request_head, status_line
from understudy.shell.refusing import foreign, is_of_a_web_page, unauthorised
from understudy.shell.tunnel_ends import Far, Near
from understudy.wire.http import HttpRequest, ResponseHead

if TYPE_CHECKING:
    from understudy.shell.client import ClientConnection, Incoming
    from understudy.shell.plane import Plane
    from understudy.shell.turnstile import Pass

MOST_EARLY_BYTES = 64 * 1024
"""What a client may send before the target has agreed."""

_UPGRADE = ((b"connection", b"Upgrade"), (b"upgrade", b"websocket"))


class Tunnels:
    """All tunnels of a process."""

    def __init__(self, plane: "Plane") -> None:
        self.plane = plane
        self.open: set[Tunnel] = set()

    def takes(self, incoming: "Incoming") -> bool:
        """Whether a request that asks for another protocol asks for one of these."""
        kinds = [value.lower() for name, value in incoming.fields if name == b"upgrade"]
        is_socket = incoming.method == b"GET" and kinds == [b"websocket"]
        return is_socket and incoming.url.partition(b"?")[0] in realtime.PATHS

    def begin(
        self,
        client: "ClientConnection",
        incoming: "Incoming",
        transport: asyncio.Transport,
        early: bytes,
    ) -> None:
        """Choose a target and open a socket to it, or say why not. `early`: what came already."""
        chosen = self._chosen(incoming)
        if isinstance(chosen, Failure):
            self.refuse(client, chosen)
            return
        route, lease, leave = chosen
        tunnel = Tunnel(self, incoming, Near(client, transport), route, lease)
        tunnel.leave = leave
        self.open.add(tunnel)
        tunnel.begin()
        if early:
            tunnel.client_data(early)

    def refuse(self, client: "ClientConnection", failure: Failure) -> None:
        """Answer without an upgrade."""
        dialect = next(iter(self.plane.services.dialects.values()))
        status, headers, body = dialect.render_failure(failure)
        self.plane.refused[status] += 1
        client.answer(status, headers, body)

    def _chosen(self, incoming: "Incoming") -> tuple[Route, Lease, "Pass | None"] | Failure:
        caller = incoming.caller
        if caller is None:
            return unauthorised()
        if caller.key is None and is_of_a_web_page(incoming):
            return foreign()
        leave = None
        if self.plane.turnstile is not None:
            asked = Asked(self.plane.new_id(), time.time(), realtime.NAME, b"", caller.name)
            leave = self.plane.turnstile.enter(asked, None)
        if isinstance(leave, Failure):
            return leave
        leased = self._leased(incoming, caller)
        if isinstance(leased, Failure):
            if leave is not None:
                leave.lost()
            return leased
        return (*leased, leave)

    def _leased(self, incoming: "Incoming", caller: Caller) -> tuple[Route, Lease] | Failure:
        router, now = self.plane.services.router, self.plane.now()
        name = realtime.model_of(dict(_query(incoming)))
        route = router.find(name)
        if route is None or (caller.routes is not None and route.name not in caller.routes):
            return words.unknown_model(name, ())
        if route.operation is not Operation.REALTIME:
            return words.other_operation(route.name, route.operation.value, "realtime")
        lease = router.lease(router.begin(route, Needs(), now, caller=caller.name), now)
        return words.nobody(lease) if isinstance(lease, NoTarget) else (route, lease)


class Tunnel:
    """One socket, between its two ends."""

    def __init__(
        self,
        tunnels: Tunnels,
        incoming: "Incoming",
        near: Near,
        route: Route,
        lease: Lease,
    ) -> None:
        self._tunnels = tunnels
        self._plane = tunnels.plane
        self._near = near
        self._incoming = incoming
        self._route = route
        self._lease = lease
        self.leave: Pass | None = None
        self._at = time.time()
        self._began = self._plane.now()
        self._id = self._plane.new_id()
        self._end: Far | None = None
        self._early: list[bytes] = []
        self._early_bytes = 0
        self._counts = [0, 0]  # bytes from the client, and to it
        self._is_open = False
        self._is_over = False
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._near.follow(self)
        self._task = self._plane.loop.create_task(self._opened())

    # The client's side

    def client_data(self, data: bytes) -> None:
        self._counts[0] += len(data)
        if self._is_open and self._end is not None:
            self._end.write(data)
            return
        self._early.append(data)
        self._early_bytes += len(data)
        if self._early_bytes > MOST_EARLY_BYTES:
            self._near.abort()

    def client_gone(self) -> None:
        self._finish(Ended.SUCCEEDED if self._is_open else Ended.ABANDONED, "client_gone")

    def client_blocked(self) -> None:
        if self._end is not None:
            self._end.pause()

    def client_ready(self) -> None:
        if self._end is not None:
            self._end.resume()

    # The target's side

    def upstream_data(self, data: bytes) -> None:
        self._counts[1] += len(data)
        self._near.write(data)

    def upstream_gone(self) -> None:
        self._finish(Ended.SUCCEEDED, "ok")

    def hold(self) -> None:
        """The target reads slower than the client writes."""
        self._near.pause()

    def unhold(self) -> None:
        self._near.resume()

    async def _opened(self) -> None:
        timeouts = self._route.timeouts
        try:
            async with asyncio.timeout(timeouts.connect):
                end = self._end = await self._connected()
            async with asyncio.timeout(timeouts.first_token):
                head, rest = await end.head
        except (OSError, UnicodeError, TimeoutError) as error:
            flag = connect_flag(error) if self._end is None else "ttfb_timeout"
            self._failed(Signal(Surface.TRANSPORT, flag=flag, message=str(error)[:200]))
            return
        except ValueError as error:
            self._failed(Signal(Surface.TRANSPORT, flag="reset_before_headers", message=str(error)))
            return
        if head.status == 101:
            self._agreed(end, head, rest)
            return
        body = await end.body(head, rest)
        dialect = self._plane.services.dialects[self._lease.target.endpoint.dialect]
        self._failed(dialect.parse_failure(head, body))

    async def _connected(self) -> Far:
        wiring = self._plane.wiring(self._lease.target.name)
        origin = wiring.pool.address.origin
        path = realtime.written_path(self._lease.target.endpoint, _query(self._incoming))
        own = realtime.forwarded(tuple(self._incoming.fields))
        headers = (*_UPGRADE, *self._lease.target.endpoint.headers, *own)
        request = HttpRequest("GET", path, headers, b"")
        lines = wiring.lines
        if wiring.keeper is not None:
            signed = wiring.keeper.lines(request, origin.authority)
            if signed is None:
                raise ConnectionError(wiring.keeper.why())
            lines += signed
        verify = wiring.pool.address.verify_tls
        end = await self._plane.pools.dialer.dial(lambda: Far(self), origin, verify=verify)
        end.write(request_head(request, lines).replace(b"content-length: 0\r\n", b""))
        return end

    def _agreed(self, end: Far, head: ResponseHead, rest: bytes) -> None:
        """The target has agreed: the same goes to the client, and from here on bytes are bytes."""
        self._is_open = True
        self._router.first_content(self._lease, self._plane.now())
        own = (
            *_UPGRADE,
            *forwarded(head.headers),
            (b"x-understudy-request-id", self._id.encode()),
            (b"x-understudy-target", self._lease.target.name.encode("ascii", "replace")),
        )
        self._near.write(status_line(101) + fields(own) + b"\r\n")
        end.follow(rest)
        for data in self._early:
            end.write(data)
        self._early = []

    def _failed(self, signal: Signal) -> None:
        if self._is_over:
            return
        services = self._plane.services
        signal = services.concealer.signal(signal)
        failure = services.classifier.classify(
            self._lease.target.taxonomy, signal, Progress.NOT_SENT
        )
        entry = self._finish(failure, "failed")
        self._tunnels.refuse(self._near.give_back(), words.public(failure, entry, None))

    def _finish(self, outcome: Failure | Ended, word: str) -> tuple[AttemptEntry, ...]:
        """Close the books and both ends; returns what was tried."""
        if self._is_over:
            return ()
        self._is_over = True
        now = self._plane.now()
        self._tunnels.open.discard(self)
        self._router.close(self._lease, outcome, now)
        if self._task is not None and word == "client_gone":
            self._task.cancel()
        if self._end is not None:
            self._end.close()
        failure = outcome if isinstance(outcome, Failure) else None
        attempt = AttemptEntry(
            number=1,
            target=self._lease.target.name,
            started=0.0,
            ended=now - self._began,
            outcome="ok" if failure is None else failure.kind,
            charge=None if failure is None else failure.charge.value,
            message=None if failure is None else failure.message[:500],
            status=None if failure is None else failure.status,
        )
        self._record(attempt, word, failure, now)
        if failure is None:
            self._near.close()
        return (attempt,)

    def _record(
        self, attempt: AttemptEntry, word: str, failure: Failure | None, now: float
    ) -> None:
        caller = self._incoming.caller
        entry = RequestEntry(
            id=self._id,
            at=self._at,
            duration=now - self._began,
            caller="" if caller is None else caller.name,
            dialect=realtime.NAME,
            route=self._route.name,
            operation=self._route.operation.value,
            stream=True,
            outcome="ok" if self._is_open else word,
            status=101 if self._is_open else 0,
            attempts=(attempt,),
            target=attempt.target if self._is_open else None,
            failure=None if failure is None else failure.kind,
            request_bytes=self._counts[0],
            response_bytes=self._counts[1],
        )
        if self.leave is not None:
            self.leave.ended(entry)
        self._plane.record(entry)

    @property
    def _router(self) -> Router:
        return self._plane.services.router


def _query(incoming: "Incoming") -> list[tuple[str, str]]:
    text = incoming.url.partition(b"?")[2].decode("latin-1")
    return parse_qsl(text, keep_blank_values=True, max_num_fields=64)
