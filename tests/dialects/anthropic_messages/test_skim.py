"""Skimming: the commonest answers only, and what it says is what the decoder says."""

import pytest
from tests.dialects.anthropic_messages.talk import body, decoded

from understudy.chat.events import Finished
from understudy.dialects.anthropic_messages.skim import skim

TEXT = [{"type": "text", "text": "x"}]
USAGE = {
    "input_tokens": 3,
    "output_tokens": 5,
    "cache_read_input_tokens": 2,
    "cache_creation_input_tokens": 4,
    "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 3},
}
THOUGHT = {**USAGE, "output_tokens_details": {"thinking_tokens": 3}}


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens"])
@pytest.mark.parametrize("usage", [{"input_tokens": 3, "output_tokens": 5}, USAGE, THOUGHT])
def test_a_plain_answer_ends_as_the_decoder_says(reason, usage):
    data = body(TEXT, reason, usage=usage)
    last = decoded(data, stream=False)[-1]
    assert isinstance(last, Finished)
    assert skim(data) == last


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        body([]),
        body([{"type": "text", "text": ""}]),
        body([{"type": "tool_use", "id": "t", "name": "f", "input": {}}]),
        body(TEXT, "tool_use"),
        body(TEXT, None),
        body(TEXT, usage=None),
        body(TEXT, error={"type": "api_error"}),
        body(TEXT, usage={**USAGE, "iterations": []}),
        body(TEXT)[:-4],
        b"[" * 100_000,
        body(TEXT).replace(b'"x"', b'"\xff"'),
    ],
)
def test_what_is_not_plain_is_left_to_the_decoder(data):
    assert skim(data) is None
