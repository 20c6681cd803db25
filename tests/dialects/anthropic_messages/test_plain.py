"""Plain answers: whatever is odd about one, it says what the careful reader says, or nothing."""

import pytest
from tests.dialects.odd import dump, oddities, said
from tests.dialects.recordings import require
from tests.dialects.tongues.all import TONGUES

from understudy.dialects.anthropic_messages.decoder import read_closely
from understudy.dialects.anthropic_messages.plain import read_plain

ANSWER: dict = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [
        {"type": "text", "text": "x", "citations": None},
        {"type": "text", "text": "y"},
    ],
    "stop_reason": "stop_sequence",
    "stop_sequence": "###",
    "container": None,
    "usage": {
        "input_tokens": 3,
        "output_tokens": 5,
        "cache_read_input_tokens": 2,
        "cache_creation_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 3},
        "output_tokens_details": {"thinking_tokens": 3},
        "service_tier": "standard",
        "inference_geo": "global",
    },
}


def test_a_plain_answer_is_read_whole():
    found = said(read_plain(dump(ANSWER)))
    assert found is not None
    assert found == said(read_closely(dump(ANSWER)))


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", "stop_sequence", "tool_use", "x"])
@pytest.mark.parametrize("content", [[], ANSWER["content"]], ids=["nothing", "texts"])
def test_whatever_is_odd_about_it_is_told_or_left_to_the_careful_reader(content, reason):
    count = 0
    for tree in oddities({**ANSWER, "content": content, "stop_reason": reason}):
        found = read_plain(dump(tree))
        assert found is None or said(found) == said(read_closely(dump(tree))), tree
        count += found is not None
    assert bool(count) == (reason in {"end_turn", "max_tokens", "stop_sequence"})


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"[" * 100_000, dump(ANSWER)[:-4], dump(ANSWER).replace(b"x", b"\xff")]
)
def test_what_is_no_answer_is_left_to_the_careful_reader(data):
    assert read_plain(data) is None


@pytest.mark.recordings
def test_recorded_answers_are_read_as_the_careful_reader_does():
    chats = TONGUES["anthropic_messages"].chats
    require(chats, "answers read twice")
    bodies = [each.response for each in chats if each.response]
    plain = {body: found for body in bodies if (found := read_plain(body)) is not None}
    assert plain
    for body, found in plain.items():
        assert said(found) == said(read_closely(body))
