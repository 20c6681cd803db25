"""Files fetched for a target that wants the bytes: real sockets, and nothing that is not public."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from tests.shell.gateway import Provider, gateway
from understudy.chat.parts import Inline
from understudy.config.media import MediaSettings
from understudy.dialects.catalog import DIALECTS
from understudy.shell.media import TOTAL_BYTES, Fetcher, MediaUnreachable, is_public

PNG = b"\x89PNG\r\n\x1a\n rest"
OK = b"HTTP/1.1 200 OK\r\n"


def answer(body: bytes, kind: str = "image/png") -> bytes:
    return OK + f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def play(
    said: bytes | list[bytes],
    scene: Callable[[Fetcher, list[bytes]], Coroutine[Any, Any, None]],
    bounds: MediaSettings | None = None,
) -> None:
    """A server that says one answer a connection, and a fetcher that may reach it."""
    answers = [said] if isinstance(said, bytes) else said
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        reply = answers[min(len(asked), len(answers)) - 1]
        writer.write(reply)
        with contextlib.suppress(ConnectionError):
            if not reply:
                await reader.read()  # silence, until the other side has had enough
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            fetcher = Fetcher(bounds, lambda address: address == "127.0.0.1", {"http": port})
            await scene(fetcher, asked)

    asyncio.run(main())


def refused(said: bytes | list[bytes], url: str, bounds: MediaSettings | None = None) -> str:
    why = ""

    async def scene(fetcher: Fetcher, _: list[bytes]) -> None:
        nonlocal why
        with pytest.raises(MediaUnreachable) as caught:
            await fetcher.fetch(url)
        why = str(caught.value)

    play(said, scene, bounds)
    return why


@pytest.mark.parametrize(
    ("body", "said", "kind"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "text/plain; charset=utf-8", "image/png"),
        (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"%PDF-1.7", "application/octet-stream", "application/pdf"),
        (b"plain", "Text/Plain; charset=utf-8", "text/plain"),
        (b"plain", "", "application/octet-stream"),
    ],
)
def test_a_file_is_had_with_its_type(body: bytes, said: str, kind: str) -> None:
    async def scene(fetcher: Fetcher, asked: list[bytes]) -> None:
        found = await fetcher.fetch("http://127.0.0.1/a/b.png?c=d#e")
        assert base64.b64decode(found.data_base64) == body
        assert found.media_type == kind
        assert asked[0].startswith(b"GET /a/b.png?c=d HTTP/1.1\r\nhost: 127.0.0.1\r\n")

    play(answer(body, said), scene)


def test_a_redirect_is_followed_and_checked() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n"

    async def scene(fetcher: Fetcher, asked: list[bytes]) -> None:
        assert (await fetcher.fetch("http://127.0.0.1/a")).media_type == "image/png"
        assert asked[1].startswith(b"GET /other ")

    play([moved, answer(PNG)], scene)
    inside = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2/a\r\ncontent-length: 0\r\n\r\n"
    assert "127.0.0.2 is not on the public internet" in refused(inside, "http://127.0.0.1/a")
    assert "redirects more than 3 times" in refused(moved, "http://127.0.0.1/a")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "answered 404, expected 200"),
        (OK + b"content-length: 9\r\n\r\nshort", "broke off"),
        (OK + b"content-length: 0\r\n\r\n", "is empty"),
        (b"SSH-2.0-OpenSSH\r\n", "does not answer in HTTP"),
        (answer(b"x" * 2000), "is longer than 1000 bytes"),
        (OK + b"x-a: b\r\n" * 20_000, "is longer than 1000 bytes"),
        (b"", "took longer than 0.3 s"),
    ],
)
def test_what_is_no_file_is_refused_in_words(said: bytes, why: str) -> None:
    bounds = MediaSettings(max_bytes=1000, timeout=0.3 if not said else 10.0)
    assert why in refused(said, "http://127.0.0.1/a?secret=1", bounds)
    assert "secret" not in refused(said, "http://127.0.0.1/a?secret=1", bounds)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "expected http or https"),
        ("gopher://127.0.0.1/", "expected http or https"),
        ("http://user:pw@127.0.0.1/", "without a user's name"),
        ("http://127.0.0.1:22/", "expected the usual port"),
        ("http://[::1", "expected a web address"),
        ("http://127.0.0.1/a b", "whose characters are escaped"),
        ("http://127.0.0.2/", "is not on the public internet"),
        ("http://localhost.invalid/", "cannot be reached"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, why: str) -> None:
    assert why in refused(answer(PNG), url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


def test_the_gateway_fetches_a_file_for_a_target_that_wants_its_bytes() -> None:
    """From a client's request to the provider's, through real sockets."""
    told: dict[str, Any] = {}

    async def provide(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.update(json.loads((await provider.read_request(reader)).partition(b"\r\n\r\n")[2]))
        said = {"model": "m", "message": {"role": "assistant", "content": "a cat"}, "done": True}
        body = json.dumps({**said, "done_reason": "stop"}).encode()
        writer.write(answer(body, "application/json"))
        await writer.drain()

    async def scene(fetcher: Fetcher, asked: list[bytes]) -> None:
        async with gateway(provider, dialects=("ollama_chat",), spoken=DIALECTS) as gate:
            gate.plane.media = fetcher
            said = await gate.raw(request_of("/v1/chat/completions", "http://127.0.0.1/cat.png"))
            assert b"a cat" in said
            assert told["messages"][0]["images"] == [base64.b64encode(PNG).decode()]
            assert len(asked) == 1
            gate.plane.media.settings = MediaSettings(fetch=False)
            said = await gate.raw(request_of("/v1/chat/completions", "http://127.0.0.1/cat.png"))
            assert b"this gateway fetches no files" in said
            assert len(asked) == 1

    provider = Provider(provide)
    play(answer(PNG), scene)


def request_of(path: str, url: str) -> bytes:
    parts = [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": url}}]
    asked = {"model": "r", "messages": [{"role": "user", "content": parts}]}
    body = json.dumps(asked).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body


def test_what_is_too_much_for_one_request_is_refused() -> None:
    heard: list[Mapping[str, Inline | str]] = []

    async def scene(fetcher: Fetcher, _: list[bytes]) -> None:
        done = asyncio.Event()
        urls = [f"http://127.0.0.1/{number}" for number in range(3)]

        def hear(found: Mapping[str, Inline | str]) -> None:
            heard.append(found)
            done.set()

        fetcher.begin(urls, hear)
        await done.wait()

    play(answer(b"x" * (TOTAL_BYTES // 2)), scene)
    assert all("have more than" in str(found) for found in heard[0].values())
