"""A server of this machine that has lists of models, and keeps who asked."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override


class Served(ThreadingHTTPServer):
    """`pages` are by path: status, Location, body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.pages: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        served = self.server
        assert isinstance(served, Served)
        served.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        status, moved, body = served.pages.get(self.path, (404, "", b""))
        self.send_response(status)
        if moved:
            self.send_header("location", moved)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served() -> Iterator[Served]:
    server = Served()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
