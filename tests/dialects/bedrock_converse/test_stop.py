"""Stop reasons, exact both ways."""

import pytest

from understudy.chat.events import Finished, StopReason
from understudy.dialects.bedrock_converse.stop import read_stop, stop_losses, write_stop

WORDS = {
    "end_turn": StopReason.END,
    "tool_use": StopReason.TOOL_CALLS,
    "max_tokens": StopReason.LENGTH,
    "model_context_window_exceeded": StopReason.LENGTH,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "guardrail_intervened": StopReason.CONTENT_FILTER,
    "content_filtered": StopReason.CONTENT_FILTER,
    "malformed_model_output": StopReason.OTHER,
    "malformed_tool_use": StopReason.OTHER,
}


@pytest.mark.parametrize(("word", "stop"), WORDS.items())
def test_every_word_is_read_and_written_again(word: str, stop: StopReason) -> None:
    assert read_stop(word) is stop
    finished = Finished(stop, native=word)
    assert write_stop(finished) == word
    assert stop_losses(finished) == []


@pytest.mark.parametrize("stop", StopReason)
def test_every_reason_has_a_word_and_says_where_it_is_not_the_same(stop: StopReason) -> None:
    finished = Finished(stop, native="elsewhere")
    assert write_stop(finished) in WORDS
    is_same = read_stop(write_stop(finished)) is stop
    assert is_same == (not stop_losses(finished))


def test_a_word_of_the_future_is_another_reason() -> None:
    assert read_stop("model_went_home") is StopReason.OTHER
