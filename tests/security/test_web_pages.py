"""T20, console CSRF and XSS: pages in a browser of somebody who can reach us get nothing."""

import json

import pytest

from tests.shell.gateway import Gateway, gateway, request
from tests.shell.test_admin import admin
from tests.shell.test_plane import good, run, status_of
from understudy.dialects.catalog import DIALECTS

SCRIPT = "<script>alert(1)</script>"
ADMIN_PATHS = ("/healthz", "/readyz", "/metrics", "/admin/health")


@pytest.mark.parametrize("path", ADMIN_PATHS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8080", "x"])
def test_no_admin_page_is_for_another_servers_pages(path: str, origin: str) -> None:
    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            status, head, body = await page.get(path, "GET", f"origin: {origin}")
            assert status == 403
            assert b"access-control" not in head.lower()
            assert b"understudy" not in body

    run(scene())


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_a_rebound_name_reads_no_admin_page(path: str) -> None:
    """To the browser it is the page's own server: no Origin field betrays it, but the Host does."""

    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            host = "evil.example:9090"
            for more in ((), (f"origin: http://{host}",)):
                status, _, body = await page.get(path, "GET", *more, host=host)
                assert status == 421
                assert b"understudy" not in body
            assert (await page.get(path))[0] == 200

    run(scene())


async def _data_plane(gate: Gateway) -> list[bytes]:
    name = SCRIPT.replace("/", "%2f")
    return [
        await gate.raw(request(model=SCRIPT)),
        await gate.raw(request(path=f"/{SCRIPT.replace(' ', '')}")),
        await gate.raw(request(path=f"/toy?{name}", stream=False)),
        await gate.raw(request().replace(b"POST", b"GET")),
        await gate.raw(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        await gate.raw(f"GET /{SCRIPT} HTTP/9.9\r\nhost: x\r\n\r\n".encode()),
    ]


def test_whatever_is_answered_is_no_web_page() -> None:
    """What a caller wrote comes back in JSON only, which no browser takes for a page."""

    async def scene() -> None:
        async with gateway(good()) as gate, admin(gate) as page:
            answers = await _data_plane(gate)
            for path in (*ADMIN_PATHS, f"/{SCRIPT}", "/admin", "/console", "/docs"):
                _, head, body = await page.get(path)
                answers.append(head + b"\r\n\r\n" + body)
            for answer in answers:
                head, _, body = answer.partition(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
                assert fields[b"content-type"].partition(b";")[0] in {
                    b"application/json",
                    b"text/event-stream",
                    b"text/plain",
                }
                assert b"set-cookie" not in fields
                assert not any(name.startswith(b"access-control-") for name in fields)
                assert b"<script" not in body or fields[b"content-type"] == b"application/json"

    run(scene())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_lists_of_models_are_json(dialect: str) -> None:
    assert SCRIPT in json.dumps(json.loads(DIALECTS[dialect].render_models([SCRIPT])))


def test_a_browser_asking_leave_gets_none() -> None:
    """The preflight that it sends before a request with our fields (Fetch §4.8)."""

    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            asking = (
                request()
                .replace(b"POST", b"OPTIONS", 1)
                .replace(b"host: x", b"host: x\r\norigin: https://evil.example")
            )
            answer = await gate.raw(asking)
            assert status_of(answer) == 403
            assert b"access-control" not in answer.lower()
            assert provider.requests == []

    run(scene())
