"""The admin listener over real HTTP: health, readiness, metrics, breakers."""

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.shell.credentials.cloud import no_aws
from tests.shell.credentials.loops import until
from tests.shell.gateway import UPSTREAM_SECRET, Gateway, gateway
from tests.shell.test_plane import good, run, saying, status_of
from tests.shell.test_turnstile import limit
from understudy.config.login import Login
from understudy.shell.admin import AdminServer, application, is_own
from understudy.shell.metrics import GatewayCollector
from understudy.shell.steering import Steering
from understudy.telemetry.metrics import Metrics


class Admin:
    """An admin listener beside a gateway."""

    def __init__(self, gate: Gateway, port: int) -> None:
        self.gate = gate
        self._port = port

    async def get(
        self, path: str, method: str = "GET", *more: str, host: str = "localhost"
    ) -> tuple[int, bytes, bytes]:
        """Status, head and body of one answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close", *more, "", ""]
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return status_of(answer), head, body


@contextlib.asynccontextmanager
async def admin(gate: Gateway) -> AsyncIterator[Admin]:
    registry = CollectorRegistry()
    metrics = Metrics()
    registry.register(GatewayCollector(gate.plane, metrics, None))
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    steering = Steering(gate.plane.services.router.drains, None, gate.plane.now)
    app = application(gate.plane, registry, lambda: {"config": {"source": "a test"}}, steering)
    server = AdminServer(app, listening)
    serving = asyncio.ensure_future(server.run_until_cancelled())
    async with asyncio.timeout(5):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield Admin(gate, port)
    finally:
        server.should_exit = True
        await serving
        listening.close()


def test_it_is_alive_as_long_as_it_answers() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            assert (await page.get("/healthz"))[::2] == (200, b"ok\n")
            gate.plane.drain()
            assert (await page.get("/healthz"))[::2] == (200, b"ok\n")

    run(scene())


def test_it_is_ready_once_credentials_were_asked_for_whatever_came(monkeypatch) -> None:
    no_aws(monkeypatch)

    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            login = Login("aws", service="bedrock", region="eu-west-1")
            gate.plane.adopt(replace(gate.plane.settings, logins={"a": login}))
            assert (await page.get("/readyz"))[::2] == (503, b"fetching credentials\n")
            await until(lambda: gate.plane.keepers.status()[0]["state"] == "failing")
            assert (await page.get("/readyz"))[::2] == (200, b"ready\n")
            gate.plane.keepers.close()

    run(scene())


def test_it_is_ready_until_it_drains() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            assert (await page.get("/readyz"))[::2] == (200, b"ready\n")
            gate.plane.drain()
            assert (await page.get("/readyz"))[::2] == (503, b"draining\n")

    run(scene())


@pytest.mark.parametrize(
    ("accept", "parser"),
    [("*/*", parse), ("application/openmetrics-text; version=1.0.0", parse_open)],
)
def test_metrics_are_what_a_scraper_can_read(accept: str, parser) -> None:
    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            await gate.ask()
            status, head, body = await page.get("/metrics", "GET", f"accept: {accept}")
            assert status == 200
            kind = b"openmetrics" if parser is parse_open else b"text/plain"
            assert kind in head.lower()
            families = {family.name for family in parser(body.decode())}
            assert "understudy_requests" in families
            assert families & {"understudy", "understudy_info"}
            assert all(name.startswith("understudy") for name in families)

    run(scene())


def test_health_shows_targets_and_breakers_and_what_the_process_says_of_itself() -> None:
    async def scene() -> None:
        broken = saying(b"HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\n{}")
        async with gateway(broken, good()) as gate, admin(gate) as page:
            for _ in range(8):
                await gate.ask()
            status, head, body = await page.get("/admin/health")
            assert status == 200
            assert b"content-type: application/json" in head
            found = json.loads(body)
            assert found["config"] == {"source": "a test"}
            targets = {one["name"]: one for one in found["router"]["targets"]}
            assert list(targets) == ["a", "b"]
            assert targets["b"]["is_eligible"] is True
            assert targets["a"]["is_eligible"] is False
            states = {one["domain"]["name"]: one["state"] for one in found["router"]["domains"]}
            assert states["b"] == "closed"
            assert UPSTREAM_SECRET.encode() not in body

    run(scene())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/healthz", 405), ("GET", "/toy", 404), ("HEAD", "/readyz", 200)],
)
def test_nothing_else_is_served(method: str, path: str, status: int) -> None:
    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            assert (await page.get(path, method))[0] == status

    run(scene())


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("localhost:9090", True),
        ("LOCALHOST", True),
        ("127.0.0.1:9090", True),
        ("10.1.2.3", True),
        ("[::1]:9090", True),
        ("[::1]", True),
        ("host.docker.internal:9090", True),
        ("evil.example:9090", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:9090", False),
        ("localhost:x:9090", False),
        ("", False),
    ],
)
def test_it_knows_the_names_of_its_machine(host: str, is_ours: bool) -> None:
    assert is_own(host) is is_ours


def test_it_takes_nothing_new_once_it_is_cancelled() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            listening = socket.create_server(("127.0.0.1", 0))
            port = listening.getsockname()[1]
            steering = Steering(gate.plane.services.router.drains, None, gate.plane.now)
            app = application(gate.plane, CollectorRegistry(), dict, steering)
            server = AdminServer(app, listening)
            serving = asyncio.ensure_future(server.run_until_cancelled())
            while not server.started:
                await asyncio.sleep(0.01)
            assert (await Admin(gate, port).get("/healthz"))[0] == 200
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
            listening.close()
            await asyncio.sleep(0.01)
            with pytest.raises(ConnectionRefusedError):
                await Admin(gate, port).get("/healthz")

    run(scene())


def test_signals_are_left_to_the_process() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            before = signal.getsignal(signal.SIGTERM)
            async with admin(gate):
                assert signal.getsignal(signal.SIGTERM) is before

    run(scene())


def test_it_shows_what_callers_have_used_of_their_limits() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            assert json.loads((await page.get("/admin/limits"))[2]) == {"callers": []}
            limit(gate, requests_per_minute=1, concurrent_requests=5)
            await gate.ask()
            await gate.ask()
            (caller,) = json.loads((await page.get("/admin/limits"))[2])["callers"]
            assert caller["caller"] == "anyone"
            assert caller["allowed"] == {"requests_per_minute": 1, "concurrent_requests": 5}
            assert 0.9 < caller["used"].pop("requests_per_minute") <= 1.0
            assert caller["used"] == {"concurrent_requests": 0}
            assert caller["refused"] == {"requests_per_minute": 1}

    run(scene())
