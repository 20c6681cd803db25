"""Plain answers: whatever is odd about one, it says what the careful reader says, or nothing."""

import pytest
from tests.dialects.odd import dump, oddities, said
from tests.dialects.recordings import require
from tests.dialects.tongues.all import TONGUES

from understudy.chat.failure import Surface
from understudy.dialects.openai_chat.decoder import BodyReader
from understudy.dialects.openai_chat.plain import read_plain

CLOSELY = BodyReader(Surface.SEMANTIC, expects_stream=False).read_closely

ANSWER: dict = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 7,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "x", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 2, "cache_write_tokens": 3},
        "completion_tokens_details": {
            "reasoning_tokens": 2,
            "audio_tokens": 1,
            "accepted_prediction_tokens": 1,
            "rejected_prediction_tokens": 0,
        },
    },
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}


def test_a_plain_answer_is_read_whole():
    found = said(read_plain(dump(ANSWER)))
    assert found is not None
    assert found == said(CLOSELY(dump(ANSWER)))


def test_whatever_is_odd_about_it_is_told_or_left_to_the_careful_reader():
    count = 0
    for tree in oddities(ANSWER):
        found = read_plain(dump(tree))
        assert found is None or said(found) == said(CLOSELY(dump(tree))), tree
        count += found is not None
    assert count > 50


@pytest.mark.parametrize("name", ["tool_calls", "function_call", "audio", "reasoning", "images"])
def test_whatever_else_a_message_says_is_told_or_left_to_the_careful_reader(name):
    choice = ANSWER["choices"][0]
    for tree in oddities({**choice["message"], name: "x"}):
        data = dump({**ANSWER, "choices": [{**choice, "message": tree}]})
        found = read_plain(data)
        assert found is None or said(found) == said(CLOSELY(data)), tree


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"[" * 100_000, dump(ANSWER)[:-4], dump(ANSWER).replace(b"x", b"\xff")]
)
def test_what_is_no_answer_is_left_to_the_careful_reader(data):
    assert read_plain(data) is None


@pytest.mark.recordings
def test_recorded_answers_are_read_as_the_careful_reader_does():
    chats = TONGUES["openai_chat"].chats
    require(chats, "answers read twice")
    bodies = [each.response for each in chats if each.response]
    plain = {body: found for body in bodies if (found := read_plain(body)) is not None}
    assert plain
    for body, found in plain.items():
        assert said(found) == said(CLOSELY(body))
