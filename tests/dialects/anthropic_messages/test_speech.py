"""What stream and body have in common."""

import json

import pytest
from tests.dialects.anthropic_messages.talk import OWN, raw

from understudy.chat.events import PartKind, PartStarted, Started
from understudy.chat.usage import Usage
from understudy.dialects.anthropic_messages import speech


def test_an_answer_without_a_name_gets_what_was_asked_for():
    message = speech.message(Started("", ""), "asked")
    assert (message["id"], message["model"]) == ("msg_0", "asked")
    assert speech.message(Started("chatcmpl-1", "gpt"), "asked")["id"] == "chatcmpl-1"


def test_fields_are_ours_or_foreign():
    fields = {f"{OWN}a": raw(1), f"{OWN}usage": raw({"b": 2}), "other.c": raw(3)}
    assert speech.own_fields(fields) == {"a": raw(1)}
    assert [loss.path for loss in speech.foreign(fields, "started")] == ["started.other.c"]
    assert json.loads(bytes(speech.usage(Usage(), None, fields)))["b"] == 2


def test_usage_that_cannot_be_said_is_a_loss():
    assert [loss.token for loss in speech.usage_losses(None)] == ["~usage"]
    counted = Usage(audio_input_tokens=1, audio_output_tokens=2)
    assert [loss.token for loss in speech.usage_losses(counted)] == [
        "usage.audio_input_tokens",
        "usage.audio_output_tokens",
    ]
    assert speech.usage_losses(Usage(input_tokens=1)) == []


@pytest.mark.parametrize(
    ("producer", "reads"),
    [(None, True), ("anthropic", True), ("anthropic-claude-v1", True), ("openai", False)],
)
def test_signatures_are_for_who_made_them(producer, reads):
    assert speech.reads_back(PartStarted(0, PartKind.REASONING, producer=producer)) is reads


def test_deltas_stay_in_order():
    fields = {f"{OWN}delta.{number}": raw(number) for number in (10, 2, 0)}
    assert [json.loads(bytes(each)) for each in speech.deltas(fields)] == [0, 2, 10]
    assert speech.beside({**fields, f"{OWN}caller": raw(1)}) == {"caller": raw(1)}
