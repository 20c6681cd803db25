"""The demo's applications: ordinary code on the official SDKs, which knows of no gateway."""

import json
from collections.abc import Callable
from typing import Protocol

from anthropic import AsyncAnthropic
from anthropic.types import MessageParam, ToolParam, ToolResultBlockParam
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from understudy.chat.events import PartKind
from understudy.chat.response import fold
from understudy.cli.demo_world import TOKENS
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import Draft, Incoming, Provider, respond

TIMEOUT = 20.0
RETRIES = 2
"""What both SDKs do by themselves where nobody says otherwise."""

TOOL = "weather"
TOOL_RESULT = "12 degrees, dry"
_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "day": {"enum": ["today", "tomorrow"]}},
    "required": ["city", "day"],
}
_OPENAI_TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": TOOL, "parameters": _SCHEMA},
}
_ANTHROPIC_TOOL: ToolParam = {"name": TOOL, "input_schema": _SCHEMA}

Hear = Callable[[str], None]


class Application(Protocol):
    """Each method hands everything that it hears, in order, to `hear`."""

    async def stream(self, prompt: str, hear: Hear) -> None: ...

    async def whole(self, prompt: str, hear: Hear) -> None: ...

    async def tool(self, prompt: str, hear: Hear) -> None:
        """Let a tool be called, answer it, and hear the answer."""
        ...

    async def close(self) -> None: ...


class OpenAIApplication:
    """Talks with the `openai` package."""

    def __init__(self, base_url: str, model: str, retries: int = RETRIES) -> None:
        self._client = AsyncOpenAI(
            base_url=f"{base_url}/v1", api_key="demo", timeout=TIMEOUT, max_retries=retries
        )
        self._model = model

    async def stream(self, prompt: str, hear: Hear) -> None:
        chunks = await self._client.chat.completions.create(
            model=self._model, messages=[{"role": "user", "content": prompt}], stream=True
        )
        async for chunk in chunks:
            for choice in chunk.choices:
                hear(choice.delta.content or "")

    async def whole(self, prompt: str, hear: Hear) -> None:
        answer = await self._client.chat.completions.create(
            model=self._model, messages=[{"role": "user", "content": prompt}]
        )
        hear(answer.choices[0].message.content or "")

    async def tool(self, prompt: str, hear: Hear) -> None:
        messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": prompt}]
        answer = await self._client.chat.completions.create(
            model=self._model, messages=messages, tools=[_OPENAI_TOOL]
        )
        for call in answer.choices[0].message.tool_calls or ():
            assert call.type == "function"
            hear(called(call.function.name, call.function.arguments))
            messages.append(
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": call.id,
                            "type": "function",
                            "function": {
                                "name": call.function.name,
                                "arguments": call.function.arguments,
                            },
                        }
                    ],
                }
            )
            messages.append({"role": "tool", "tool_call_id": call.id, "content": TOOL_RESULT})
        final = await self._client.chat.completions.create(
            model=self._model, messages=messages, tools=[_OPENAI_TOOL]
        )
        hear(final.choices[0].message.content or "")

    async def close(self) -> None:
        await self._client.close()


class AnthropicApplication:
    """Talks with the `anthropic` package."""

    def __init__(self, base_url: str, model: str, retries: int = RETRIES) -> None:
        self._client = AsyncAnthropic(
            base_url=base_url, api_key="demo", timeout=TIMEOUT, max_retries=retries
        )
        self._model = model

    async def stream(self, prompt: str, hear: Hear) -> None:
        async with self._client.messages.stream(
            model=self._model, max_tokens=1000, messages=[{"role": "user", "content": prompt}]
        ) as events:
            async for text in events.text_stream:
                hear(text)
            await events.get_final_message()

    async def whole(self, prompt: str, hear: Hear) -> None:
        answer = await self._client.messages.create(
            model=self._model, max_tokens=1000, messages=[{"role": "user", "content": prompt}]
        )
        hear("".join(block.text for block in answer.content if block.type == "text"))

    async def tool(self, prompt: str, hear: Hear) -> None:
        messages: list[MessageParam] = [{"role": "user", "content": prompt}]
        answer = await self._client.messages.create(
            model=self._model, max_tokens=1000, messages=messages, tools=[_ANTHROPIC_TOOL]
        )
        for block in answer.content:
            if block.type == "tool_use":
                hear(called(block.name, json.dumps(block.input)))
                messages.append(
                    {
                        "role": "assistant",
                        "content": [
                            {
                                "type": "tool_use",
                                "id": block.id,
                                "name": block.name,
                                "input": block.input,
                            }
                        ],
                    }
                )
                result: ToolResultBlockParam = {
                    "type": "tool_result",
                    "tool_use_id": block.id,
                    "content": TOOL_RESULT,
                }
                messages.append({"role": "user", "content": [result]})
        final = await self._client.messages.create(
            model=self._model, max_tokens=1000, messages=messages, tools=[_ANTHROPIC_TOOL]
        )
        hear("".join(block.text for block in final.content if block.type == "text"))

    async def close(self) -> None:
        await self._client.close()


def called(name: str, arguments: str) -> str:
    """A tool call as one text, however its JSON was spaced."""
    return f"{name} {json.dumps(json.loads(arguments), sort_keys=True)} "


def expected(kind: str, prompt: str) -> str:
    """What an application must have heard in the end, whoever answered."""
    messages: list[object] = [{"role": "user", "content": prompt}]
    if kind != "tool":
        return _answer(messages)[0]
    _, (name, arguments) = _answer(messages)
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    messages.append({"role": "assistant", "tool_calls": [call]})
    messages.append({"role": "tool", "tool_call_id": "1", "content": TOOL_RESULT})
    return called(name, arguments) + _answer(messages)[0]


def _answer(messages: list[object]) -> tuple[str, tuple[str, str]]:
    """The text, and the tool call, that a provider gives to a conversation."""
    dialect = DIALECTS["openai_chat"]
    body = json.dumps({"model": "sim", "messages": messages, "tools": [_OPENAI_TOOL]}).encode()
    provider = Provider("any", dialect.name, tokens=TOKENS)
    draft = respond(provider, dialect, Incoming("POST", dialect.chat_paths()[0], (), body))
    assert isinstance(draft, Draft)
    response = fold(draft.events)
    calls = [piece for piece in response.pieces if piece.start.kind is PartKind.TOOL_CALL]
    call = (calls[0].start.name or "", calls[0].text) if calls else ("", "")
    return response.text, call
