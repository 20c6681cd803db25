"""Every recorded exchange of Cohere's chat: read however it is cut, written again, asked again."""

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
from understudy.dialects.cohere_chat import DIALECT
from understudy.dialects.cohere_chat.schema import NAME
from understudy.wire.sse import SseDecoder

CHATS = exchanges("chat_v2", frozenset({"cohere"}))

pytestmark = pytest.mark.recordings


def read(chat: Exchange, cuts: tuple[int, ...] = ()) -> list[Event]:
    decoder = DIALECT.decoder(chat.head, stream=chat.is_stream)
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
    require(CHATS, "cohere chats")
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
        last = chat.response.rfind(b"message-end") if chat.is_stream else len(chat.response) - 1
        for at in range(0, last, max(1, last // 40)):
            decoder = DIALECT.decoder(chat.head, stream=chat.is_stream)
            items = [*decoder.receive_data(chat.response[:at]), *decoder.receive_eof()]
            assert isinstance(items[-1].events[-1], Failed), (chat.id, at)


def test_every_answer_is_written_again_with_all_that_it_said() -> None:
    for chat in good():
        events = read(chat)
        encoder = DIALECT.encoder(Request("m", (), stream=chat.is_stream))
        written = b"".join(encoder.send(event) for event in events)
        assert encoder.losses == []
        if chat.is_stream:
            assert frames(written) == frames(chat.response), chat.id
        else:
            assert json.loads(written) == json.loads(chat.response), chat.id
        assert fold(list(unfold(fold(events)))) == fold(events)


def frames(data: bytes) -> list[object]:
    """What the frames say. Some recordings lack the last, which is no event."""
    found = [(each.event, each.data) for each in SseDecoder().receive_data(data)]
    return [(name, json.loads(said)) for name, said in found if said and said != b"[DONE]"]


def test_every_request_survives() -> None:
    require(CHATS, "cohere requests")
    count = 0
    for chat in CHATS:
        if not chat.request:
            continue
        glance = DIALECT.glance(chat.request)
        assert glance.stream == chat.asked.get("stream", False)
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        request = DIALECT.parse_request(chat.request)
        endpoint = Endpoint(NAME, request.model, "/v2/chat", "cohere")
        written, losses = DIALECT.build_request(request, endpoint)
        assert losses == (), chat.id
        assert said(json.loads(written.body)) == said(chat.asked), chat.id
        assert DIALECT.parse_request(written.body) == request, chat.id
        count += 1
    print(count, "requests")  # noqa: T201 - the count is the point


def said(asked: dict) -> dict:
    """A request without what says nothing."""
    body = {name: value for name, value in asked.items() if value not in (None, False, [], {})}
    body["messages"] = [
        {name: short(value) for name, value in message.items() if value not in (None, "", [])}
        for message in asked["messages"]
    ]
    return body


def short(value: object) -> object:
    """One block of text is a text."""
    match value:
        case [{"type": "text", "text": text}]:
            return text
        case _:
            return value
