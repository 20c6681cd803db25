"""The admin listener: health, readiness, metrics, breakers. A port of its own, never the data
plane's.

To look asks for no key, so it is on loopback, and answers no web page: neither one that says so,
nor one whose name its owner points at this machine. What changes something is guarded (`guard`).
"""

import contextlib
import ipaddress
import json
import socket
from collections.abc import Callable, Iterator

import msgspec
import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from understudy.shell.guard import refusal
from understudy.shell.plane import Plane
from understudy.shell.steering import Refused, Steering

OWN_NAMES = frozenset({"localhost", "host.docker.internal"})
"""Names that nobody else can point at this machine: a container knows its host by the second."""


READY = "ready"

LONGEST_ORDER = 64 * 1024
"""Bytes of an order's body."""


def application(
    plane: Plane,
    registry: CollectorRegistry,
    status: Callable[[], dict[str, object]],
    steering: Steering,
) -> Starlette:
    """The admin pages over what the process knows, and the orders that change something.

    `status` says how config and journal are.
    """

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        word = _readiness(plane)
        return PlainTextResponse(f"{word}\n", status_code=200 if word == READY else 503)

    async def metrics(request: Request) -> Response:
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(registry), headers={"content-type": content_type})

    async def health(_: Request) -> Response:
        snapshot = plane.services.router.snapshot(plane.now())
        router = json.loads(msgspec.json.encode(snapshot))
        return JSONResponse({**status(), **steering.view(), "router": router})

    async def limits(_: Request) -> Response:
        turnstile = plane.turnstile
        views = () if turnstile is None else turnstile.views()
        return JSONResponse({"callers": msgspec.to_builtins(views)})

    async def drains(_: Request) -> Response:
        return JSONResponse(steering.view())

    async def drain(request: Request) -> Response:
        return await _order(request, plane, steering.drain)

    async def give_back(request: Request) -> Response:
        return await _order(request, plane, steering.give_back)

    address = plane.settings.server.admin
    is_private = address is None or address.is_loopback
    return Starlette(
        middleware=[Middleware(NoWebPages, checks_host=is_private)],
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/admin/health", health),
            Route("/admin/limits", limits),
            Route("/admin/drains", drains),
            Route("/admin/drain", drain, methods=["POST"]),
            Route("/admin/return", give_back, methods=["POST"]),
        ],
    )


def _readiness(plane: Plane) -> str:
    """Say what there is yet to wait for. A credential that failed is none: others may answer."""
    if plane.is_draining:
        return "draining"
    if not plane.settings.topology.routes:
        return "no routes"
    return READY if plane.keepers.is_settled else "fetching credentials"


async def _order(
    request: Request, plane: Plane, carry_out: Callable[[bytes], dict[str, object]]
) -> Response:
    """Carry out an order, if whoever gives it may."""
    peer = None if request.client is None else request.client.host
    refused = refusal(request.headers, peer, plane.settings.server.admin_key)
    if refused is not None:
        return JSONResponse({"error": refused.reason}, refused.status)
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_ORDER:
            return JSONResponse({"error": f"an order has at most {LONGEST_ORDER} bytes"}, 413)
    try:
        return JSONResponse(carry_out(body))
    except Refused as error:
        return JSONResponse({"error": str(error)}, error.status)


class NoWebPages:
    """Refuses what a browser sends for somebody else's page (Fetch §3.1, the Origin field), and, on
    loopback, whoever calls this machine by a name that could be anybody's.
    """

    def __init__(self, app: ASGIApp, *, checks_host: bool) -> None:
        self._app = app
        self._checks_host = checks_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Request(scope).headers
        host = headers.get("host", "")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            refusal = PlainTextResponse("no page of another server is answered here\n", 403)
        elif self._checks_host and not is_own(host):
            text = "this listener is for its own machine: call it localhost, or by an address\n"
            refusal = PlainTextResponse(text, 421)
        else:
            await self._app(scope, receive, send)
            return
        await refusal(scope, receive, send)


def is_own(host: str) -> bool:
    """Whether a Host field names this machine, or an address, which needs no name server."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    if name.lower() in OWN_NAMES:
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


class AdminServer(uvicorn.Server):
    """uvicorn inside our loop: it must leave the process's signals alone."""

    def __init__(self, app: Starlette, listening: socket.socket) -> None:
        self._listening = listening
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                limit_concurrency=64,
                timeout_keep_alive=15,
                proxy_headers=False,
                ws="none",
            )
        )

    async def run_until_cancelled(self) -> None:
        """Serve on the socket given; take nothing new once cancelled."""
        try:
            await self.serve([self._listening])
        finally:
            for server in self.servers:
                server.close()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the runner."""
        yield
