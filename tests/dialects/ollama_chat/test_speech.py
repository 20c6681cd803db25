"""What has no word here is said aloud."""

import pytest

from understudy.chat.events import Finished, PartDelta, PartKind, PartStarted, StopReason
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Citation
from understudy.chat.usage import Usage
from understudy.dialects.ollama_chat import speech

THOUGHT = PartStarted(0, PartKind.REASONING)


@pytest.mark.parametrize("kind", [PartKind.TEXT, PartKind.REASONING, PartKind.TOOL_CALL])
def test_the_usual_kinds_are_said(kind: PartKind) -> None:
    assert speech.unsayable(PartStarted(0, kind)) is None


def test_other_kinds_are_changed_or_lost() -> None:
    found = {kind: speech.unsayable(PartStarted(0, kind)) for kind in PartKind}
    changes = {kind: loss.change for kind, loss in found.items() if loss is not None}
    assert changes == {
        PartKind.REFUSAL: Change.CHANGED,
        PartKind.AUDIO: Change.CHANGED,
        PartKind.IMAGE: Change.DROPPED,
        PartKind.OPAQUE: Change.DROPPED,
    }
    assert speech.unsayable(PartStarted(0, PartKind.TEXT, choice=1)) is not None


def test_signatures_and_citations_are_lost() -> None:
    delta = PartDelta(0, "x", signature="s", citation=Citation(title="t"))
    assert [loss.path for loss in speech.delta_losses(THOUGHT, delta)] == [
        "parts[0].signature",
        "parts[0].citations",
    ]


def test_a_reason_without_a_word_is_declared() -> None:
    refused = Finished(StopReason.REFUSAL, native="refusal")
    assert speech.end(refused)["done_reason"] == "stop"
    assert speech.finish_losses(refused) == [
        Loss("stop", "said as stop, was refusal", Change.CHANGED)
    ]
    assert speech.finish_losses(Finished(StopReason.TOOL_CALLS)) == []


def test_shares_of_usage_have_no_word() -> None:
    usage = Usage(1, 2, 3, 4, reasoning_tokens=2)
    ended = Finished(StopReason.END, usage)
    said = speech.end(ended)
    assert (said["prompt_eval_count"], said["prompt_eval_cached_count"]) == (6, 2)
    lost = {loss.path for loss in speech.finish_losses(ended)}
    assert lost == {
        "usage.cache_write_tokens",
        "usage.reasoning_tokens",
    }


def test_arguments_that_are_no_object_are_kept_as_text() -> None:
    losses: list[Loss] = []
    start = PartStarted(0, PartKind.TOOL_CALL, name="f")
    assert speech.call(start, "[1]", 0, losses)["function"] == {
        "index": 0,
        "name": "f",
        "arguments": {"arguments": "[1]"},
    }
    assert [loss.path for loss in losses] == ["parts[0].arguments"]


def test_fields_of_another_dialect_are_lost() -> None:
    fields = {"ollama_chat.a": b"1", "other.b": b"2"}
    assert [loss.path for loss in speech.foreign(fields, "started")] == ["started.other.b"]  # type: ignore[arg-type]
