"""What streams and bodies say alike."""

import msgspec
import pytest
from msgspec import Raw

from understudy.chat.events import Finished, PartKind, PartStarted, StopReason
from understudy.chat.loss import Change
from understudy.chat.usage import Usage
from understudy.dialects.cohere_chat import speech


@pytest.mark.parametrize("kind", PartKind)
def test_every_kind_of_part_is_said_or_lost(kind: PartKind) -> None:
    lost = speech.unsayable(PartStarted(0, kind))
    if kind in {PartKind.TEXT, PartKind.REASONING, PartKind.TOOL_CALL}:
        assert lost is None
    elif kind in {PartKind.REFUSAL, PartKind.AUDIO}:
        assert lost is not None
        assert lost.change is Change.CHANGED
    else:
        assert lost is not None
        assert lost.change is Change.DROPPED
    further = speech.unsayable(PartStarted(0, kind, choice=1))
    assert further is not None
    assert further.path == "choices[1]"


def test_an_end_says_its_own_fields_again() -> None:
    fields = {"cohere_chat.usage": Raw(b'{"billed_units":{"input_tokens":1}}'), "x.y": Raw(b"1")}
    finished = Finished(StopReason.END, Usage(output_tokens=2), fields=fields)
    said = speech.end(finished)
    assert said["finish_reason"] == "COMPLETE"
    assert '"billed_units":{"input_tokens":1}' in str(msgspec.json.encode(said["usage"]))
    assert [loss.path for loss in speech.finish_losses(finished)] == ["finished.x.y"]
    assert "usage" not in speech.end(Finished(StopReason.END))


def test_probabilities_are_told_from_other_fields() -> None:
    fields = {"cohere_chat.logprobs": Raw(b'[{"a":1}]'), "cohere_chat.mood": Raw(b"1")}
    assert speech.logprobs_of(fields) == [Raw(b'{"a":1}')]
    assert speech.beside(fields) == {"mood": Raw(b"1")}
