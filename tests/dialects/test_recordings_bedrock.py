"""Every recorded exchange of Converse: read however it is cut, written again, asked again."""

import itertools
import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from tests.dialects.recordings import Exchange, require
from tests.dialects.tongues.bedrock_converse import CHATS, PATH, asks_stream

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed
from understudy.chat.grammar import Grammar
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.base import Edits
from understudy.dialects.bedrock_converse import DIALECT
from understudy.dialects.bedrock_converse.schema import PRODUCER
from understudy.providers.catalogue import endpoint as endpoint_of
from understudy.providers.catalogue import load_catalogue
from understudy.wire.eventstream import EventStreamDecoder

NOTHING = {
    "inputTokens": 0,
    "outputTokens": 0,
    "totalTokens": 0,
    "cacheReadInputTokens": 0,
    "cacheWriteInputTokens": 0,
}

pytestmark = pytest.mark.recordings


def read(chat: Exchange, cuts: tuple[int, ...] = ()) -> list[Event]:
    decoder = DIALECT.decoder(chat.head, stream=asks_stream(chat))
    edges = (0, *cuts, len(chat.response))
    items = [
        item
        for start, end in itertools.pairwise(edges)
        for item in decoder.receive_data(chat.response[start:end])
    ]
    items += decoder.receive_eof()
    assert b"".join(item.raw for item in items) == chat.response
    events = [event for item in items for event in item.events]
    grammar = Grammar()
    for event in events:
        grammar.receive(event)
    assert grammar.complete
    return events


def good() -> list[Exchange]:
    require(CHATS, "answers of Converse")
    return [chat for chat in CHATS if chat.status == 200]


def test_every_answer_is_read_and_cutting_it_changes_nothing() -> None:
    for chat in good():
        whole = read(chat)
        assert not isinstance(whole[-1], Failed), (chat.id, whole[-1])
        step = max(1, len(chat.response) // 40)
        for at in range(1, len(chat.response), step):
            assert read(chat, (at,)) == whole, (chat.id, at)


def test_an_answer_that_was_cut_off_is_never_whole() -> None:
    count = 0
    for chat in good():
        if not asks_stream(chat):
            continue
        stop = chat.response.index(b"messageStop")
        for at in range(0, stop, max(1, stop // 60)):
            decoder = DIALECT.decoder(chat.head, stream=True)
            items = [*decoder.receive_data(chat.response[:at]), *decoder.receive_eof()]
            assert isinstance(items[-1].events[-1], Failed), (chat.id, at)
            count += 1
    print(count, "cuts")  # noqa: T201 - the count is the point


def test_a_flipped_bit_is_never_an_answer() -> None:
    for chat in good():
        if not asks_stream(chat):
            continue
        stop = chat.response.index(b"messageStop")
        for at in range(0, stop, max(1, stop // 40)):
            damaged = bytearray(chat.response)
            damaged[at] ^= 1
            decoder = DIALECT.decoder(chat.head, stream=True)
            items = [*decoder.receive_data(bytes(damaged)), *decoder.receive_eof()]
            events = [event for item in items for event in item.events]
            assert isinstance(events[-1], Failed), (chat.id, at)
            assert b"".join(item.raw for item in items) == bytes(damaged)


def test_every_answer_is_written_again_with_all_that_it_said() -> None:
    for chat in good():
        events = read(chat)
        is_stream = asks_stream(chat)
        encoder = DIALECT.encoder(Request("m", (), stream=is_stream))
        written = b"".join(encoder.send(event) for event in events)
        lost = [loss.path for loss in encoder.losses]
        assert lost == ([] if has_usage(chat) else ["usage"]), chat.id
        if is_stream:
            assert messages(written) == messages(chat.response), chat.id
        else:
            assert whole(json.loads(written)) == whole(json.loads(chat.response)), chat.id
        response = fold(events)
        assert fold(unfold(response)) == response


def has_usage(chat: Exchange) -> bool:
    return b'"usage"' in chat.response


def messages(data: bytes) -> list[tuple[str, Any]]:
    """What a stream says, message by message, without its padding."""
    found = EventStreamDecoder().receive_data(data)
    said = [(each.header(":event-type"), json.loads(each.payload)) for each in found]
    for _, body in said:
        body.pop("p", None)
    return joined(renumbered([each for each in said if each[1]]))


def renumbered(said: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Blocks numbered in the order of their start; a metadata that has none is made up."""
    numbers: dict[int, int] = {}
    kept = []
    for name, body in said:
        number = body.get("contentBlockIndex")
        if number is not None:
            body["contentBlockIndex"] = numbers.setdefault(number, len(numbers))
        kept.append((name, whole(body) if name == "metadata" else body))
    if not any(name == "metadata" for name, _ in kept):
        kept.append(("metadata", whole({})))
    return sorted(kept, key=lambda each: each[0] == "metadata")  # some say it before they stop


def joined(said: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Deltas that say nothing add nothing, unless they are all there is of a block."""
    spoken = {
        body["contentBlockIndex"]
        for name, body in said
        if name == "contentBlockStart" or (name == "contentBlockDelta" and not is_empty(body))
    }
    kept: list[tuple[str, Any]] = []
    for name, body in said:
        if name == "messageStart" and kept and kept[0][0] == name:
            continue
        if body.get("start") == {}:
            continue
        if name == "contentBlockDelta" and is_empty(body):
            number = body["contentBlockIndex"]
            if number in spoken:
                continue
            spoken.add(number)
        kept.append((name, body))
    return stopped(kept)


def stopped(said: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Every block ends before the answer does, also where a recording leaves that out."""
    begun = {body["contentBlockIndex"]: None for _, body in said if "contentBlockIndex" in body}
    ended = {body["contentBlockIndex"] for name, body in said if name == "contentBlockStop"}
    ends = [
        ("contentBlockStop", {"contentBlockIndex": each}) for each in begun if each not in ended
    ]
    at = [name for name, _ in said].index("messageStop")
    return [*said[:at], *ends, *said[at:]]


def is_empty(body: dict[str, Any]) -> bool:
    nothing = ({"text": ""}, {"toolUse": {"input": ""}}, {"reasoningContent": {"text": ""}})
    return body["delta"] in nothing


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """A whole body with what every one of them says, whether or not it was recorded."""
    usage = {**NOTHING, **body.get("usage", {})}
    return {"metrics": {"latencyMs": 0}, **body, "usage": usage}


def test_every_request_survives() -> None:
    require(CHATS, "requests of Converse")
    catalogue = load_catalogue()
    kind = catalogue.kind("bedrock")
    counts: Counter[str] = Counter()
    for chat in CHATS:
        if not chat.request:
            continue
        if not is_json(chat.request):
            with pytest.raises(InvalidRequest):
                DIALECT.glance(chat.request, chat.path)
            continue
        glance = DIALECT.glance(chat.request, chat.path)
        assert glance.stream == asks_stream(chat)
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        request = DIALECT.parse_request(chat.request, chat.path)
        assert request.model == glance.model
        assert kind is not None
        facts = catalogue.model(kind, request.model)
        endpoint = msgspec.structs.replace(
            endpoint_of(kind, facts, PATH),
            producer=PRODUCER,
            max_output_tokens=None,
            capabilities=frozenset(Capability),
        )
        written, losses = DIALECT.build_request(request, endpoint)
        assert losses == (), chat.id
        assert said(json.loads(written.body)) == said(chat.asked), chat.id
        assert chat.path.endswith(written.path), (chat.path, written.path)
        assert DIALECT.parse_request(written.body, written.path) == request, chat.id
        counts["requests"] += 1
    print(dict(counts))  # noqa: T201 - the count is the point


def is_json(body: bytes) -> bool:
    """Whether a body is whole: the recorder cut one."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def said(asked: dict[str, Any]) -> dict[str, Any]:
    """A request without what says nothing."""
    body = {name: value for name, value in asked.items() if value not in (None, "", [], {})}
    for message in body.get("messages", []):
        for block in message["content"]:
            result = block.get("toolResult", {})
            if result.get("status") == "success":
                del result["status"]
    more = body.get("additionalModelRequestFields", {})
    if "output_config" in more:  # the same in the words of Claude's own API
        body["outputConfig"] = {**more.pop("output_config"), **body.get("outputConfig", {})}
    return body
