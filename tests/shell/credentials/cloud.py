"""Clouds of one's own: servers on loopback that give tokens as the real ones do, or refuse to."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qs

import pytest
from typing_extensions import override

AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Asked(NamedTuple):
    """A request as a cloud saw it; `form` are its fields, of the query where it has no body."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        text = self.body or self.path.partition("?")[2]
        return {name: values[0] for name, values in parse_qs(text).items()}


Answer = tuple[int, str, str]
"""Status, content type, body."""


class Cloud(http.server.ThreadingHTTPServer):
    """`answer` says what each request gets; `asked` keeps them."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.answer = answer
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Desk(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cloud

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        named = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, named, self.rfile.read(length).decode())
        self.server.asked.append(asked)
        status, kind, body = self.server.answer(asked)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("metadata-flavor", "Google")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_GET = do_POST = do_PUT = do_HEAD = _serve  # noqa: N815 - the library's names

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def cloud(answer: Callable[[Asked], Answer]) -> Iterator[Cloud]:
    server = Cloud(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(status: int = 200, /, **fields: object) -> Answer:
    return status, "application/json", json.dumps(fields)


def stamp(seconds: float) -> str:
    """A moment so many seconds from now, as AWS writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def assumed(action: str, key: str = "ASIAROLE", life: float = 3600) -> Answer:
    """What STS says to AssumeRole and its kin."""
    return (
        200,
        "text/xml",
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
        f"<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/u</Arn>"
        f"<AssumedRoleId>A:u</AssumedRoleId></AssumedRoleUser>"
        f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret-of-{key}"
        f"</SecretAccessKey><SessionToken>session-of-{key}</SessionToken>"
        f"<Expiration>{stamp(life)}</Expiration></Credentials></{action}Result>"
        f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>",
    )


def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that runs the tests lets anybody in."""
    for name in AWS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
