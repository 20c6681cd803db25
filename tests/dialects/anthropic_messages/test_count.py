"""Counts of tokens, as Anthropic takes and gives them."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.anthropic_messages.count import COUNTS
from understudy.dialects.base import Edits
from understudy.dialects.counting import Counting

PATH = "/v1/messages/count_tokens"
BODY = b'{"model": "m",  "messages": [{"role": "user", "content": "hi"}]}'
ENDPOINT = Endpoint("anthropic_messages", "up", "/v1/messages?beta=true", "anthropic")


def test_a_request_without_a_limit_is_read_and_goes_on_as_it_is():
    counting = Counting(COUNTS, BODY, PATH)
    assert counting.model() == "m"
    assert not counting.glance(BODY, PATH).must_change
    assert counting.edit_request(BODY, Edits("up")) == BODY.replace(b'"m"', b'"up"')
    assert counting.path(ENDPOINT, stream=False) == "/v1/messages/count_tokens?beta=true"
    assert json.loads(counting.guess()) == {"input_tokens": 5}


def test_what_is_written_anew_says_nothing_of_an_answer():
    body = json.dumps({**json.loads(BODY), "max_tokens": 9, "temperature": 1}).encode()
    counting = Counting(COUNTS, body, PATH)
    written, _ = counting.build_request(counting.parse_request(body, PATH), ENDPOINT)
    assert set(json.loads(written.body)) == {"model", "messages"}
    assert written.path.startswith(PATH)


def test_mistakes_are_told():
    with pytest.raises(InvalidRequest):
        Counting(COUNTS, b'{"model": "m"}', PATH).guess()


def test_an_answer_says_how_many():
    assert COUNTS.total(b'{"input_tokens":2095}') == 2095
    assert COUNTS.answer is not None
    assert COUNTS.answer(3) == b'{"input_tokens":3}'
    assert COUNTS.paths == (PATH, "/anthropic/v1/messages/count_tokens")
