"""Every recorded exchange of generateContent, with both of Google's hosts: read however it is cut,
written again, asked again.
"""

import base64
import itertools
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal
from understudy.chat.request import Request
from understudy.chat.response import fold
from understudy.dialects.base import Edits
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import NAME, decode_raws
from understudy.dialects.gemini_generate.usage import read_usage
from understudy.wire.http import ResponseHead

HOSTS = frozenset({"gemini", "vertex", "local"})
CHATS = exchanges("generateContent", HOSTS) + exchanges("streamGenerateContent", HOSTS)
PATH = "/v1beta/models/{model}:generateContent"

pytestmark = pytest.mark.recordings


def is_stream(chat: Exchange) -> bool:
    return chat.endpoint.startswith("stream")


def read(chat: Exchange, cuts: tuple[int, ...] = ()) -> list[Event]:
    decoder = DIALECT.decoder(chat.head, stream=is_stream(chat))
    edges = (0, *cuts, len(chat.response))
    items = [
        item
        for start, end in itertools.pairwise(edges)
        for item in decoder.receive_data(chat.response[start:end])
    ]
    items += decoder.receive_eof()
    assert_kept(items, chat.response)
    return [event for item in items for event in item.events]


def good() -> list[Exchange]:
    require(CHATS, "generateContent")
    return [chat for chat in CHATS if chat.status == 200]


def chunks(chat: Exchange) -> list[dict]:
    if chat.is_stream:
        lines = chat.response.decode().splitlines()
        return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    found = json.loads(chat.response)
    return found if isinstance(found, list) else [found]


def test_every_answer_is_read_and_cutting_it_changes_nothing() -> None:
    for chat in good():
        whole = read(chat)
        assert not isinstance(whole[-1], Failed), (chat.id, whole[-1])
        for at in range(1, len(chat.response), max(1, len(chat.response) // 12)):
            assert read(chat, (at,)) == whole, (chat.id, at)


def test_what_was_read_is_what_was_said() -> None:
    for chat in good():
        response = fold(read(chat))
        candidates = [each for chunk in chunks(chat) for each in chunk.get("candidates", [])]
        parts = [part for each in candidates for part in each.get("content", {}).get("parts", [])]
        texts = "".join(part.get("text", "") for part in parts if not part.get("thought"))
        assert response.text == texts, chat.id
        signed = "".join(part.get("thoughtSignature", "") for part in parts if opaque(part) is None)
        assert "".join(piece.signature or "" for piece in response.pieces) == signed, chat.id
        names = [call["name"] for part in parts if "name" in (call := part.get("functionCall", {}))]
        called = [piece.start.name for piece in response.pieces if piece.start.name is not None]
        assert called == names, chat.id
        counted: dict = {}
        for chunk in chunks(chat):
            usage = chunk.get("usageMetadata", {})
            counted = usage if "totalTokenCount" in usage else counted | usage
        if counted:
            assert response.usage == read_usage(decode_raws(json.dumps(counted).encode())), chat.id
            total = response.usage.prompt_tokens + response.usage.output_tokens
            assert total == counted.get("totalTokenCount", total), chat.id


def opaque(part: dict) -> str | None:
    names = part.keys() - {"text", "thought", "thoughtSignature", "functionCall"}
    return next(iter(names), None)


def test_an_answer_that_was_cut_off_is_never_whole() -> None:
    for chat in good():
        end = chat.response.rstrip()
        for at in range(0, len(end) - 1, max(1, len(end) // 20)):
            decoder = DIALECT.decoder(chat.head, stream=is_stream(chat))
            items = [*decoder.receive_data(chat.response[:at]), *decoder.receive_eof()]
            last = items[-1].events[-1]
            assert isinstance(last, Failed) or b"finishReason" in chat.response[:at], (chat.id, at)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_every_answer_is_written_again_with_all_that_it_said(*, stream: bool) -> None:
    for chat in good():
        events = read(chat)
        encoder = DIALECT.encoder(Request("m", (), stream=stream))
        written = b"".join(encoder.send(event) for event in events)
        assert encoder.losses == [], chat.id
        decoder = DIALECT.decoder(ResponseHead(200, ()), stream=stream)
        items = [*decoder.receive_data(written), *decoder.receive_eof()]
        again = fold([event for item in items for event in item.events])
        assert again == fold(events), chat.id


def test_whole_answers_are_written_as_they_were() -> None:
    for chat in good():
        body = chunks(chat)[0]
        if is_stream(chat) or "enum" in chat.path or has_empty_parts(body):
            continue
        encoder = DIALECT.encoder(Request("m", ()))
        written = b"".join(encoder.send(event) for event in read(chat))
        assert plain(json.loads(written)) == plain(body), chat.id


def has_empty_parts(body: dict) -> bool:
    """Some parts say nothing; some are words whose signature came apart from them."""
    candidates = body.get("candidates", [])
    parts = [part for each in candidates for part in each.get("content", {}).get("parts", [])]
    return any(part.get("text") == "" and len(part) == 1 for part in parts)


def plain(body: dict) -> dict:
    """An answer without what says nothing."""
    said = {**body, "usageMetadata": {**body.get("usageMetadata", {})}}
    said["usageMetadata"].pop("totalTokenCount", None)
    said["usageMetadata"] = {
        name: value for name, value in said["usageMetadata"].items() if value not in (0, [])
    }
    said["candidates"] = [
        {
            **candidate,
            "index": candidate.get("index", 0),
            "content": {
                "parts": list(map(bare, candidate.get("content", {}).get("parts", []))),
                "role": "model",
            },
        }
        for candidate in body.get("candidates", [])
    ]
    return said


def bare(part: dict) -> dict:
    call = part.get("functionCall")
    return part if call is None else {**part, "functionCall": {"args": {}, **call}}


def test_every_failure_is_read() -> None:
    for chat in CHATS:
        if chat.status == 200:
            continue
        signal = DIALECT.parse_failure(chat.head, chat.response)
        error = json.loads(chat.response)["error"]
        assert isinstance(signal, Signal)
        assert signal.message.startswith(error["message"][:100])
        assert (signal.status, signal.type) == (chat.status, error["status"])


def test_every_request_survives() -> None:
    require(CHATS, "requests of generateContent")
    count = arrays = 0
    for chat in CHATS:
        if not chat.request:
            continue
        url = urlsplit(chat.path)
        path = f"{url.path}?{url.query}"
        glance = DIALECT.glance(chat.request, path)
        assert glance.stream == is_stream(chat)
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        request = DIALECT.parse_request(chat.request, path)
        arrays += request.as_array
        producer = "gemini" if chat.provider == "gemini" else "vertex"
        endpoint = Endpoint(NAME, request.model, PATH, producer)
        written, losses = DIALECT.build_request(request, endpoint)
        assert losses == (), chat.id
        assert DIALECT.parse_request(written.body, written.path) == request, chat.id
        assert said(json.loads(written.body)) == said(chat.asked), chat.id
        count += 1
    print(count, "requests,", arrays, "for an array")  # noqa: T201 - the count is the point


def said(value: object, name: str = "") -> object:
    """A request in one spelling, with whatever may be said in two ways said in one."""
    if isinstance(value, list):
        return [said(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {spelled(key): said(each, spelled(key)) for key, each in value.items()}
    if name in {"args", "response", "parameters", "parametersJsonSchema"}:
        return "schema" if name.startswith("parameters") else value
    if "data" in found and "mimeType" in found:
        text = str(found["data"]).replace("-", "+").replace("_", "/")
        found["data"] = base64.b64decode(text + "==")
    for old in ("parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema"):
        if old in found:
            found.pop(old)
            found["schema"] = "some"
    for unsaid in ("model", "responseMimeType"):
        found.pop(unsaid, None)
    if "contents" in found:
        found["contents"] = joined(found["contents"])
        found.get("systemInstruction", {}).pop("role", None)
    return {key: each for key, each in found.items() if each not in (None, [], {})}


def joined(contents: list[dict]) -> list[dict]:
    """Turns of one speaker in one: results of tools stand together."""
    found: list[dict] = []
    for content in contents:
        if found and found[-1]["role"] == content["role"]:
            found[-1]["parts"] += content["parts"]
        else:
            found.append({**content, "parts": [*content["parts"]]})
    return found


def spelled(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)
