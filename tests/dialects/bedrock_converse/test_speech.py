"""What an answer looks like here."""

from understudy.chat.events import ChoiceEnd, Finished, PartDelta, PartKind, PartStarted, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.bedrock_converse import speech
from understudy.dialects.bedrock_converse.schema import NAME, OWN, PRODUCER, Raw


def test_an_end_says_why_and_what_was_told_of_it() -> None:
    finished = Finished(StopReason.STOP_SEQUENCE, Usage(1), stop_sequence="END")
    assert speech.stopped(finished) == {
        "stopReason": "stop_sequence",
        "additionalModelResponseFields": {"stop_sequence": "END"},
    }
    fields = {f"{OWN}metrics": Raw(b'{"latencyMs":7}'), f"{OWN}usage": Raw(b'{"x":1}')}
    measured = speech.measured(Finished(StopReason.END, Usage(1), fields=fields))
    assert bytes(measured["metrics"]) == b'{"latencyMs":7}'  # type: ignore[call-overload]
    assert set(measured) == {"usage", "metrics"}


def test_other_answers_and_fields_of_others_are_lost() -> None:
    ends = (ChoiceEnd(0, StopReason.END), ChoiceEnd(1, StopReason.END))
    finished = Finished(StopReason.END, Usage(1), choices=ends, fields={"other.x": Raw(b"1")})
    assert [loss.path for loss in speech.end_losses(finished)] == ["choices[1]", "finished.other.x"]


def test_thoughts_are_read_back_by_their_producer_only() -> None:
    own = PartStarted(0, PartKind.REASONING, producer=PRODUCER)
    theirs = PartStarted(0, PartKind.REASONING, producer="anthropic")
    assert speech.reads_back(own)
    assert not speech.reads_back(theirs)
    delta = PartDelta(0, "a", signature="s")
    assert speech.thought_losses(own, delta) == []
    assert [loss.path for loss in speech.thought_losses(theirs, delta)] == ["parts[0].signature"]


def test_text_of_a_redacted_thought_is_lost() -> None:
    hidden = PartStarted(0, PartKind.REASONING, producer=PRODUCER, field="redactedContent")
    assert [loss.path for loss in speech.thought_losses(hidden, PartDelta(0, "a"))] == ["parts[0]"]


def test_fields_have_their_places() -> None:
    fields = {f"{OWN}block.type": Raw(b"1"), f"{OWN}x": Raw(b"2"), f"{OWN}delta.0": Raw(b"3")}
    assert set(speech.beside_block(fields)) == {"type"}
    assert set(speech.beside(fields)) == {"x"}
    assert speech.deltas(fields) == [Raw(b"3")]
    assert OWN.startswith(NAME)
