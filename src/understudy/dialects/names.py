"""Names of tools: each dialect takes other letters and lengths, so on translation some need another
name, and an answer's calls have their own again.

Sources: OpenAI "Function calling" and Claude "Define tools" (letters, digits, _ and -, at most 64),
botocore's ToolName (the same), Gemini FunctionDeclaration (dots and colons too, no digit first),
Cohere (no - either; "tool names can only contain certain characters"), November 2026.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from understudy.chat.events import Event, PartKind, PartStarted
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Part, ToolCall, ToolResult
from understudy.chat.request import Request, Tool
from understudy.dialects.base import Decoded, ResponseDecoder

LONGEST = 64

_PLAIN = re.compile(r"[^a-zA-Z0-9_-]")
_BAD: Mapping[str, re.Pattern[str]] = {
    "openai_chat": _PLAIN,
    "openai_responses": _PLAIN,
    "anthropic_messages": _PLAIN,
    "bedrock_converse": _PLAIN,
    "bedrock_invoke": _PLAIN,
    "vertex_anthropic": _PLAIN,
    "vertex_mistral": _PLAIN,
    "gemini_generate": re.compile(r"[^a-zA-Z0-9_.:-]"),
    "cohere_chat": re.compile(r"[^a-zA-Z0-9_]"),
}
"""What may not stand in a name; dialects that are not here take any."""

_NO_DIGIT_FIRST = frozenset({"gemini_generate", "cohere_chat"})


def renamed(request: Request, dialect: str, losses: list[Loss]) -> tuple[Request, dict[str, str]]:
    """The request with names that `dialect` takes, and what was the name of each new one.

    Adds to `losses` what changed.
    """
    bad = _BAD.get(dialect)
    given = {} if bad is None else _given(list(dict.fromkeys(_names(request))), bad, dialect)
    if not given:
        return request, {}
    for number, tool in enumerate(request.tools):
        if isinstance(tool, Tool) and tool.name in given:
            reason = f"said as {given[tool.name]}; the answer's calls have the name again"
            losses.append(Loss(f"tools[{number}].name", reason, Change.CHANGED))
    replace = msgspec.structs.replace
    choice = request.tool_choice
    if choice is not None and choice.name in given:
        choice = replace(choice, name=given[choice.name])
    changed = replace(
        request,
        tools=tuple(
            replace(tool, name=given.get(tool.name, tool.name)) if isinstance(tool, Tool) else tool
            for tool in request.tools
        ),
        messages=tuple(
            replace(message, parts=tuple(_part(part, given) for part in message.parts))
            for message in request.messages
        ),
        tool_choice=choice,
    )
    return changed, {new: old for old, new in given.items()}


class Unrenamed:
    """A decoder whose calls have the names that the caller knows."""

    def __init__(self, decoder: ResponseDecoder, names: Mapping[str, str]) -> None:
        self._decoder = decoder
        self._names = names

    def receive_data(self, data: bytes) -> Sequence[Decoded]:
        return [self._named(item) for item in self._decoder.receive_data(data)]

    def receive_eof(self) -> Sequence[Decoded]:
        return [self._named(item) for item in self._decoder.receive_eof()]

    def _named(self, item: Decoded) -> Decoded:
        return item._replace(events=[self._event(event) for event in item.events])

    def _event(self, event: Event) -> Event:
        if not isinstance(event, PartStarted) or event.kind is not PartKind.TOOL_CALL:
            return event
        name = self._names.get(event.name or "", event.name)
        return msgspec.structs.replace(event, name=name)


def _names(request: Request) -> Iterator[str]:
    for tool in request.tools:
        if isinstance(tool, Tool) and tool.name:
            yield tool.name
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ToolCall | ToolResult) and part.name:
                yield part.name


def _given(names: list[str], bad: re.Pattern[str], dialect: str) -> dict[str, str]:
    """Another name for each that is refused; no two names become one."""
    given: dict[str, str] = {}
    cleaned = {name: _clean(name, bad, dialect) for name in names}
    used = {name for name, clean in cleaned.items() if name == clean}
    for name, clean in cleaned.items():
        if name == clean:
            continue
        new = clean
        if len(new) > LONGEST or new in used:
            mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
            new = f"{clean[: LONGEST - 9]}_{mark}"
        used.add(new)
        given[name] = new
    return given


def _clean(name: str, bad: re.Pattern[str], dialect: str) -> str:
    """The name in the letters of a dialect; longer than LONGEST where it was."""
    clean = bad.sub("_", name)
    if dialect in _NO_DIGIT_FIRST and not (clean[0].isalpha() or clean[0] == "_"):
        clean = f"_{clean}"
    return clean if len(clean) <= LONGEST or clean != name else f"{clean}_"


def _part(part: Part, given: Mapping[str, str]) -> Part:
    if isinstance(part, ToolCall | ToolResult) and part.name in given:
        return msgspec.structs.replace(part, name=given[part.name or ""])
    return part
