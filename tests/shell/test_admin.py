"""The admin pages, over real HTTP."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from tests.shell.gateway import Gateway, gateway
from tests.shell.test_plane import body_of, good, run, status_of
from understudy.shell.admin import AdminServer, application
from understudy.shell.metrics import GatewayCollector
from understudy.telemetry.metrics import Metrics


class Pages:
    """A running admin server, and how to ask it."""

    def __init__(self, gate: Gateway, port: int, metrics: Metrics) -> None:
        self.gate = gate
        self.metrics = metrics
        self._port = port

    async def get(self, path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.transport.abort()
        return answer


@contextlib.asynccontextmanager
async def pages() -> AsyncIterator[Pages]:
    async with gateway(good()) as gate:
        metrics = Metrics()
        registry = CollectorRegistry()
        registry.register(GatewayCollector(gate.plane, metrics, None))
        listening = socket.create_server(("127.0.0.1", 0))
        server = AdminServer(application(gate.plane, registry, lambda: {"extra": 1}), listening)
        serving = asyncio.ensure_future(server.run_until_cancelled())
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield Pages(gate, listening.getsockname()[1], metrics)
        finally:
            server.should_exit = True
            await serving
            listening.close()


def test_health_and_readiness_follow_the_plane() -> None:
    async def scene() -> None:
        async with pages() as admin:
            assert body_of(await admin.get("/healthz")) == b"ok\n"
            assert body_of(await admin.get("/readyz")) == b"ready\n"
            admin.gate.plane.drain()
            told = await admin.get("/readyz")
            assert (status_of(told), body_of(told)) == (503, b"draining\n")
            assert status_of(await admin.get("/healthz")) == 200

    run(scene())


def test_metrics_are_what_prometheus_reads() -> None:
    async def scene() -> None:
        async with pages() as admin:
            await admin.gate.ask()
            admin.metrics.observe(await admin.gate.settled())
            text = body_of(await admin.get("/metrics")).decode()
            samples = {
                sample.name: sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            }
            assert samples["understudy_requests_total"] == 1.0
            assert samples["understudy_requests_in_progress"] == 0.0

    run(scene())


def test_the_health_page_shows_every_breaker() -> None:
    async def scene() -> None:
        async with pages() as admin:
            page = json.loads(body_of(await admin.get("/admin/health")))
            assert page["extra"] == 1
            assert {one["state"] for one in page["router"]["domains"]} == {"closed"}

    run(scene())


def test_anything_else_is_not_found() -> None:
    async def scene() -> None:
        async with pages() as admin:
            assert status_of(await admin.get("/v1/chat/completions")) == 404

    run(scene())
