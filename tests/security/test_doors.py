"""T2 confused hosts and paths, T3 before the key, T5 SSRF, T6 configuration: what opens to whom."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.security.hosting import (
    ANTHROPIC,
    KEY,
    SECOND_KEY,
    Host,
    Site,
    answer,
    chat,
    completion,
    saying,
    site,
)
from tests.security.matrix import ADMIN, DATA, METHODS, Rule
from tests.shell.gateway import gateway, request
from tests.shell.test_plane import good, run, status_of
from tests.system.processes import http_request
from understudy.config.access import check_listen
from understudy.config.schema import ServerTable
from understudy.config.secret import KeyDigest, Secret
from understudy.config.settings import Caller, Server
from understudy.config.values import Address, Admin

CALLERS = {"no key": None, "wrong key": KEY[:-1], "restricted key": SECOND_KEY, "right key": KEY}
OWN = "us-key-0123456789abcdef"
DIGEST = KeyDigest.of(Secret(OWN))
ONE = {DIGEST.digest: Caller("one", DIGEST)}


def expected(rule: Rule, method: str, caller: str, *, is_admin: bool) -> int:
    if not rule.is_open and caller in {"no key", "wrong key"}:
        return 401
    status = rule.methods.get(method, rule.otherwise)
    if status == 200 and caller == "restricted key" and rule.restricted is not None:
        return rule.restricted
    return status


async def ask(port: int, path: str, method: str, key: str | None) -> int:
    body = chat(max_tokens=9)
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", "connection: close"]
    lines += [] if key is None else [f"authorization: Bearer {key}"]
    lines += [f"content-length: {len(body)}", "", ""]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join(lines).encode() + body)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.transport.abort()
    return status_of(said)


@pytest.mark.timeout(60)
def test_everybody_gets_what_the_table_says(tmp_path: Path) -> None:
    """The authorisation matrix: every path x method x caller of both listeners."""

    async def scene() -> dict[str, tuple[int, int]]:
        wrong: dict[str, tuple[int, int]] = {}
        async with site(tmp_path, Host(saying(answer(completion("hi"))))) as here:
            admin = int(here.admin_url.rpartition(":")[2])
            for port, table in ((here.port, DATA), (admin, ADMIN)):
                for path, rule in table.items():
                    for method in METHODS:
                        for caller, key in CALLERS.items():
                            wanted = expected(rule, method, caller, is_admin=port == admin)
                            found = await ask(port, path, method, key)
                            # Methods that the parser does not know are no requests at all.
                            if found != wanted and not (method == "BREW" and found == 400):
                                wrong[f"{port == admin} {caller} {method} {path}"] = wanted, found
        return wrong

    assert asyncio.run(scene()) == {}


CONFUSING = {
    "host names a path": b"host: x/healthz",
    "host names an open path": b"host: x/healthz?",
    "original url": b"host: x\r\nx-original-url: /healthz",
    "rewritten url": b"host: x\r\nx-rewrite-url: /healthz",
    "forwarded path": b"host: x\r\nx-forwarded-path: /healthz",
    "forwarded prefix": b"host: x\r\nx-forwarded-prefix: /healthz",
    "forwarded host": b"host: x\r\nx-forwarded-host: x/healthz",
    "forwarded for": b"host: x\r\nx-forwarded-for: 127.0.0.1",
    "forwarded": b"host: x\r\nforwarded: for=127.0.0.1;host=localhost;proto=https",
    "real ip": b"host: x\r\nx-real-ip: 127.0.0.1",
    "method override": b"host: x\r\nx-http-method-override: GET",
    "user": b"host: x\r\nx-forwarded-user: one\r\nremote-user: one",
    "key in the host": b"host: " + OWN.encode() + b"@x",
    "host is loopback": b"host: 127.0.0.1",
}


@pytest.mark.parametrize("name", CONFUSING)
def test_no_field_but_the_key_opens_anything(name: str) -> None:
    """T2. The path is what the request line says, and the Host field decides nothing."""

    async def scene() -> None:
        async with gateway(provider := good(), callers=ONE) as gate:
            for path in (b"/toy", b"/v1/models", b"/toy?x=/healthz", b"/toy#/healthz"):
                data = request().replace(b"/toy", path).replace(b"host: x", CONFUSING[name])
                assert status_of(await gate.raw(data)) in {400, 401}
            assert provider.requests == []
            data = request(key=OWN).replace(b"host: x", CONFUSING[name])
            assert status_of(await gate.raw(data)) == 200
            assert b"/healthz" not in provider.requests[0]
            assert CONFUSING[name].partition(b"\r\n")[2] not in provider.requests[0] or (
                b"\r\n" not in CONFUSING[name]
            )

    run(scene())


KEYLESS = (
    b'{"model":"r"',
    b"[" * 100_000,
    b"\0" * 1000,
    b'{"model":"r","stream":true,"turns":["hi"]}',
    b'{"model":"\'; drop table requests;--"}',
)
ODD_KEYS = (
    b"' or '1'='1",
    b"*",
    b"\xff\xfe",
    b"Bearer",
    b"x" * 30_000,
    b"${jndi:ldap://127.0.0.1:1}",
    b"../../etc/passwd",
    b"None",
    b"null",
    b"anyone",
)


def test_nothing_is_read_or_kept_before_the_key_is_known() -> None:
    """T3. Without one no body is parsed, no provider asked, and nothing written to the journal."""

    async def scene() -> None:
        async with gateway(provider := good(), callers=ONE) as gate:
            for body in KEYLESS:
                head = b"POST /toy HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d"
                assert status_of(await gate.raw(head % len(body) + b"\r\n\r\n" + body)) == 401
            for key in ODD_KEYS:
                for field in (b"authorization: Bearer ", b"x-api-key: ", b"api-key: "):
                    data = request().replace(b"host: x", b"host: x\r\n" + field + key)
                    assert status_of(await gate.raw(data)) == 401, (field, key)
            assert provider.requests == []
            assert gate.entries == []
            assert gate.plane.bugs == {}

    run(scene())


class Canary:
    """Listens, and hopes that nobody comes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.visits = 0


@contextlib.asynccontextmanager
async def canary() -> AsyncIterator[Canary]:
    found = Canary(0)

    async def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.visits += 1
        writer.transport.abort()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


def bodies(url: str) -> Iterator[tuple[str, bytes]]:
    """All places of a request where its caller may write an address."""
    for field in ("base_url", "api_base", "endpoint", "url", "proxy", "callback_url", "webhook"):
        yield "/v1/chat/completions", chat(**{field: url})
        yield "/v1/messages", chat(max_tokens=9, **{field: url})
    picture = {"type": "image_url", "image_url": {"url": f"{url}/a.png"}}
    file = {"type": "file", "file": {"file_data": f"{url}/a.pdf", "filename": "a.pdf"}}
    source = {"type": "url", "url": f"{url}/a.png"}
    for path, part in (
        ("/v1/chat/completions", picture),
        ("/v1/chat/completions", file),
        ("/v1/messages", {"type": "image", "source": source}),
        ("/v1/messages", {"type": "document", "source": source}),
    ):
        message = {"role": "user", "content": [part, {"type": "text", "text": "hi"}]}
        yield path, json.dumps({"model": "all", "messages": [message], "max_tokens": 9}).encode()
    server = {"type": "mcp", "server_url": url, "server_label": "x", "require_approval": "never"}
    yield "/v1/chat/completions", chat(tools=[server])
    yield "/v1/messages", chat(max_tokens=9, mcp_servers=[{"type": "url", "url": url, "name": "x"}])
    for model in (url, f"all@{url}", f"{url}/m", f"p0/m@{url}"):
        yield "/v1/chat/completions", chat().replace(b'"all"', json.dumps(model).encode())


async def lines(here: Site, url: str) -> None:
    """Addresses in the request line and in header fields."""
    name = url.removeprefix("http://")
    body = chat()
    end = f"authorization: Bearer {KEY}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    for line in (
        f"POST {url}/v1/chat/completions HTTP/1.1\r\nhost: {name}\r\n",
        f"GET {url}/ HTTP/1.1\r\nhost: {name}\r\n",
        f"CONNECT {name} HTTP/1.1\r\nhost: {name}\r\n",
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: {name}\r\n",
        f"POST /v1/chat/completions?base_url={url} HTTP/1.1\r\nhost: x\r\n",
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-base-url: {url}\r\n",
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nhelicone-target-url: {url}\r\n",
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-forwarded-host: {name}\r\n",
    ):
        await here.raw((line + end).encode() + body)


@pytest.mark.timeout(60)
def test_no_caller_can_send_us_anywhere(tmp_path: Path) -> None:
    """T5. Addresses in a request are texts: we connect to configured providers, and to nobody else.

    Nor where a provider sends us: a redirect is a failure.
    """

    async def scene() -> None:
        hosts = [Host(saying(answer(completion("hi")))) for _ in range(2)]
        hosts[1].dialect = ANTHROPIC
        async with canary() as bird:
            url = f"http://127.0.0.1:{bird.port}"
            async with site(tmp_path, *hosts) as here:
                await lines(here, url)
                for path, body in bodies(url):
                    await here.post(body, path)
                assert hosts[0].requests
                for status in (301, 302, 303, 307, 308, 300, 304, 305):
                    more = f"location: {url}/\r\n".encode()
                    for host in hosts:
                        host.script = saying(answer(b"{}", status=status, more=more))
                    assert status_of(await here.post(chat())) >= 400
            assert bird.visits == 0

    asyncio.run(scene())


def test_the_admin_listener_is_on_loopback_and_only_tells(tmp_path: Path) -> None:
    """T6. Nothing there takes a configuration, and whatever it shows has no secret in it."""
    default = Server().admin
    assert default is not None
    assert default.is_loopback
    everybody = ServerTable(admin=Admin(Address("0.0.0.0", 9090)))
    (problem,) = check_listen(everybody, has_keys=False)
    assert problem.path == "server.admin"

    async def scene() -> None:
        async with site(tmp_path, Host(saying(answer(completion("hi"))))) as here:
            before = json.loads(await here.health())["config"]
            for path in ADMIN:
                for method in ("POST", "PUT", "PATCH", "DELETE"):
                    url = f"{here.admin_url}{path}"
                    await asyncio.to_thread(http_request, url, method, b'{"routes":{}}')
            assert json.loads(await here.health())["config"] == before
            assert status_of(await here.post(chat())) == 200

    asyncio.run(scene())
