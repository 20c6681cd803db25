"""The official clients, fed with bytes: what they make of an answer is what an application gets."""

import json
from typing import Any

import anthropic
import httpx2
import msgspec
import openai

from understudy.wire.http import Headers

ASKED: list[Any] = [{"role": "user", "content": "hello"}]


class Heard(msgspec.Struct, frozen=True):
    """What an application reads of an answer. `calls` are (id, name, arguments)."""

    text: str
    thoughts: str
    calls: list[tuple[str, str, Any]]
    stop: str | None
    usage: dict[str, int | None]


class Clients:
    """One client of each dialect; `answer` is what the provider says next."""

    def __init__(self) -> None:
        self._answer = (b"", b"application/json")
        transport = httpx2.MockTransport(self._respond)
        self._anthropic = anthropic.Anthropic(
            api_key="none", max_retries=0, http_client=httpx2.Client(transport=transport)
        )
        self._openai = openai.OpenAI(
            api_key="none", max_retries=0, http_client=httpx2.Client(transport=transport)
        )

    def hear(self, dialect: str, head: Headers, body: bytes, *, stream: bool) -> Heard:
        """Let the official client of `dialect` read an answer."""
        self._answer = (body, dict(head)[b"content-type"])
        if dialect == "openai_chat":
            return self._hear_openai(stream=stream)
        return self._hear_anthropic(stream=stream)

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        body, kind = self._answer
        return httpx2.Response(200, headers={"content-type": kind.decode()}, content=body)

    def _hear_anthropic(self, *, stream: bool) -> Heard:
        messages = self._anthropic.messages
        if stream:
            with messages.stream(model="m", max_tokens=9, messages=ASKED) as heard:
                message: Any = heard.get_final_message()
        else:
            message = messages.create(model="m", max_tokens=9, messages=ASKED)
        blocks = message.content
        return Heard(
            text="".join(block.text for block in blocks if block.type == "text"),
            thoughts="".join(block.thinking for block in blocks if block.type == "thinking"),
            calls=[(each.id, each.name, each.input) for each in blocks if each.type == "tool_use"],
            stop=message.stop_reason,
            usage={
                "input": message.usage.input_tokens,
                "read": message.usage.cache_read_input_tokens,
                "written": message.usage.cache_creation_input_tokens,
                "output": message.usage.output_tokens,
            },
        )

    def _hear_openai(self, *, stream: bool) -> Heard:
        completions = self._openai.chat.completions
        if stream:
            chunks = completions.create(model="m", messages=ASKED, stream=True)
            return _joined(list(chunks))
        answer: Any = completions.create(model="m", messages=ASKED)
        message = answer.choices[0].message
        return Heard(
            text=(message.content or "") + (message.refusal or ""),
            thoughts=getattr(message, "reasoning_content", None) or "",
            calls=[
                (each.id, each.function.name, loads(each.function.arguments))
                for each in message.tool_calls or []
            ],
            stop=answer.choices[0].finish_reason,
            usage=_counted(answer.usage),
        )


def _joined(chunks: list[Any]) -> Heard:
    """Put a stream's chunks together, as an application does."""
    text, thoughts, stop, usage = "", "", None, None
    calls: dict[int, list[str]] = {}
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            delta = choice.delta
            text += (delta.content or "") + (delta.refusal or "")
            thoughts += getattr(delta, "reasoning_content", None) or ""
            stop = choice.finish_reason or stop
            for each in delta.tool_calls or []:
                call = calls.setdefault(each.index, ["", "", ""])
                call[0] += each.id or ""
                call[1] += each.function.name or ""
                call[2] += each.function.arguments or ""
    found = [(id_, name, loads(arguments)) for id_, name, arguments in calls.values()]
    return Heard(text, thoughts, found, stop, _counted(usage))


def _counted(usage: Any) -> dict[str, int | None]:
    return {
        "prompt": usage.prompt_tokens,
        "read": usage.prompt_tokens_details.cached_tokens,
        "output": usage.completion_tokens,
        "total": usage.total_tokens,
    }


def loads(text: str) -> Any:
    """Arguments as a value, no text being no arguments; as they are where they are no JSON."""
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text
