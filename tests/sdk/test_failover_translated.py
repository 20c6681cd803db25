"""A provider of another dialect fails: the client has the whole answer, or knows it has not."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from tests.sdk.setting import earn, expected_chat, user
from tests.sdk.translated import LATE, STATIONS, Case, cases, config
from tests.system.processes import gateway, simulators

CASES = cases()
AT_ONCE = 24
SCHEMA: Any = {
    "type": "object",
    "properties": {
        "cities": {"type": "array", "items": {"type": "string"}, "minItems": 5, "maxItems": 5}
    },
    "required": ["cities"],
    "additionalProperties": False,
}
CITIES = ("first", "second", "third", "fourth", "fifth")
FORM: Any = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in CITIES},
    "required": list(CITIES),
    "additionalProperties": False,
}
"""Every vendor enforces it; not all know how many items there are to be."""

CHAT_MORE: dict[str, Any] = {
    "text": {},
    "call": {"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]},
    "json": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "f", "schema": FORM, "strict": True},
        }
    },
}
MESSAGES_MORE: dict[str, Any] = {
    "text": {},
    "call": {"tools": [{"name": "f", "input_schema": SCHEMA}]},
}


class Outcome(NamedTuple):
    """What the client ended up with: `finish` is None unless it was told that this is the end."""

    text: str
    finish: str | None
    error: Exception | None
    attempts: int
    target: str


def prompt(case: Case) -> Any:
    call = " [tool=f]" if case.said == "call" else ""
    return user(f"failover {case.number} [tokens=40] [rate=400]{call}")


async def ask_chat(client: openai.AsyncOpenAI, case: Case, model: str, *, stream: bool) -> Outcome:
    text, finish, error, headers = "", None, None, {}
    try:
        raw: Any = await client.chat.completions.with_raw_response.create(
            model=model, messages=prompt(case), stream=stream, **CHAT_MORE[case.said]
        )
        headers = raw.headers
        if stream:
            async for chunk in raw.parse():
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    text += "".join(c.function.arguments for c in choice.delta.tool_calls or ())
                    finish = choice.finish_reason or finish
        else:
            (choice,) = raw.parse().choices
            calls = choice.message.tool_calls or ()
            text = choice.message.content or "".join(call.function.arguments for call in calls)
            finish = choice.finish_reason
    except openai.OpenAIError as caught:
        error = caught
    return _outcome(text, finish, error, headers)


async def ask_messages(
    client: anthropic.AsyncAnthropic, case: Case, model: str, *, stream: bool
) -> Outcome:
    text, finish, error, headers = "", None, None, {}
    more: Any = {"max_tokens": 1000, **MESSAGES_MORE[case.said]}
    try:
        raw: Any = await client.messages.with_raw_response.create(
            model=model, messages=prompt(case), stream=stream, **more
        )
        headers = raw.headers
        if stream:
            async for event in await raw.parse():
                if event.type == "content_block_delta":
                    text += getattr(event.delta, "text", "")
                    text += getattr(event.delta, "partial_json", "")
                elif event.type == "message_delta":
                    finish = event.delta.stop_reason
        else:
            said = await raw.parse()
            finish = said.stop_reason
            text = "".join(
                block.text if block.type == "text" else json.dumps(block.input)
                for block in said.content
            )
    except anthropic.AnthropicError as caught:
        error = caught
    return _outcome(text, finish, error, headers)


def _outcome(text: str, finish: str | None, error: Exception | None, headers: Any) -> Outcome:
    attempts = int(headers.get("x-understudy-attempts", 0))
    return Outcome(text, finish, error, attempts, headers.get("x-understudy-target", ""))


async def ask_all(url: str) -> dict[Case, tuple[Outcome, str]]:
    """What came of every case, and what a good provider says to the same."""
    gate = asyncio.Semaphore(AT_ONCE)
    options: Any = {"api_key": "none", "max_retries": 0, "timeout": 15}
    async with (
        openai.AsyncOpenAI(base_url=f"{url}/v1", **options) as chat,
        anthropic.AsyncAnthropic(base_url=url, **options) as messages,
    ):

        async def ask(case: Case) -> tuple[Outcome, str]:
            async with gate:
                if case.client == "messages":
                    outcome = await ask_messages(messages, case, case.name, stream=case.stream)
                else:
                    outcome = await ask_chat(chat, case, case.name, stream=case.stream)
                if case.said == "text":
                    return outcome, expected_chat(prompt(case))
                return outcome, (await ask_chat(chat, case, "good", stream=False)).text

        return dict(zip(CASES, await asyncio.gather(*map(ask, CASES)), strict=True))


@pytest.fixture(scope="module")
def outcomes(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[Case, tuple[Outcome, str]]]:
    """Every case, asked once; they run side by side, since many of them are about waiting."""
    folder = tmp_path_factory.mktemp("failover")
    with simulators(folder, *STATIONS) as providers:
        for dialect in ("chat", "messages"):
            providers.kill(f"gone-{dialect}")
            bad = [case for case in CASES if case.station == f"bad-{dialect}"]
            providers.fault(f"bad-{dialect}", " + ".join(case.armed for case in bad))
        text = config(providers.urls, CASES)
        with gateway(folder / "understudy.toml", text, {"PROVIDER_KEY": "k"}) as running:
            earn(running, "good", len(CASES))
            yield asyncio.run(ask_all(running.url))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_the_answer_is_whole_or_its_lack_is_told(
    outcomes: dict[Case, tuple[Outcome, str]], case: Case
) -> None:
    outcome, expected = outcomes[case]
    assert len(expected) > 60
    if case.breaks:
        assert isinstance(outcome.error, openai.APIError | anthropic.APIError), outcome
        assert outcome.finish is None
        assert outcome.text
        assert expected.startswith(outcome.text)
        return
    assert outcome.error is None, outcome
    assert outcome.text == expected
    assert outcome.finish in {"stop", "end_turn", "tool_calls", "tool_use"}
    if case.fault not in LATE and (not case.is_after or case.on_break == "restart"):
        assert outcome.attempts >= 2, "the provider was to fail"
        assert outcome.target in {"chat/m", "messages/m"}
