"""The admin listener: health, readiness, metrics, breakers. A port of its own, never the data
plane's.
"""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator

import msgspec
import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from typing_extensions import override

from understudy.shell.plane import Plane


def application(
    plane: Plane, registry: CollectorRegistry, status: Callable[[], dict[str, object]]
) -> Starlette:
    """The admin pages over what the process knows. `status` says how config and journal are."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        is_ready = not plane.is_draining and bool(plane.settings.topology.routes)
        word = "ready" if is_ready else "draining" if plane.is_draining else "no routes"
        return PlainTextResponse(f"{word}\n", status_code=200 if is_ready else 503)

    async def metrics(request: Request) -> Response:
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(registry), headers={"content-type": content_type})

    async def health(_: Request) -> Response:
        snapshot = plane.services.router.snapshot(plane.now())
        body = {**status(), "router": json.loads(msgspec.json.encode(snapshot))}
        return JSONResponse(body)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/admin/health", health),
        ]
    )


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
