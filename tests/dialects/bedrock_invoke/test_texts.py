"""Prompts and their continuation, as one lab has them."""

import json

import pytest
from tests.dialects.bedrock_invoke.bodies import (
    CALL,
    DIALECT,
    heard,
    request,
    streamed,
    texts,
    whole,
)

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.bedrock_invoke.chunks import chunk
from understudy.dialects.catalog import DIALECTS

ASKED = {"prompt": "hi", "max_gen_len": 9, "temperature": 0.5, "top_p": 0.9}


def test_a_prompt_is_what_the_user_says() -> None:
    asked = request(ASKED)
    assert texts(asked.messages) == [("user", "hi")]
    assert (asked.max_output_tokens, asked.sampling.temperature) == (9, 0.5)
    assert asked.wants_usage
    with pytest.raises(InvalidRequest, match="prompt"):
        DIALECT.glance(b'{"prompt":3,"max_gen_len":9}', "/model/m/invoke")


def test_what_no_other_api_has_is_a_loss() -> None:
    asked = request({**ASKED, "images": ["aGk="]})
    endpoint = Endpoint("openai_chat", "m", "/v1/chat/completions", "openai")
    losses = DIALECTS["openai_chat"].build_request(asked, endpoint)[1]
    assert [loss.path for loss in losses] == ["extensions.bedrock_invoke.llama.images"]


def test_a_call_has_no_place_in_a_text() -> None:
    encoder = DIALECT.encoder(request(ASKED))
    body = b"".join(encoder.send(event) for event in CALL)
    assert json.loads(body)["generation"] == ""
    assert [loss.path for loss in encoder.losses] == ["parts[0]", "stop"]


def test_counts_of_the_envelope_go_before_those_of_the_lab() -> None:
    metrics = {"inputTokenCount": 7, "outputTokenCount": 8}
    said = {"outputs": [{"text": "hi", "stop_reason": "length"}]}
    event = {**said, "amazon-bedrock-invocationMetrics": metrics}
    end = heard(chunk(json.dumps(event).encode()))[-1]
    assert isinstance(end, Finished)
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens) == (7, 8)


def test_a_stream_that_ends_early_is_none() -> None:
    event = {"generation": "hi", "prompt_token_count": 1, "stop_reason": None}
    assert isinstance(heard(chunk(json.dumps(event).encode()))[-1], Failed)
    other = chunk(b'{"else":1}')
    assert isinstance(heard(chunk(json.dumps(event).encode()) + other)[-1], Failed)


def test_an_answer_goes_on_after_the_prompt() -> None:
    assert whole(request(ASKED))["generation"] == "hi there"
    assert [each["generation"] for each in streamed(request(ASKED, stream=True))] == [
        "hi ",
        "there",
        "",
    ]
