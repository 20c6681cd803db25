import pytest

from understudy.chat.events import StopReason
from understudy.dialects.openai_responses.status import read_stop, stop_losses, write_stop


@pytest.mark.parametrize(
    ("status", "reason", "calls", "refused", "stop", "native"),
    [
        ("completed", "", False, False, StopReason.END, "completed"),
        ("completed", "", True, False, StopReason.TOOL_CALLS, "completed"),
        ("completed", "", False, True, StopReason.REFUSAL, "completed"),
        ("incomplete", "max_output_tokens", True, False, StopReason.LENGTH, "max_output_tokens"),
        ("incomplete", "content_filter", False, False, StopReason.CONTENT_FILTER, "content_filter"),
        ("incomplete", "steered", False, False, StopReason.OTHER, "steered"),
        ("queued", "", False, False, StopReason.PAUSE, "queued"),
    ],
)
def test_it_is_read_and_said_again(status, reason, calls, refused, stop, native):
    assert read_stop(status, reason, calls=calls, refused=refused) == (stop, native)
    assert write_stop(stop, native, refused=refused) == (status, reason or None)
    assert stop_losses(stop, native, None) == []


def test_a_refusal_without_words_is_a_filter():
    assert write_stop(StopReason.REFUSAL, "refusal", refused=False) == (
        "incomplete",
        "content_filter",
    )


@pytest.mark.parametrize(
    ("stop", "native"),
    [(StopReason.PAUSE, "pause_turn"), (StopReason.OTHER, "x"), (StopReason.STOP_SEQUENCE, None)],
)
def test_what_has_no_word_is_declared(stop, native):
    assert [loss.path for loss in stop_losses(stop, native, "END")] == ["stop", "stop_sequence"]
