"""What one line after another makes of an answer."""

import pytest
from tests.dialects.ollama_chat.talk import AT, end, events, line, text

from understudy.chat.events import Finished, PartKind, PartStarted, StopReason
from understudy.chat.response import fold
from understudy.chat.usage import Usage
from understudy.dialects.ollama_chat.ids import answered_id


def finished(data: bytes) -> Finished:
    last = events(data)[-1]
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("stop", StopReason.END), ("length", StopReason.LENGTH), ("unload", StopReason.OTHER)],
)
def test_why_it_ended(reason: str, stop: StopReason) -> None:
    found = finished(text("a") + end(done_reason=reason))
    assert (found.stop, found.native) == (stop, reason)


def test_an_answer_that_calls_tools_ended_for_them() -> None:
    call = {"function": {"name": "f", "arguments": {}}}
    found = finished(line({"content": "", "tool_calls": [call]}) + end())
    assert (found.stop, found.native) == (StopReason.TOOL_CALLS, None)


def test_older_versions_give_no_reason() -> None:
    found = finished(text("a") + line({"content": ""}, done=True))
    assert (found.stop, found.native, found.usage) == (StopReason.END, None, None)


def test_a_prompt_that_was_cached_is_not_counted() -> None:
    assert finished(text("a") + end(prompt_eval_count=None)).usage == Usage(output_tokens=282)


def test_what_was_read_from_the_cache_is_part_of_the_prompt() -> None:
    counted = finished(text("a") + end(prompt_eval_cached_count=20)).usage
    assert counted == Usage(6, 20, output_tokens=282)
    found = finished(text("a") + end(prompt_eval_cached_count=0))
    assert (found.usage, list(found.fields or {})) == (
        Usage(26, output_tokens=282),
        ["ollama_chat.total_duration"],
    )


def test_calls_have_the_ids_they_are_given_or_their_place() -> None:
    function = {"name": "f", "arguments": {"a": 1}}
    calls = [{"id": "call_x", "function": function}, {"function": function}]
    said = events(line({"content": "", "tool_calls": calls}) + end())
    starts = [event for event in said if isinstance(event, PartStarted)]
    assert [start.id for start in starts] == ["call_x", answered_id(AT, 1)]


def test_unknown_fields_are_kept_for_this_dialect() -> None:
    response = fold(events(text("a") + line({"content": "", "mood": "blue"}) + end(odd=[1])))
    kept = {name: bytes(raw) for name, raw in (response.pieces[0].fields or {}).items()}
    assert kept == {"ollama_chat.mood": b'"blue"'}
    assert {name: bytes(raw) for name, raw in (response.finished.fields or {}).items()} == {
        "ollama_chat.total_duration": b"4883583458",
        "ollama_chat.odd": b"[1]",
    }


def test_thoughts_and_text_that_alternate_are_parts_of_their_own() -> None:
    think = line({"content": "", "thinking": "x"})
    response = fold(events(think + text("a") + think + text("b") + end()))
    kinds = [piece.start.kind for piece in response.pieces]
    assert kinds == [PartKind.REASONING, PartKind.TEXT] * 2
