"""What streams and bodies say alike."""

import pytest

from understudy.chat.events import ChoiceEnd, Finished, PartKind, PartStarted, Started, StopReason
from understudy.chat.loss import Change
from understudy.dialects.openai_completions import speech


@pytest.mark.parametrize("kind", PartKind)
def test_every_kind_of_part_is_said_or_lost(kind: PartKind) -> None:
    lost = speech.unsayable(PartStarted(0, kind))
    if kind is PartKind.TEXT:
        assert lost is None
        return
    assert lost is not None
    is_changed = kind in {PartKind.REFUSAL, PartKind.AUDIO}
    assert lost.change is (Change.CHANGED if is_changed else Change.DROPPED)


def test_every_answer_says_how_it_ended() -> None:
    ends = (ChoiceEnd(1, StopReason.PAUSE, "pause_turn"),)
    finished = Finished(StopReason.LENGTH, stop_sequence="x", choices=ends)
    assert speech.choice(finished, 0, "a") == {
        "index": 0,
        "text": "a",
        "logprobs": None,
        "finish_reason": "length",
        "stop_reason": "x",
    }
    assert speech.choice(finished, 1, "")["finish_reason"] == "stop"
    assert [loss.path for loss in speech.finish_losses(finished)] == ["choices[1].stop"]


def test_who_says_nothing_of_itself_gets_a_name() -> None:
    assert speech.identity(Started("", ""), "m")["model"] == "m"
