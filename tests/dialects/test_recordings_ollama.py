"""Every recorded exchange of Ollama's chat: read however it is cut, written again, asked again."""

import itertools
import json

import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.base import Edits
from understudy.dialects.ollama_chat import DIALECT
from understudy.dialects.ollama_chat.schema import NAME
from understudy.wire.http import ResponseHead

CHATS = exchanges("api_chat", frozenset({"ollama"}))
SAID = ("content", "thinking", "tool_calls")
NOISE = frozenset({"created_at"})

pytestmark = pytest.mark.recordings


def is_stream(chat: Exchange) -> bool:
    return chat.content_type == "application/x-ndjson"


def read(chat: Exchange, cuts: tuple[int, ...] = ()) -> list[Event]:
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=is_stream(chat))
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
    require(CHATS, "ollama chats")
    return [chat for chat in CHATS if chat.status == 200]


def test_every_answer_is_read_and_cutting_it_changes_nothing() -> None:
    for chat in good():
        whole = read(chat)
        assert not isinstance(whole[-1], Failed), (chat.id, whole[-1])
        step = max(1, len(chat.response) // 60)
        for at in range(1, len(chat.response), step):
            assert read(chat, (at,)) == whole, (chat.id, at)


def test_an_answer_that_was_cut_off_is_never_whole() -> None:
    for chat in good():
        if not is_stream(chat):
            continue
        last = chat.response.rstrip().rfind(b"\n")
        for at in range(0, last, max(1, last // 40)):
            decoder = DIALECT.decoder(ResponseHead(200, ()), stream=True)
            items = [*decoder.receive_data(chat.response[:at]), *decoder.receive_eof()]
            assert isinstance(items[-1].events[-1], Failed), (chat.id, at)


def test_every_answer_is_written_again_with_all_that_it_said() -> None:
    for chat in good():
        events = read(chat)
        encoder = DIALECT.encoder(Request("m", (), stream=is_stream(chat)))
        written = b"".join(encoder.send(event) for event in events)
        assert encoder.losses == []
        lines = [json.loads(line) for line in written.splitlines() if line]
        real = [json.loads(line) for line in chat.response.splitlines() if line.strip()]
        real = [line for line in real if line["done"] or any(map(line["message"].get, SAID))]
        if is_stream(chat):
            assert [strip(line) for line in lines] == [strip(line) for line in real], chat.id
        else:
            (line,) = lines
            expected = json.loads(chat.response)
            assert {**strip(line), **strip(expected)} == strip(line), chat.id
        assert fold(list(unfold(fold(events)))) == fold(events)


def strip(line: dict) -> dict:
    return {name: value for name, value in line.items() if name not in NOISE}


def test_every_request_survives() -> None:
    require(CHATS, "ollama requests")
    count = 0
    for chat in CHATS:
        if not chat.request:
            continue
        glance = DIALECT.glance(chat.request)
        assert glance.stream == chat.asked.get("stream", True)
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        request = DIALECT.parse_request(chat.request)
        endpoint = Endpoint(NAME, request.model, "/api/chat", "ollama")
        written, losses = DIALECT.build_request(request, endpoint)
        assert losses == (), chat.id
        assert said(json.loads(written.body)) == said(chat.asked), chat.id
        assert DIALECT.parse_request(written.body) == request, chat.id
        count += 1
    print(count, "requests")  # noqa: T201 - the count is the point


def said(asked: dict) -> dict:
    """A request without what says nothing."""
    body = {name: value for name, value in asked.items() if value not in (None, "", [], {})}
    body["stream"] = asked.get("stream", True)
    body["messages"] = [
        {
            name: [{"function": call["function"]} for call in value]
            if name == "tool_calls"
            else value
            for name, value in message.items()
            if name not in {"tool_call_id", "tool_name"}
        }
        for message in asked["messages"]
    ]
    return body


def bare(calls: list[dict]) -> list[dict]:
    """Calls without their ids, which are mostly not there."""
    return [{"function": call["function"]} for call in calls]
