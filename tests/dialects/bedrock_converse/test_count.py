"""Counts of tokens, as CountTokens takes and gives them."""

import json

import pytest
from tests.dialects.bedrock_converse.talk import ASKED, ENDPOINT, dump
from tests.dialects.recordings import exchanges, require

from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished
from understudy.dialects.bedrock_converse.count import COUNTS
from understudy.dialects.counting import Counting
from understudy.wire.http import ResponseHead

PATH = "/model/us.anthropic.claude%3A0/count-tokens"
BODY = {"input": {"converse": {"messages": ASKED, "system": [{"text": "be brief"}]}}}


def counting(body: object) -> Counting:
    return Counting(COUNTS, dump(body), PATH)


def test_what_is_counted_is_found() -> None:
    one = counting(BODY)
    assert one.model() == "us.anthropic.claude:0"
    assert len(one.parse_request(dump(BODY), PATH).messages) == 2
    assert json.loads(one.guess())["inputTokens"] > 0


def test_it_is_asked_for_without_what_is_about_the_answer() -> None:
    inside = {**BODY["input"]["converse"], "inferenceConfig": {"maxTokens": 9}}
    one = counting({"input": {"converse": inside}})
    request = one.parse_request(dump({"input": {"converse": inside}}), PATH)
    written, _ = one.build_request(request, ENDPOINT)
    assert written.path == "/model/m/count-tokens"
    assert json.loads(written.body) == BODY
    assert one.path(ENDPOINT, stream=False) == "/model/m/count-tokens"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "input"),
        ({"input": {"invokeModel": {"body": "e30="}}}, "input.converse"),
        ({"input": {"converse": 7}}, "input.converse"),
        ({"input": {"converse": {}}}, "messages"),
    ],
)
def test_what_is_none_is_refused(body: object, where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        counting(body).model()
    assert caught.value.path == where


@pytest.mark.recordings
def test_recorded_counts_are_read() -> None:
    chats = exchanges("count_tokens", frozenset({"bedrock"}))
    require(chats, "counts of Bedrock")
    for chat in chats:
        one = Counting(COUNTS, chat.request, chat.path)
        if b'"invokeModel"' in chat.request:
            with pytest.raises(InvalidRequest):
                one.model()
            continue
        assert one.model() == "anthropic.claude-sonnet-4-20250514-v1:0"
        end = one.skim(ResponseHead(200, ()), chat.response)
        assert isinstance(end, Finished)
        assert COUNTS.total(chat.response) == json.loads(chat.response)["inputTokens"]
