"""Applications: both SDKs hear what is expected of every kind of conversation."""

import asyncio

import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")

from understudy.cli.demo_apps import AnthropicApplication, OpenAIApplication, called, expected
from understudy.cli.demo_world import TOKENS
from understudy.dialects.catalog import DIALECTS
from understudy.shell.simulator import Simulator
from understudy.sim.provider import Provider

PROMPT = {"stream": "hello", "whole": "hello", "tool": "weather? [tool=weather]"}


@pytest.mark.parametrize("kind", ["stream", "whole", "tool"])
@pytest.mark.parametrize(
    ("application", "dialect"),
    [(OpenAIApplication, "openai_chat"), (AnthropicApplication, "anthropic_messages")],
)
def test_an_application_hears_what_is_expected(application, dialect, kind):
    async def scene() -> str:
        provider = Provider("a", dialect, tokens=TOKENS)
        async with Simulator([provider], DIALECTS) as sim:
            talks = application(sim.url("a"), "sim")
            heard: list[str] = []
            await getattr(talks, kind)(PROMPT[kind], heard.append)
            await talks.close()
            return "".join(heard)

    assert asyncio.run(scene()) == expected(kind, PROMPT[kind])


def test_a_tool_call_reads_the_same_however_it_is_spaced():
    assert called("f", '{"b":1, "a": 2}') == called("f", '{ "a":2,"b":1 }') == 'f {"a": 2, "b": 1} '


def test_a_tool_talk_expects_the_call_and_the_answer_to_its_result():
    said = expected("tool", PROMPT["tool"])
    assert said.startswith('weather {"city": ')
    assert len(said.split("} ")[1].split()) == TOKENS
