"""T13 huge and many-part bodies, T14 decompression bombs, T15 odd JSON: refused, and cheaply."""

import asyncio
import gzip
import json
import time
import zlib
from pathlib import Path

import pytest

from tests.security.hosting import (
    ANTHROPIC,
    OPENAI,
    Host,
    Script,
    answer,
    chat,
    completion,
    post,
    saying,
    site,
)
from tests.shell.gateway import gateway, request
from tests.shell.test_plane import ANSWER, body_of, good, run, status_of
from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import DIALECTS
from understudy.shell.plane import Bounds

MIB = 2**20
PATHS = {OPENAI: "/v1/chat/completions", ANTHROPIC: "/v1/messages"}
TEXT = {"type": "text", "text": ""}


def crowd(what: str, count: int) -> bytes:
    """A request of many small pieces."""
    body: dict[str, object] = {"model": "all", "max_tokens": 9}
    message = {"role": "user", "content": "x"}
    match what:
        case "messages":
            body["messages"] = [message] * count
        case "parts":
            body["messages"] = [{"role": "user", "content": [TEXT] * count}]
        case "tools":
            tool = {"type": "function", "name": "f", "function": {"name": "f"}, "input_schema": {}}
            body |= {"messages": [message], "tools": [tool] * (count // 2)}
        case _:
            parts = [TEXT] * (count // 50)
            body["messages"] = [{"role": "user", "content": parts}] * 50
    return json.dumps(body, separators=(",", ":")).encode()


CROWDS = ("messages", "parts", "tools", "messages of parts")


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.timeout(60)
def test_a_crowd_to_be_translated_is_refused_while_others_are_served(
    dialect: str, tmp_path: Path
) -> None:
    """T13. A million pieces once kept everybody waiting for five seconds and more."""
    other = ANTHROPIC if dialect == OPENAI else OPENAI

    async def scene() -> None:
        host = Host(saying(answer(b"{}")), dialect=other)
        async with site(tmp_path, host) as here:
            for what in CROWDS:
                used = cpu(here.running.process.pid)
                said = await here.post(crowd(what, 200_000), PATHS[dialect])
                assert status_of(said) == 400
                assert b"objects" in said
                assert cpu(here.running.process.pid) - used < 3.0, what
            assert host.requests == []

    asyncio.run(scene())


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_before_it_is_kept(chunked: bool) -> None:
    """T13."""

    async def scene() -> None:
        async with gateway(provider := good(), bounds=Bounds(body_bytes=MIB)) as gate:
            reader, writer = await gate.connect()
            how = b"transfer-encoding: chunked" if chunked else b"content-length: 1048577"
            writer.write(b"POST /toy HTTP/1.1\r\nhost: x\r\n" + how + b"\r\n\r\n")
            if chunked:
                writer.write((b"ffff\r\n" + b"x" * 65535 + b"\r\n") * 40)
            answer_ = await reader.readuntil(b"}")
            assert status_of(answer_) == 413
            assert provider.requests == []
            writer.transport.abort()
            assert body_of(await gate.ask()) == ANSWER

    run(scene())


BOMB = gzip.compress(b"x" * 50 * MIB)
CODINGS = ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "GZIP", "gzip, identity", "a", "")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_coded_request_is_refused_unread(coding: str) -> None:
    """T14. Nothing of ours unpacks anything."""

    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            head = f"POST /toy HTTP/1.1\r\nhost: x\r\ncontent-encoding: {coding}\r\n"
            head += f"content-length: {len(BOMB)}\r\nconnection: close\r\n\r\n"
            said = await gate.raw(head.encode() + BOMB)
            assert status_of(said) == 415
            assert provider.requests == []
            assert body_of(await gate.ask()) == ANSWER

    run(scene())


def test_a_request_that_only_looks_packed_is_no_json() -> None:
    """T14. Without the field that says so it is bytes, and wrong ones."""

    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            head = (
                b"POST /toy HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            )
            said = await gate.raw(head % len(BOMB) + BOMB)
            assert status_of(said) == 400
            assert provider.requests == []

    run(scene())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_packed_answer_is_no_answer(coding: str, stream: bool, tmp_path: Path) -> None:
    """T14. We ask for none (identity); who sends one all the same has failed."""
    packed = zlib.compress(b"x" * 50 * MIB) if coding == "deflate" else BOMB
    kind = "text/event-stream" if stream else "application/json"
    more = f"content-encoding: {coding}\r\n".encode()

    async def scene() -> None:
        bad = Host(saying(answer(packed, kind=kind, more=more)))
        well = Host(_well)
        async with site(tmp_path, bad, well) as here:
            said = await here.post(chat(stream=stream))
            assert status_of(said) == 200
            assert b"well" in said
            assert b"accept-encoding: identity" in bad.requests[0].lower()
            assert here.rss() < 150 * MIB

    asyncio.run(scene())


async def _well(asked: bytes, writer: asyncio.StreamWriter) -> None:
    """A second provider, that answers as it should."""
    data = answer(completion("well"))
    if b'"stream": true' in asked or b'"stream":true' in asked:
        made = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        delta = [{"index": 0, "delta": {"content": "well"}, "finish_reason": "stop"}]
        frame = json.dumps({**made, "choices": delta}).encode()
        data = answer(b"data: " + frame + b"\n\ndata: [DONE]\n\n", kind="text/event-stream")
    await saying(data)(asked, writer)


WELL: Script = _well
DEEP = b"[" * 100_000
PLACES = (
    b'{"model":"all","max_tokens":9,"messages":%b}',
    b'{"model":"all","max_tokens":9,"messages":[{"role":"user","content":%b}]}',
    b'{"model":"all","max_tokens":%b,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"all","max_tokens":9,"temperature":%b,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"all","max_tokens":9,"seed":%b,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"all","max_tokens":9,"metadata":{"a":%b},"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"all","max_tokens":9,"messages":[{"role":"user","content":"x"}],'
    b'"tools":[{"type":"function","name":"f","input_schema":%b,"function":{"name":"f","parameters":%b}}]}',
    b"%b",
)
VALUES = {
    "open brackets": DEEP,
    "brackets": DEEP + b"]" * 100_000,
    "braces": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "objects in arrays": b'[{"a":' * 50_000 + b"1" + b"}]" * 50_000,
    "huge exponent": b"1e999999",
    "tiny exponent": b"-1e-999999",
    "a million digits": b"9" * 1_000_000,
    "a million places": b"0." + b"1" * 1_000_000,
    "a long key": b'{"' + b"k" * 1_000_000 + b'":1}',
    "an escaped million": b'"' + b"\\u0041" * 166_666 + b'"',
    "lone surrogates": b'"' + b"\\ud800" * 1000 + b'"',
    "not a number": b"NaN",
    "infinity": b"-Infinity",
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("dialect", PATHS)
def test_odd_json_is_read_or_refused_and_no_bug(dialect: str, value: str) -> None:
    """T15. Read by both dialects, as a glance, whole, and written in the other's words."""
    reader = DIALECTS[dialect]
    used = time.process_time()
    for place in PLACES:
        body = place.replace(b"%b", VALUES[value])
        for read in (reader.glance, reader.parse_request):
            try:
                found = read(body)
            except InvalidRequest:
                continue
            if read == reader.parse_request:
                for name, path in PATHS.items():
                    able = frozenset(Capability)
                    endpoint = Endpoint(name, "m", path, "p", capabilities=able)
                    DIALECTS[name].build_request(found, endpoint)  # type: ignore[arg-type]
    assert time.process_time() - used < 10


@pytest.mark.timeout(60)
def test_odd_json_keeps_nobody_waiting(tmp_path: Path) -> None:
    """T15. The same through the process, which goes on answering."""

    async def scene() -> None:
        hosts = [Host(WELL), Host(WELL, dialect=ANTHROPIC)]
        async with site(tmp_path, *hosts) as here:
            for path in PATHS.values():
                for value in VALUES.values():
                    for place in (PLACES[0], PLACES[4], PLACES[6], PLACES[7]):
                        said = await here.raw(post(place.replace(b"%b", value), path))
                        assert 200 <= status_of(said) < 500, said[:500]
                        assert len(said) < 10_000
            assert b"well" in await here.post(chat())

    asyncio.run(scene())


def test_a_small_request_costs_no_look_at_its_crowd() -> None:
    """What is counted is counted where there are many braces, so most requests pay nothing."""

    async def scene() -> None:
        async with gateway(good()) as gate:
            assert body_of(await gate.raw(request(turns=["{" * 60_000]))) == ANSWER

    run(scene())
