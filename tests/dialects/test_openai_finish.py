import pytest

from understudy.chat.events import StopReason
from understudy.dialects.openai_finish import BROKEN, OWN, read_finish, write_finish


@pytest.mark.parametrize(
    ("native", "stop"),
    [
        ("stop", StopReason.END),
        ("eos", StopReason.END),
        ("", StopReason.END),
        ("end_turn", StopReason.END),
        ("STOP", StopReason.END),
        ("length", StopReason.LENGTH),
        ("MAX_TOKENS", StopReason.LENGTH),
        ("model_length", StopReason.LENGTH),
        ("tool_calls", StopReason.TOOL_CALLS),
        ("function_call", StopReason.TOOL_CALLS),
        ("content_filter", StopReason.CONTENT_FILTER),
        ("whatever", StopReason.OTHER),
    ],
)
def test_every_spelling_is_read(native, stop):
    assert read_finish(native) is stop


@pytest.mark.parametrize("stop", list(StopReason))
@pytest.mark.parametrize("native", [None, "end_turn", "tool_use", "eos", *sorted(OWN)])
def test_clients_only_hear_words_they_know(stop, native):
    assert write_finish(stop, native) in OWN


@pytest.mark.parametrize("native", sorted(OWN))
def test_own_words_survive(native):
    assert write_finish(read_finish(native), native) == native


@pytest.mark.parametrize(
    ("stop", "native", "word"),
    [
        (StopReason.TOOL_CALLS, "stop", "stop"),
        (StopReason.TOOL_CALLS, "tool_use", "tool_calls"),
        (StopReason.REFUSAL, "stop", "stop"),
        (StopReason.REFUSAL, "refusal", "content_filter"),
        (StopReason.LENGTH, "stop", "length"),
        (StopReason.STOP_SEQUENCE, "stop_sequence", "stop"),
        (StopReason.PAUSE, "pause_turn", "stop"),
    ],
)
def test_other_words_are_translated(stop, native, word):
    assert write_finish(stop, native) == word


def test_a_broken_answer_is_no_end():
    assert not BROKEN & OWN
