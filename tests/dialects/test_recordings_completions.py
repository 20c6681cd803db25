"""Every recorded completion: read however it is cut, written again, asked again."""

import itertools
import json

import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.base import Edits
from understudy.dialects.openai_completions import DIALECT
from understudy.dialects.openai_completions.schema import NAME

CHATS = exchanges("completions", frozenset({"openai", "local", "together"}))
STRANGE = exchanges("completions", frozenset({"writer"}))
ACCEPTS = frozenset({"sampling.top_k", "sampling.min_p", "sampling.repetition_penalty"})

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
    require(CHATS, "completions")
    return [chat for chat in CHATS if chat.status == 200]


def test_every_answer_is_read_and_cutting_it_changes_nothing() -> None:
    for chat in good():
        whole = read(chat)
        assert not isinstance(whole[-1], Failed), (chat.id, whole[-1])
        step = max(1, len(chat.response) // 40)
        for at in range(1, len(chat.response), step):
            assert read(chat, (at,)) == whole, (chat.id, at)


def test_an_answer_that_was_cut_off_is_never_whole() -> None:
    for chat in good():
        last = len(chat.response) - 1
        if chat.is_stream:
            last = max(
                chat.response.rfind(b'"finish_reason":"%b"' % word) for word in (b"stop", b"length")
            )
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
        decoder = DIALECT.decoder(chat.head, stream=chat.is_stream)
        items = [*decoder.receive_data(written), *decoder.receive_eof()]
        again = [event for item in items for event in item.events]
        assert fold(again) == fold(events), chat.id
        assert fold(list(unfold(fold(events)))) == fold(events)
        if not chat.is_stream:
            assert strip(json.loads(written)) == strip(json.loads(chat.response)), chat.id


def strip(body: dict) -> dict:
    """A body without details that are 0 where nobody said them, and what says nothing."""
    usage = {name: body["usage"][name] for name in ("prompt_tokens", "completion_tokens")}
    choices = [
        {name: value for name, value in choice.items() if value is not None}
        for choice in body["choices"]
    ]
    said = {name: value for name, value in body.items() if value not in (None, [])}
    return {**said, "object": "", "usage": usage, "choices": choices}


def test_a_host_that_says_it_otherwise_is_no_answer() -> None:
    require(STRANGE, "completions of another shape")
    for chat in STRANGE:
        assert isinstance(read(chat)[-1], Failed)


def test_every_request_survives() -> None:
    require(CHATS, "requests for completions")
    counts = {"asked": 0, "refused": 0}
    for chat in CHATS:
        glance = DIALECT.glance(chat.request)
        assert glance.stream == bool(chat.asked.get("stream"))
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        if not isinstance(chat.asked["prompt"], str) and len(chat.asked["prompt"]) > 1:
            with pytest.raises(InvalidRequest, match="prompt"):
                DIALECT.parse_request(chat.request)
            counts["refused"] += 1
            continue
        request = DIALECT.parse_request(chat.request)
        endpoint = Endpoint(NAME, request.model, "/v1/completions", "openai", accepts=ACCEPTS)
        written, losses = DIALECT.build_request(request, endpoint)
        assert losses == (), chat.id
        assert said(json.loads(written.body)) == said(chat.asked), chat.id
        counts["asked"] += 1
    print(counts)  # noqa: T201 - the count is the point


def said(asked: dict) -> dict:
    """A request without what says nothing."""
    prompt = asked["prompt"] if isinstance(asked["prompt"], str) else asked["prompt"][0]
    body = {
        name: value
        for name, value in asked.items()
        if value is not None and value is not False and value not in ([], {})
    }
    body.pop("stream_options", None)
    return {**body, "prompt": prompt}
