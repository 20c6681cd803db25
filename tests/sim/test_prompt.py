"""Prompt: the same conversation has the same seed, whoever says it how."""

import json

from tests.sim.hearing import ANTHROPIC, BOTH, OPENAI, asked

from understudy.chat.endpoint import Endpoint
from understudy.sim.prompt import read_prompt

TOOLS = [
    {
        "type": "function",
        "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
    }
]


def read(dialect, body):
    return read_prompt(dialect.parse_request(body))


def translated(body: bytes) -> bytes:
    """An OpenAI request as Anthropic's dialect writes it."""
    endpoint = Endpoint("anthropic_messages", "m", "/v1/messages", "b", max_output_tokens=900)
    request, _ = ANTHROPIC.build_request(OPENAI.parse_request(body), endpoint)
    return request.body


def test_both_dialects_read_the_same_seed():
    assert read(OPENAI, asked("one", "two", "three")) == read(
        ANTHROPIC, asked("one", "two", "three")
    )


def test_translation_keeps_the_seed_with_system_prompts_and_tools():
    body = json.dumps(
        {
            "model": "m",
            "tools": TOOLS,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Look there."},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "look", "arguments": '{"at": [1, "é"]}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "nothing there"},
            ],
        }
    ).encode()
    before, after = read(OPENAI, body), read(ANTHROPIC, translated(body))
    assert before.seed == after.seed
    assert before.is_after_tool
    assert after.is_after_tool


def test_an_assistants_last_words_are_a_prefill_and_no_part_of_the_seed():
    for dialect in BOTH:
        plain, begun = read(dialect, asked("one")), read(dialect, asked("one", "Sun, the"))
        assert begun.seed == plain.seed
        assert (plain.prefill, begun.prefill) == (None, "Sun, the")


def test_what_is_asked_changes_the_seed():
    assert read(OPENAI, asked("one")).seed != read(OPENAI, asked("two")).seed
    assert read(OPENAI, asked("a", "b", "c")).seed != read(OPENAI, asked("a", "x", "c")).seed


def test_directives_are_those_of_the_last_user():
    prompt = read(
        OPENAI, asked("[tokens=5] [tool=a]", "ok", "go [tokens=7][tool=b] [tool=c] [stamp]")
    )
    assert prompt.directive_number("tokens") == 7
    assert prompt.directive_values("tool") == ("b", "c")
    assert prompt.directive("stamp") == ""
    assert prompt.directive("rate") is None


def test_a_directive_that_is_no_number_is_none():
    for said in ("[tokens=many]", "[tokens=-1]", "[tokens=nan]", "[tokens=inf]", "[tokens=1e99]"):
        assert read(OPENAI, asked(said)).directive_number("tokens") is None
