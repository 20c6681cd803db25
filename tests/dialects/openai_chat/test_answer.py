import msgspec
import pytest

from understudy.chat.events import Failed, Finished, Started
from understudy.chat.failure import Surface
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.answer import Answer
from understudy.dialects.openai_chat.schema import decode_raws, encode

TEXT = {"index": 0, "delta": {"content": "x"}}
END = {"index": 0, "delta": {}, "finish_reason": "stop"}


def receive(answer: Answer, **chunk) -> list:
    return answer.receive(decode_raws(encode(chunk)), whole=False)


def test_nothing_said_is_no_end():
    assert not Answer(Surface.STREAM).is_ended


def test_an_answer_ends_when_all_its_choices_did():
    answer = Answer(Surface.STREAM)
    ended = []
    for choices in ([TEXT, {**TEXT, "index": 1}], [END], [{**END, "index": 1}]):
        receive(answer, choices=choices)
        ended.append(answer.is_ended)
    assert ended == [False, False, True]
    assert isinstance(answer.finish()[-1], Finished)


def test_a_usage_that_counts_nothing_is_no_usage():
    answer = Answer(Surface.STREAM)
    receive(answer, choices=[TEXT, END], usage={"odd": 1})
    assert answer.usage is None


def test_choices_without_an_index_stand_in_their_order():
    answer = Answer(Surface.STREAM)
    receive(answer, choices=[{"delta": {"content": "a"}}, {"delta": {"content": "b"}}])
    assert sorted(answer.choices) == [0, 1]


def test_fields_said_first_and_later_are_told_apart():
    answer = Answer(Surface.STREAM)
    receive(answer, early=1, choices=[])
    first = receive(answer, same=1, obfuscation="xx", choices=[TEXT])[0]
    assert isinstance(first, Started)
    assert (first.fields or {}).keys() == {"openai_chat.early", "openai_chat.same"}
    receive(answer, same=1, early=2, late=[], later=3, choices=[END])
    finished = answer.finish()[-1]
    assert isinstance(finished, Finished)
    fields = {name: bytes(raw) for name, raw in (finished.fields or {}).items()}
    assert fields == {"openai_chat.early": b"2", "openai_chat.later": b"3"}


def test_the_last_usage_counts():
    answer = Answer(Surface.STREAM)
    receive(answer, choices=[TEXT], usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": 1})
    receive(answer, choices=[END], usage={"prompt_tokens": 1, "completion_tokens": 9})
    finished = answer.finish()[-1]
    assert isinstance(finished, Finished)
    assert finished.usage == Usage(1, output_tokens=9)
    assert finished.fields is None


@pytest.mark.parametrize("chunk", [{"choices": 5}, {"choices": [5]}, {"choices": [{"delta": 5}]}])
def test_what_is_no_chunk_is_refused(chunk):
    with pytest.raises(msgspec.MsgspecError):
        receive(Answer(Surface.STREAM), **chunk)


def test_an_answer_may_end_as_a_failure():
    answer = Answer(Surface.STREAM)
    receive(answer, choices=[{**END, "finish_reason": "error"}])
    last = answer.finish()[-1]
    assert isinstance(last, Failed)
    assert (last.signal.surface, last.signal.finish) == (Surface.STREAM, "error")
