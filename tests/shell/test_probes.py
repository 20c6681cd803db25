"""`corr.health_probe_lies`: only real requests say how a host is, and why it is shut is told."""

import json

from tests.routing.test_snapshot import domain
from tests.shell.gateway import gateway
from tests.shell.test_admin import admin
from tests.shell.test_plane import body_of, good, run, saying, status_of
from understudy.chat.failure import Scope
from understudy.cli import live
from understudy.routing.breaker import State

DOWN = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}"
MODELS = b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def test_health_probe_lies() -> None:
    async def scene() -> None:
        first, second = saying(DOWN), good()
        async with gateway(first, second) as gate:
            router = gate.plane.services.router
            for _ in range(5):
                assert b"hello" in body_of(await gate.ask())
            host = router.snapshot(gate.plane.now()).domains[2]
            assert (str(host.domain), host.state) == ("host:a", State.OPEN)
            asked = len(first.requests)
            for _ in range(10):
                assert status_of(await gate.raw(MODELS)) == 200
            after = domain(router, Scope.HOST, "a", gate.plane.now())
            assert after.state is State.OPEN, "a list of models says nothing"
            assert after.failures == host.failures
            assert len(first.requests) == asked, "it is not even asked for"
            assert all(each.startswith(b"POST /toy ") for each in first.requests)

    run(scene())


def test_the_admin_listener_says_why_a_host_is_shut() -> None:
    async def scene() -> None:
        async with gateway(saying(DOWN), good()) as gate, admin(gate) as asked:
            for _ in range(5):
                await gate.ask()
            _, _, body = await asked.get("/admin/health")
            view = next(each for each in live.read(body).domains if str(each.domain) == "host:a")
            assert view.rule == "any.http.502_503_504"
            assert view.why == "5 calls in a row never began to answer"
            assert any(
                line.startswith("host:a: 5 x any.http.502_503_504") for line in view.evidence
            )
            assert json.loads(body)["router"]["domains"]
            # A kept connection that the host closed may come before, as an attempt of its own.
            failed = gate.entries[-1].attempts[-2]
            assert (failed.charged, failed.rule) == ("host:a", None)

    run(scene())
