"""What one chunk after another makes of an answer."""

import json

import pytest
from tests.dialects.gemini_generate.talk import chunk, end, said, text

from understudy.chat.events import Failed, Finished, Started, StopReason
from understudy.chat.usage import Usage

BLOCKED = {
    "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
    "usageMetadata": {"promptTokenCount": 4},
    "modelVersion": "m",
}


def last(*chunks: dict) -> Finished:
    found = said(*chunks)[-1]
    assert isinstance(found, Finished)
    return found


def test_who_answered_and_when() -> None:
    started = said(text("a"), end(createTime="2026-08-07T06:08:46.460387Z"))[0]
    assert started == Started("r1", "gemini-2.5-flash")
    started = said(end(createTime="2026-08-07T06:08:46.460387Z"))[0]
    assert isinstance(started, Started)
    assert started.created == 1786082926


def test_usage_is_the_last_that_was_said() -> None:
    early = chunk({"text": "a"}, usageMetadata={"promptTokenCount": 7, "trafficType": "X"})
    found = last(early, end())
    assert found.usage == Usage(input_tokens=7, output_tokens=9)
    whole = chunk(usageMetadata={"promptTokenCount": 8, "totalTokenCount": 8})
    tier = chunk({"text": "a"}, reason="STOP", usageMetadata={"trafficType": "X"})
    assert last(end(), whole, tier).usage == Usage(input_tokens=8)
    assert (found.stop, found.native) == (StopReason.END, "STOP")
    assert last(text("a"), chunk(reason="STOP")).usage is None


def test_a_blocked_prompt_is_an_answer_of_that_kind() -> None:
    found = last(BLOCKED)
    assert (found.stop, found.native) == (StopReason.CONTENT_FILTER, "PROHIBITED_CONTENT")
    assert found.usage == Usage(input_tokens=4)
    raw = (found.fields or {})["gemini_generate.promptFeedback"]
    assert json.loads(bytes(raw)) == BLOCKED["promptFeedback"]


@pytest.mark.parametrize("reason", ["SAFETY", "MAX_TOKENS", "RECITATION"])
def test_some_ends_need_no_words(reason: str) -> None:
    assert last(chunk(reason=reason)).native == reason


def test_an_end_without_words_is_a_failure_of_the_model() -> None:
    (_, failed) = said(chunk(reason="STOP"))
    assert isinstance(failed, Failed)
    assert failed.signal.flag == "stop_without_parts"
    broken = chunk(reason="MALFORMED_FUNCTION_CALL")
    broken["candidates"][0]["finishMessage"] = "no such function"
    (_, failed) = said(broken)
    assert isinstance(failed, Failed)
    assert failed.signal.finish == "MALFORMED_FUNCTION_CALL"
    assert failed.signal.message == "no such function"
    assert last(text("a"), broken).stop is StopReason.OTHER


def test_several_answers_end_each_in_its_own_way() -> None:
    two = text("a")
    two["candidates"].append({**chunk({"text": "b"}, reason="MAX_TOKENS")["candidates"][0],
                              "index": 1})  # fmt: skip
    found = last(two, end())
    (other,) = found.choices
    assert (found.stop, other.choice, other.stop) == (StopReason.END, 1, StopReason.LENGTH)


def test_an_answer_lasts_until_all_candidates_have_ended() -> None:
    two = end()
    two["candidates"].append({"content": {"parts": [{"text": "b"}]}, "index": 1})
    found = said(text("a"), two)[-1]
    assert isinstance(found, Failed)
    assert found.signal.flag == "eof_without_terminator"
