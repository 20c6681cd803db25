"""A model server on loopback is recognised by its list of models; anything else is nobody."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from understudy.config.probe import LARGEST_LIST, MOST_MODELS, probe_models


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/v1/models" else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):  # type: ignore[explicit-override]
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def models(*names: str, owned_by: str = "me") -> bytes:
    return json.dumps({"data": [{"id": name, "owned_by": owned_by} for name in names]}).encode()


def test_the_models_of_a_server_are_listed_without_those_that_do_not_chat():
    with answering(models("llama", "nomic-embed-text", "bge-reranker", "")) as url:
        assert probe_models(url) == ("llama",)


def test_a_list_is_never_longer_than_its_bound():
    with answering(models(*(f"m{i}" for i in range(MOST_MODELS + 5)))) as url:
        assert len(probe_models(url) or ()) == MOST_MODELS


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (models("a", owned_by="understudy"), 200),
        (models("a"), 401),
        (b"<html>", 200),
        (b'{"data": 3}', 200),
        (b'{"data": []}' + b" " * LARGEST_LIST, 200),
        (b"", 200),
    ],
)
def test_anything_else_is_nobody(body, status):
    with answering(body, status) as url:
        assert probe_models(url) is None


def test_a_closed_port_is_nobody():
    with answering(b"") as url:
        pass
    assert probe_models(url) is None


def test_only_this_machine_is_asked():
    with pytest.raises(AssertionError, match="only this machine"):
        probe_models("http://192.0.2.1/v1")
