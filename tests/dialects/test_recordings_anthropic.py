"""Every message that someone really had over this dialect: read, cut, said and sent again."""

import json
from collections import Counter

import msgspec
import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.events import Event, Failed, Finished, PartKind, Started, StopReason
from understudy.chat.grammar import Grammar
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Response, fold, unfold
from understudy.dialects.anthropic_messages import DIALECT
from understudy.dialects.base import Edits
from understudy.wire.http import ResponseHead

CHATS = exchanges("messages", frozenset({"anthropic", "local"}))
ANSWERS = tuple(chat for chat in CHATS if chat.response and chat.status < 300)
REQUESTS = tuple(chat for chat in CHATS if chat.request)
ERRORS = tuple(chat for chat in CHATS if chat.response and chat.status >= 400)

BROKEN = {
    "c03648792476": "duplicate_or_out_of_order",  # two answers in one: a proxy retried
}

EVERY_BYTE = 4096
CUTS = 61

ENDPOINT = Endpoint(
    dialect="anthropic_messages",
    model="claude-test",
    path="/v1/messages",
    producer="anthropic",
)

pytestmark = pytest.mark.recordings


def decode(data: bytes, *, stream: bool, step: int = 0, at: int = 0) -> list[Event]:
    """Decode in one piece, in pieces of `step` bytes, or in two cut `at` a place."""
    kind = b"text/event-stream" if stream else b"application/json"
    decoder = DIALECT.decoder(ResponseHead(200, ((b"content-type", kind),)), stream=stream)
    if at:
        pieces = [data[:at], data[at:]]
    else:
        pieces = [data[i : i + step] for i in range(0, len(data), step)] if step else [data]
    found = [item for piece in pieces for item in decoder.receive_data(piece)]
    found += decoder.receive_eof()
    assert_kept(found, data)
    return [event for item in found for event in item.events]


def read(chat: Exchange) -> list[Event]:
    return decode(chat.response, stream=chat.is_stream)


def test_every_answer_obeys_the_grammar():
    require(ANSWERS, "answers decoded")
    ends: Counter[str] = Counter()
    for chat in ANSWERS:
        found = read(chat)
        grammar = Grammar()
        for event in found:
            grammar.receive(event)
        assert grammar.complete, chat.id
        last = found[-1]
        if isinstance(last, Failed):
            assert BROKEN.get(chat.id) == last.signal.flag, (chat.id, last)
            continue
        assert isinstance(last, Finished)
        response = fold(found)
        assert fold(unfold(response)) == response, chat.id
        ends[f"{'stream' if chat.is_stream else 'whole'} {response.finished.native}"] += 1
    print(dict(ends))  # noqa: T201 - the count is the point


@pytest.mark.timeout(120)
def test_cutting_is_invisible():
    streams = [chat for chat in ANSWERS if chat.is_stream]
    require(streams, "streams cut")
    cuts = 0
    for chat in streams:
        data = chat.response
        expected = read(chat)
        step = 1 if len(data) <= EVERY_BYTE else max(1, len(data) // CUTS)
        for at in range(1, len(data), step):
            assert decode(data, stream=True, at=at) == expected, (chat.id, at)
            cuts += 1
        assert decode(data, stream=True, step=1) == expected, chat.id
    print(f"{len(streams)} streams cut at {cuts} places")  # noqa: T201


@pytest.mark.timeout(60)
def test_no_beginning_of_a_stream_passes_for_an_answer():
    streams = [chat for chat in ANSWERS if chat.is_stream]
    require(streams, "streams truncated")
    for chat in streams:
        data = chat.response
        end = data.index(b"event: message_delta")
        for at in {1, *range(1, end, max(1, end // CUTS)), end}:
            events = decode(data[:at], stream=True)
            assert isinstance(events[-1], Failed), (chat.id, at)
            assert events[-1].signal.flag, (chat.id, at)


@pytest.mark.parametrize("stream", [True, False])
def test_said_again_it_says_the_same(stream):
    require(ANSWERS, f"answers said again (stream={stream})")
    compared = 0
    for chat in ANSWERS:
        if chat.id in BROKEN:
            continue
        found = read(chat)
        response = fold(found)
        encoder = DIALECT.encoder(Request("m", (), stream=stream))
        said = found if chat.is_stream and stream else list(unfold(response))
        data = b"".join(encoder.send(event) for event in said)
        again = decode(data, stream=stream)
        assert encoder.losses == [], (chat.id, encoder.losses)
        assert meaning(fold(again)) == meaning(response), chat.id
        if chat.is_stream and stream:
            assert [e for e in again if isinstance(e, Finished)] == [found[-1]], chat.id
        if not stream and not chat.is_stream:
            body = plain(json.loads(data))
            if "cache_creation" not in json.loads(chat.response)["usage"]:
                body["usage"].pop("cache_creation", None)
            assert body == plain(json.loads(chat.response)), chat.id
            compared += 1
    print(f"{compared} whole bodies compared field by field")  # noqa: T201


def meaning(response: Response) -> object:
    """All of an answer, but for when a vendor field was said, and where an opaque part grew."""
    started, finished = response.started, response.finished
    fields: dict = {}
    for each in (started.fields or {}, finished.fields or {}):
        for name, raw in each.items():
            value = json.loads(bytes(raw))
            old = fields.get(name)
            fields[name] = {**old, **value} if isinstance(old, dict) else value
    pieces = [
        grown(piece) if piece.start.kind is PartKind.OPAQUE else simple(piece)
        for piece in response.pieces
    ]
    end = msgspec.structs.replace(finished, fields=None)
    return [started.id, started.model, plain(pieces), simple(end), fields]


def simple(struct: msgspec.Struct) -> object:
    return json.loads(msgspec.json.encode(struct))


def grown(piece) -> object:
    """An opaque part with everything that was added to it."""
    encoder = DIALECT.encoder(Request("m", ()))
    whole = Response(
        started=Started("i", "m"),
        pieces=(piece,),
        finished=Finished(stop=StopReason.END, native="end_turn"),
    )
    body = b"".join(encoder.send(event) for event in unfold(whole))
    return json.loads(body)["content"]


def plain(value):
    """JSON without what says nothing: nulls, counts of zero, empty objects."""
    if isinstance(value, dict):
        simpler = {name: plain(each) for name, each in value.items()}
        return {k: v for k, v in simpler.items() if v is not None and v not in (0, {})}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes | msgspec.Raw):
        return plain(json.loads(bytes(value)))
    return value


NEEDED = {
    "tools": Capability.TOOLS,
    "vision": Capability.VISION,
    "json_schema": Capability.JSON_SCHEMA,
}


def test_every_request_is_glanced_at_and_edited_in_place():
    require(REQUESTS, "requests glanced at")
    for chat in REQUESTS:
        glance = DIALECT.glance(chat.request)
        assert glance.model == chat.asked["model"]
        assert glance.stream == bool(chat.asked.get("stream"))
        assert glance.needs.output_tokens == chat.asked["max_tokens"]
        for feature, capability in NEEDED.items():
            if feature in chat.features:
                assert capability in glance.needs.capabilities, (chat.id, feature)
        same = DIALECT.edit_request(chat.request, Edits(model=glance.model))
        assert same == chat.request, chat.id
        other = DIALECT.edit_request(chat.request, Edits(model="another"))
        assert json.loads(other) == {**chat.asked, "model": "another"}, chat.id


def test_every_request_survives_its_own_dialect():
    require(REQUESTS, "requests rebuilt")
    lost: Counter[str] = Counter()
    for chat in REQUESTS:
        request = DIALECT.parse_request(chat.request)
        written, losses = DIALECT.build_request(request, ENDPOINT)
        expected, found = normal(chat.asked), normal(json.loads(written.body))
        found["model"] = expected["model"]
        assert excused(expected, losses) == excused(found, losses), (chat.id, losses)
        lost.update(loss.token for loss in losses)
        again = DIALECT.parse_request(written.body)
        assert DIALECT.build_request(again, ENDPOINT) == (written, ()), chat.id
    print(dict(lost))  # noqa: T201


def normal(body: dict) -> dict:
    """A request with its shorthands written out, and its older spellings made new."""
    body = plain(json.loads(json.dumps(body)))
    if isinstance(body.get("system"), str):
        body["system"] = [{"type": "text", "text": body["system"]}]
    if not body.get("system"):
        body.pop("system", None)
    if "output_format" in body:
        config = body.get("output_config", {})
        body["output_config"] = {**config, "format": body.pop("output_format")}
    if not body.get("stream"):
        body.pop("stream", None)
    for tool in body.get("tools", []):
        if tool.get("type") == "custom":
            del tool["type"]
    body["messages"] = turns(body["messages"])
    return body


def turns(messages: list[dict]) -> list[dict]:
    """Messages of one role joined, results first."""
    merged: list[dict] = []
    for message in messages:
        content = blocks(message["content"])
        if merged and merged[-1]["role"] == message["role"] != "system":
            merged[-1]["content"] += content
        elif content:
            merged.append({**message, "content": content})
    for message in merged:
        message["content"].sort(key=lambda block: block["type"] != "tool_result")
    return merged


def blocks(content):
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    for block in content:
        if block["type"] == "tool_result":
            block["content"] = [each for each in blocks(block.get("content", [])) if each != EMPTY]
        if block.get("caller") == {"type": "direct"}:
            del block["caller"]
    return content


EMPTY = {"type": "text", "text": ""}


def excused(body: dict, losses: tuple[Loss, ...]) -> dict:
    """A request without what was declared as lost or changed."""
    body = json.loads(json.dumps(body))
    for loss in losses:
        place = loss.path.partition(".")[0].partition("[")[0]
        assert place in EXCUSES, loss
        for name in EXCUSES[place]:
            body.pop(name, None)
    return body


EXCUSES = {
    "messages": ("messages",),
    "sampling": ("temperature", "top_p", "top_k"),
    "reasoning": ("thinking", "output_config"),
}


def test_every_error_is_read():
    require(ERRORS, "errors read")
    for chat in ERRORS:
        signal = DIALECT.parse_failure(ResponseHead(chat.status, ()), chat.response)
        assert signal.status == chat.status
        assert signal.type
        assert signal.message
