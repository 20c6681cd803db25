"""A running gateway is asked how it is, over real HTTP."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest
from click.testing import CliRunner
from tests.routing.world import failure, open_host, router, target
from typing_extensions import override

from understudy.chat.failure import Scope
from understudy.cli import live
from understudy.cli.main import cli
from understudy.routing.drain import Drain
from understudy.routing.router import Router
from understudy.routing.topology import Domain

CONFIG = """
[providers.a]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
host = "a"
models.m = { context_window = 1000 }
[routes.chat]
targets = ["a/m"]
"""


@contextlib.contextmanager
def serving(body: bytes, status: int = 200) -> Iterator[str]:
    """A listener that answers `/admin/health` with this body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/admin/health" else 404)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def health(made: Router, now: float) -> bytes:
    return msgspec.json.encode({"router": made.snapshot(now), "version": "more"})


def down() -> Router:
    made, _ = router(target("a/m"), target("b/m"))
    open_host(made, "a/m", 1.0, failure(status=503))
    return made


def test_a_shut_domain_is_told_with_its_reason_and_evidence() -> None:
    snapshot = live.read(health(down(), 2.0))
    (view,) = live.trouble(snapshot, {"a/m"})
    assert list(live.lines(view)) == [
        "host:a, shut for 4 s more: 5 calls in a row never began to answer (any.http.500)",
        "  key:a#1: 5 x any.http.500 in 0 s, never worked",
        "  account:a: 5 x any.http.500 in 0 s, never worked",
        "  model:a/m: 5 x any.http.500 in 0 s, never worked",
        "  host:a: 5 x any.http.500 in 0 s, never worked",
        "  lab:m: 5 x any.http.500 in 0 s, never worked",
    ]
    assert live.trouble(snapshot, {"b/m"}) == []


def run(tmp_path, *arguments: str):
    path = tmp_path / "u.toml"
    path.write_text(CONFIG)
    return CliRunner().invoke(cli, ["explain", "chat", "-c", str(path), *arguments])


def test_explain_asks_a_running_gateway(tmp_path) -> None:
    with serving(health(down(), 2.0)) as url:
        told = run(tmp_path, "--admin", url)
        report = json.loads(run(tmp_path, "--admin", url, "--json").output)
    assert told.exit_code == 0, told.output
    assert "just now:" in told.output
    assert "host:a, shut for 4 s more: 5 calls in a row never began to answer" in told.output
    assert report["shut"][0]["domain"] == {"kind": "host", "name": "a"}


def test_explain_says_when_nothing_is_shut(tmp_path) -> None:
    made, _ = router(target("a/m"))
    with serving(health(made, 2.0)) as url:
        assert "just now: nothing is shut" in run(tmp_path, "--admin", url).output


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"no", 404, "answers /admin/health with 404, expected 200"),
        (b"<html>", 200, "no gateway of this version"),
    ],
)
def test_what_is_no_gateway_is_named(tmp_path, body: bytes, status: int, words: str) -> None:
    with serving(body, status) as url:
        told = run(tmp_path, "--admin", url)
    assert told.exit_code == 1
    assert words in told.output


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9", "no gateway answers at http://127.0.0.1:9"),
        ("ftp://x", "expected http://host:port"),
    ],
)
def test_an_address_where_nobody_is_fails_with_a_word(tmp_path, url: str, words: str) -> None:
    told = run(tmp_path, "--admin", url)
    assert told.exit_code == 1
    assert words in told.output


def test_a_drained_domain_is_told_as_what_it_is(tmp_path) -> None:
    made, _ = router(target("a/m"), target("b/m"))
    made.drains.start(Domain(Scope.HOST, "a"), Drain(0.0, over=0.0), 0.0)
    (view,) = live.trouble(live.read(health(made, 2.0)), {"a/m"})
    assert list(live.lines(view)) == ["host:a is drained"]
    with serving(health(made, 2.0)) as url:
        assert "host:a is drained" in run(tmp_path, "--admin", url).output
