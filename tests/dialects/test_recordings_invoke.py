"""Every recorded exchange of InvokeModel with Anthropic's models, as for any dialect."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import pytest
from tests.dialects.recordings import Exchange, exchanges, require
from tests.dialects.tongues.anthropic_messages import expect
from tests.dialects.tongues.heard import ASKED, Player

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed, Finished
from understudy.chat.grammar import Grammar
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.base import Edits
from understudy.dialects.catalog import DIALECTS
from understudy.wire.http import ResponseHead, header

DIALECT = DIALECTS["bedrock_invoke"]
HOSTS = frozenset({"bedrock"})
STREAMS = exchanges("invoke-stream", HOSTS)
ALL = exchanges("invoke", HOSTS) + STREAMS
MESSAGES = [chat for chat in ALL if b'"anthropic_version"' in chat.request]
OTHERS = [chat for chat in ALL if chat not in MESSAGES and chat.request]
PLAYER = Player()
CLIENT = anthropic.AnthropicBedrock(
    aws_region="us-east-1",
    aws_access_key="none",
    aws_secret_key="none",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(PLAYER.new)),
)

pytestmark = pytest.mark.recordings


def is_stream(chat: Exchange) -> bool:
    return chat.endpoint == "invoke-stream"


def good() -> Iterator[Exchange]:
    require(MESSAGES, "InvokeModel with Anthropic's models")
    yield from (chat for chat in MESSAGES if chat.status == 200)


def read(chat: Exchange, cuts: tuple[int, ...] = ()) -> list[Event]:
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=is_stream(chat))
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


def test_every_answer_is_read_and_cutting_it_changes_nothing() -> None:
    for chat in good():
        whole = read(chat)
        assert isinstance(whole[-1], Finished), (chat.id, whole[-1])
        for at in range(1, len(chat.response), max(1, len(chat.response) // 40)):
            assert read(chat, (at,)) == whole, (chat.id, at)


def test_a_stream_that_was_cut_off_or_damaged_is_never_whole() -> None:
    for chat in good():
        if not is_stream(chat):
            continue
        for at in range(0, len(chat.response) * 3 // 4, max(1, len(chat.response) // 40)):
            damaged = bytearray(chat.response)
            damaged[at] ^= 1
            for data in (chat.response[:at], bytes(damaged)):
                decoder = DIALECT.decoder(ResponseHead(200, ()), stream=True)
                items = [*decoder.receive_data(data), *decoder.receive_eof()]
                found = [event for item in items for event in item.events]
                assert isinstance(found[-1], Failed), (chat.id, at)


def test_every_answer_is_written_again_and_heard_by_the_official_client() -> None:
    for chat in good():
        events = read(chat)
        encoder = DIALECT.encoder(Request("m", (), stream=is_stream(chat)))
        written = b"".join(encoder.send(event) for event in events)
        counted = b"_tokens" in chat.response or is_stream(chat)
        assert [loss.path for loss in encoder.losses] == ([] if counted else ["usage"]), chat.id
        decoder = DIALECT.decoder(ResponseHead(200, ()), stream=is_stream(chat))
        items = [*decoder.receive_data(written), *decoder.receive_eof()]
        response, again = fold(events), fold([each for item in items for each in item.events])
        assert again.pieces == response.pieces, chat.id
        assert (again.stop, again.started.id) == (response.stop, response.started.id), chat.id
        for stream in (True, False):
            heard = hear(list(unfold(response)), stream=stream)
            expected = expect(response)
            assert heard == (expected.text, expected.calls, expected.stop), chat.id


def hear(events: list[Event], *, stream: bool) -> tuple[str, list[Any], str | None]:
    encoder = DIALECT.encoder(Request("m", (), stream=stream))
    body = b"".join(encoder.send(event) for event in events)
    kind = header(encoder.head(), b"content-type")
    assert kind is not None
    PLAYER.plays(kind.decode(), body)
    if stream:
        with CLIENT.messages.stream(model="m", max_tokens=9, messages=ASKED) as heard:
            message: Any = heard.get_final_message()
    else:
        message = CLIENT.messages.create(model="m", max_tokens=9, messages=ASKED)
    blocks = message.content
    text = "".join(block.text for block in blocks if block.type == "text")
    calls = [(each.id, each.name, each.input) for each in blocks if each.type == "tool_use"]
    return text, calls, message.stop_reason


def test_every_request_survives() -> None:
    for chat in MESSAGES:
        glance = DIALECT.glance(chat.request, chat.path)
        assert glance.stream == is_stream(chat)
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        request = DIALECT.parse_request(chat.request, chat.path)
        endpoint = Endpoint("bedrock_invoke", request.model, "/model/{model}/invoke", "aws")
        written, losses = DIALECT.build_request(request, endpoint)
        assert {loss.path for loss in losses} <= {"sampling.top_p"}, chat.id
        asked, said = chat.asked, json.loads(written.body)
        assert said.keys() >= asked.keys() - {"top_p"}, chat.id
        assert said["anthropic_version"] == "bedrock-2023-05-31"
        assert "model" not in said
        assert "stream" not in said


def test_bodies_of_other_labs_are_read_and_answered_in_their_own_words() -> None:
    """But for labs that are no more: their bodies are refused by name."""
    require(OTHERS, "InvokeModel with other labs' models")
    others = ("ai21", "nova-2-multimodal")
    gone = [chat for chat in OTHERS if any(name in chat.path for name in others)]
    for chat in gone:
        with pytest.raises(InvalidRequest) as caught:
            DIALECT.glance(chat.request, chat.path)
        assert caught.value.path == "anthropic_version", chat.id
    for chat in OTHERS:
        if chat not in gone:
            assert DIALECT.glance(chat.request, chat.path).stream == is_stream(chat)
            if chat.status == 200:
                _answered_alike(chat)


def _answered_alike(chat: Exchange) -> None:
    whole = read(chat)
    assert isinstance(whole[-1], Finished), (chat.id, whole[-1])
    for at in range(1, len(chat.response), max(1, len(chat.response) // 20)):
        assert read(chat, (at,)) == whole, (chat.id, at)
    encoder = DIALECT.encoder(DIALECT.parse_request(chat.request, chat.path))
    written = b"".join(encoder.send(event) for event in whole)
    decoder = DIALECT.decoder(ResponseHead(200, ()), stream=is_stream(chat))
    items = [*decoder.receive_data(written), *decoder.receive_eof()]
    response, again = fold(whole), fold([each for item in items for each in item.events])
    assert again.pieces == response.pieces, chat.id
    assert (again.stop, again.finished.usage) == (response.stop, response.finished.usage), chat.id
    assert again.finished.result == response.finished.result, chat.id
    assert encoder.losses == [], chat.id
