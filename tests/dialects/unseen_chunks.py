"""What streams of Chat Completions are made of, for cases written by hand."""

from typing import Any

from tests.dialects.unseen import Case, sse

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

CITY = {"city": "Oslo"}
PLAIN = Usage(9, 0, 0, 4)


def chunk(delta: object = None, finish: str | None = None, **beside: Any) -> dict[str, Any]:
    """A chunk of the first choice. Fields of the choice begin with `c_`, others are the chunk's."""
    choice = {name[2:]: each for name, each in beside.items() if name.startswith("c_")}
    top = {name: each for name, each in beside.items() if not name.startswith("c_")}
    said = {} if delta is None else delta
    return {
        "id": "chatcmpl-7",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "m-1",
        "choices": [{"index": 0, "delta": said, "finish_reason": finish, **choice}],
        **top,
    }


def bare(**beside: Any) -> dict[str, Any]:
    """A chunk of no choice."""
    return {**chunk(), "choices": [], **beside}


def counted(prompt: int = 9, output: int = 4, **more: Any) -> dict[str, Any]:
    said = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
    return {**said, **more}


def called(**call: Any) -> dict[str, Any]:
    return {"tool_calls": [call]}


def function(name: str | None, arguments: object) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, "type": "function"}


ROLE = chunk({"role": "assistant", "content": ""})
HI = chunk({"content": "Hi"})
STOP = chunk({}, "stop")
USAGE = bare(usage=counted())


def stream(id_: str, source: str, *frames: object, done: bool = True, **told: Any) -> Case:
    return Case(id_, "openai_chat", sse(*frames, done=done), source, **told)


TEXT: dict[str, Any] = {"type": "text", "text": "Hi"}
CALLS: dict[str, Any] = {"stop": StopReason.TOOL_CALLS, "calls": (("w", CITY),)}
