"""Counts and compactions, as OpenAI's Responses take and give them."""

import json

import msgspec
import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.chat.usage import Usage
from understudy.dialects.base import Edits
from understudy.dialects.counting import Counting
from understudy.dialects.openai_responses.count import COMPACTS, COUNTS
from understudy.wire.http import ResponseHead

BODY = b'{"model": "m",  "input": "hi"}'
ENDPOINT = Endpoint("openai_responses", "up", "/v1/responses?v=1", "openai")
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))


def test_a_count_goes_on_as_it_is_and_can_be_guessed():
    path = "/v1/responses/input_tokens"
    assert path in COUNTS.paths
    counting = Counting(COUNTS, BODY, path)
    assert (counting.model(), counting.glance(BODY, path).must_change) == ("m", False)
    assert counting.edit_request(BODY, Edits("up")) == BODY.replace(b'"m"', b'"up"')
    assert counting.path(ENDPOINT, stream=False) == "/v1/responses/input_tokens?v=1"
    guess = json.loads(counting.guess())
    assert guess["object"] == "response.input_tokens"
    assert COUNTS.total(counting.guess()) == guess["input_tokens"] > 0


def test_a_count_that_is_written_anew_says_nothing_of_an_answer():
    body = json.dumps({**json.loads(BODY), "max_output_tokens": 9, "temperature": 1}).encode()
    counting = Counting(COUNTS, body, COUNTS.paths[0])
    written, _ = counting.build_request(counting.parse_request(body, COUNTS.paths[0]), ENDPOINT)
    assert {"model", "input"} <= set(json.loads(written.body))
    assert not {"max_output_tokens", "temperature", "store"} & set(json.loads(written.body))


def test_a_compaction_is_pinned_and_never_guessed():
    path = "/v1/responses/compact"
    assert path in COMPACTS.paths
    counting = Counting(COMPACTS, BODY, path)
    assert counting.glance(BODY, path).pinned_by == "a compaction"
    assert counting.path(ENDPOINT, stream=False) == "/v1/responses/compact?v=1"
    with pytest.raises(InvalidRequest):
        counting.guess()


def test_what_a_compaction_cost_is_read():
    body = (
        b'{"id":"r","object":"response.compaction","created_at":1,"output":[{"type":"compaction",'
        b'"id":"c","encrypted_content":"x"}],"usage":{"input_tokens":9,"output_tokens":2}}'
    )
    end = Counting(COMPACTS, BODY, "/v1/responses/compact").skim(JSON, body)
    assert isinstance(end, Finished)
    assert end.usage == Usage(9, output_tokens=2)


@pytest.mark.parametrize("counts", [COUNTS, COMPACTS])
@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"output":3}', b'{"input_tokens":"x"}', b"{"])
def test_what_is_no_answer(counts, body: bytes):
    decoder = Counting(counts, BODY, counts.paths[0]).decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    assert isinstance(items[-1].events[-1], Failed)
    with pytest.raises((msgspec.MsgspecError, KeyError)):
        counts.total(body)
