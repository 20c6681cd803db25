import msgspec

from understudy.chat.events import ChoiceEnd, Finished, PartKind, PartStarted, Started, StopReason
from understudy.chat.parts import Citation
from understudy.dialects.openai_chat import speech

RAW = msgspec.Raw(b"1")
FIELDS = {
    "openai_chat.a": RAW,
    "openai_chat.usage": RAW,
    "openai_chat.choices[0].b": RAW,
    "openai_chat.choices[0].message.c": RAW,
    "openai_chat.choices[10].d": RAW,
    "other.e": RAW,
}


def test_fields_find_their_places():
    assert speech.beside(FIELDS) == {"a": RAW}
    assert speech.at_choice(FIELDS, 0) == ({"b": RAW}, {"c": RAW})
    assert speech.at_choice(FIELDS, 1) == ({}, {})
    assert speech.at_choice(None, 0) == ({}, {})
    assert [loss.path for loss in speech.foreign(FIELDS, "at")] == ["at.other.e"]


def test_each_answer_has_its_own_end():
    finished = Finished(
        StopReason.TOOL_CALLS, native="x", choices=(ChoiceEnd(1, StopReason.END, "eos"),)
    )
    assert speech.finish_word(finished, 0, legacy=False) == "tool_calls"
    assert speech.finish_word(finished, 0, legacy=True) == "function_call"
    assert speech.finish_word(finished, 1, legacy=False) == "stop"


def test_only_inexact_reasons_are_losses():
    assert speech.finish_losses(Finished(StopReason.END, native="end_turn")) == []
    (loss,) = speech.finish_losses(Finished(StopReason.PAUSE))
    assert loss.token == "~stop"


def test_citations_need_a_url_or_our_own_word():
    assert speech.annotation(Citation(title="t")) is None
    assert speech.annotation(Citation(dialect="other", raw=RAW)) is None
    assert speech.annotation(Citation(dialect="openai_chat", raw=RAW)) == RAW


def test_thoughts_have_a_field():
    assert speech.reasoning_field(PartStarted(0, PartKind.REASONING)) == "reasoning_content"
    for field in ("reasoning", "reasoning_content"):
        assert speech.reasoning_field(PartStarted(0, PartKind.REASONING, field=field)) == field


def test_unsigned_thoughts_need_no_details():
    assert speech.reasoning_details(PartStarted(0, PartKind.REASONING), "hm", None, None) == []


def test_pictures_have_no_word():
    assert not speech.is_sayable(PartStarted(0, PartKind.IMAGE))
    assert not speech.is_sayable(PartStarted(0, PartKind.OPAQUE, dialect="other", raw=RAW))
    assert speech.is_sayable(PartStarted(0, PartKind.OPAQUE, dialect="openai_chat", raw=RAW))


def test_a_start_without_names_gets_some():
    assert speech.identity(Started("", ""), "m", "kind") == {
        "id": "chatcmpl-0",
        "object": "kind",
        "created": 0,
        "model": "m",
    }


def test_a_call_without_an_id_gets_one():
    assert speech.tool_call(PartStarted(3, PartKind.TOOL_CALL, name="f"), "{}")["id"] == "call_3"
