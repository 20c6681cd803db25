"""Answers: the same for the same conversation, in both dialects, taken up anywhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.hearing import ANTHROPIC, BOTH, OPENAI, asked, heard, signal, steps, whole

from understudy.chat.events import PartDelta, PartKind, StopReason
from understudy.sim.provider import expected_answer

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOLS = {
    OPENAI.name: [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}],
    ANTHROPIC.name: [{"name": "weather", "input_schema": PARAMETERS}],
}


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("stream", [False, True])
def test_every_provider_gives_the_same_answer(dialect, stream):
    answer = whole(dialect, asked("Tell me [tokens=50]", stream=stream, stream_options=None))
    assert answer.text == expected_answer(OPENAI, asked("Tell me [tokens=50]"))
    assert len(answer.text) == 200
    assert answer.stop is StopReason.END


@given(
    st.integers(1, 199), st.sampled_from(BOTH), st.sampled_from(["plain", "wide"]), st.booleans()
)
def test_an_answer_taken_up_anywhere_continues_exactly(cut, dialect, script, stream):
    said = f"Tell me [tokens=50] [words={script}]"
    full = whole(OPENAI, asked(said)).text
    begun = full[:cut].rstrip()
    rest = whole(dialect, asked(said, begun, stream=stream)).text
    assert begun + rest == full


def test_an_answer_taken_up_at_its_end_has_nothing_left_to_say():
    full = whole(OPENAI, asked("Tell me [tokens=9]")).text
    played = steps(OPENAI, asked("Tell me [tokens=9]", full, stream=True))
    assert b'"finish_reason":"stop"' in played[0].data
    seen = signal(OPENAI, asked("Tell me [tokens=9]", full, stream=True), "")
    assert seen is not None
    assert seen.flag == "empty_200"


def test_a_prefill_of_the_callers_own_words_may_stand_before_it():
    full = whole(OPENAI, asked("Tell me [tokens=20]")).text
    assert whole(OPENAI, asked("Tell me [tokens=20]", "Well then: ")).text == full
    assert whole(OPENAI, asked("Tell me [tokens=20]", f"Well then: {full[:30]}")).text == full[30:]


def test_a_limit_that_shrinks_with_what_was_said_still_ends_at_the_same_token():
    full = whole(OPENAI, asked("Tell me [tokens=50]", max_tokens=30))
    assert (len(full.text), full.stop) == (120, StopReason.LENGTH)
    begun = full.text[:48]
    rest = whole(ANTHROPIC, asked("Tell me [tokens=50]", begun, max_tokens=30 - len(begun) // 4))
    assert begun + rest.text == full.text
    assert rest.stop is StopReason.LENGTH


def test_a_stop_sequence_ends_it():
    full = whole(OPENAI, asked("Tell me")).text
    answer = whole(OPENAI, asked("Tell me", stop=[full[40:48]]))
    assert answer.text == full[: full.index(full[40:48])]


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_when_asked_for(dialect, stream):
    body = asked("What weather? [tool=weather]", stream=stream, tools=TOOLS[dialect.name])
    answer = whole(dialect, body)
    assert answer.stop is StopReason.TOOL_CALLS
    (piece,) = [piece for piece in answer.pieces if piece.start.kind is PartKind.TOOL_CALL]
    assert piece.start.name == "weather"
    arguments = json.loads(piece.text)
    assert set(arguments) == {"city", "days"}
    assert arguments == json.loads(_call(OPENAI).text)


def test_tools_are_left_alone_when_nobody_asks():
    assert whole(OPENAI, asked("hello", tools=TOOLS[OPENAI.name])).stop is StopReason.END
    body = asked("[tool=weather]", tools=TOOLS[OPENAI.name], tool_choice="none")
    assert whole(OPENAI, body).stop is StopReason.END


def test_a_required_tool_is_called_unasked():
    body = asked("hello", tools=TOOLS[OPENAI.name], tool_choice="required")
    assert whole(OPENAI, body).stop is StopReason.TOOL_CALLS


def test_json_is_valid_for_the_schema():
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": PARAMETERS}}
    answer = whole(OPENAI, asked("hello", response_format=form, stream=True))
    assert set(json.loads(answer.text)) == {"city", "days"}


@pytest.mark.parametrize("stream", [False, True])
def test_reasoning_comes_first_when_it_is_switched_on(stream):
    answers = [
        whole(OPENAI, asked("hello", reasoning_effort="low", stream=stream)),
        whole(
            ANTHROPIC,
            asked("hello", thinking={"type": "enabled", "budget_tokens": 1024}, stream=stream),
        ),
    ]
    for answer in answers:
        kinds = [piece.start.kind for piece in answer.pieces]
        assert kinds == [PartKind.REASONING, PartKind.TEXT]
    assert answers[0].pieces[0].text == answers[1].pieces[0].text
    assert answers[1].pieces[0].signature
    assert [piece.start.kind for piece in whole(OPENAI, asked("hello")).pieces] == [PartKind.TEXT]


def test_usage_is_what_was_written():
    for dialect in BOTH:
        usage = whole(dialect, asked("Tell me [tokens=50]")).usage
        assert usage is not None
        assert usage.output_tokens == 50
        assert usage.input_tokens == -(-len("Tellme[tokens=50]") // 4)


def test_several_answers_are_different_ones():
    answer = whole(OPENAI, asked("hello", n=3))
    texts = {
        choice: "".join(p.text for p in answer.pieces if p.start.choice == choice)
        for choice in range(3)
    }
    assert len(set(texts.values())) == 3
    assert texts[0] == whole(OPENAI, asked("hello")).text


def test_a_refusal_is_an_answer():
    answer = whole(OPENAI, asked("hello [refuse]"))
    assert answer.pieces[0].start.kind is PartKind.REFUSAL


def test_chunks_hold_several_tokens_on_fixed_borders():
    body = asked("Tell me [tokens=10] [chunk=4]", stream=True)
    events = heard(OPENAI, steps(OPENAI, body), stream=True)
    sizes = [len(event.text) for event in events if isinstance(event, PartDelta)]
    assert sizes == [16, 16, 8]


def _call(dialect):
    body = asked("What weather? [tool=weather]", tools=TOOLS[dialect.name])
    return next(p for p in whole(dialect, body).pieces if p.start.kind is PartKind.TOOL_CALL)
