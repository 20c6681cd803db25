"""Stop reasons."""

import pytest

from understudy.chat.events import Finished, StopReason
from understudy.dialects.anthropic_messages.stop import read_stop, stop_losses, write_stop

WORDS = {
    "end_turn": StopReason.END,
    "max_tokens": StopReason.LENGTH,
    "model_context_window_exceeded": StopReason.LENGTH,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "tool_use": StopReason.TOOL_CALLS,
    "pause_turn": StopReason.PAUSE,
    "refusal": StopReason.REFUSAL,
    "word_of_the_future": StopReason.OTHER,
}


@pytest.mark.parametrize(("word", "stop"), WORDS.items())
def test_every_word_has_a_meaning(word, stop):
    assert read_stop(word) is stop
    if stop is not StopReason.OTHER:
        assert write_stop(Finished(stop, native=word)) == word


@pytest.mark.parametrize("stop", StopReason)
def test_every_meaning_has_a_word(stop):
    word = write_stop(Finished(stop, native="other_word"))
    inexact = {StopReason.CONTENT_FILTER, StopReason.OTHER}
    assert read_stop(word) is stop or stop in inexact
    assert bool(stop_losses(Finished(stop))) is (stop in inexact)
