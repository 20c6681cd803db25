"""Whole answers, and what chunks say beside their text."""

import msgspec
from msgspec import Raw
from tests.dialects.openai_completions.talk import DONE, USAGE, body, choice, chunk, dump, events

from understudy.chat.events import StopReason
from understudy.chat.response import fold


def test_a_whole_answer_and_its_own_fields() -> None:
    logprobs = {"tokens": ["a"], "token_logprobs": [-0.1]}
    usage = {**USAGE, "prompt_tokens_details": {"cached_tokens": 2}, "cost": 1}
    said = body(
        choice("a", "stop", logprobs=logprobs, stop_reason="###"),
        choice("b", "length", 1),
        usage=usage,
        system_fingerprint="fp",
    )
    response = fold(events(dump(said), stream=False))
    assert [piece.text for piece in response.pieces] == ["a", "b"]
    assert response.stop is StopReason.STOP_SEQUENCE
    assert response.finished.stop_sequence == "###"
    assert response.started.fields == {"openai_completions.system_fingerprint": Raw(b'"fp"')}
    fields = response.finished.fields
    assert fields is not None
    assert msgspec.json.decode(fields["openai_completions.choices[0].logprobs"]) == logprobs
    assert msgspec.json.decode(fields["openai_completions.usage"]) == {"cost": 1}
    assert response.usage is not None
    assert response.usage.cache_read_tokens == 2


def test_probabilities_of_chunks_are_joined() -> None:
    one, two = ({"tokens": [token], "text_offset": [at]} for at, token in enumerate("ab"))
    response = fold(
        events(chunk(choice("a", logprobs=one)) + chunk(choice("b", "stop", logprobs=two)) + DONE)
    )
    fields = response.finished.fields
    assert fields is not None
    joined = msgspec.json.decode(fields["openai_completions.choices[0].logprobs"])
    assert joined == {"tokens": ["a", "b"], "text_offset": [0, 1]}


def test_a_choice_without_a_number_is_the_one_at_its_place() -> None:
    said = {"choices": [{"text": "a", "finish_reason": "stop"}, {"text": "b"}]}
    said["choices"][1]["finish_reason"] = "eos"
    response = fold(events(dump(said), stream=False))
    assert [piece.start.choice for piece in response.pieces] == [0, 1]
    assert response.ends[0].stop is StopReason.END
    assert response.usage is None
