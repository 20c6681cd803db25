"""Marks of where to cache a prompt: few fit in a request, and lasting ones come first.

Sources: Claude "Prompt caching" and Amazon Bedrock "Prompt caching" (2026): at most four marks in
tools, system prompt and messages together, the one for all of the request being one of them; marks
for an hour stand before those for five minutes. Others are answered with 400.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import CacheHint, Part, Text, ToolResult
from understudy.chat.request import SYSTEM_ROLES, Message, Request, Tool

MOST = 4

_MARKING = frozenset(
    {"anthropic_messages", "bedrock_converse", "bedrock_invoke", "vertex_anthropic"}
)
_SHORT = frozenset({None, "5m"})

Kept = Mapping[str, CacheHint | None]
"""What becomes of the mark at a path, where it does not stay as it is."""


class Mark(NamedTuple):
    path: str
    hint: CacheHint


def with_few_marks(request: Request, endpoint: Endpoint, losses: list[Loss]) -> Request:
    """The request with as many marks as `endpoint` takes. Adds to `losses` what changed.

    Those that come last in the prompt stay: they cover the most.
    """
    if endpoint.dialect not in _MARKING and "cache" not in endpoint.accepts:
        return request
    marks = list(_marks(request))
    if len(marks) < 2:
        return request
    kept: dict[str, CacheHint | None] = {}
    for mark in marks[:-MOST]:
        kept[mark.path] = None
        losses.append(Loss(f"{mark.path}.cache".lstrip("."), f"a request takes {MOST} marks"))
    is_short = False
    for path, hint in marks[-MOST:]:
        if is_short and hint.ttl not in _SHORT:
            kept[path] = CacheHint("5m")
            reason = f"5m, not {hint.ttl}: it follows a shorter one"
            losses.append(Loss(f"{path}.cache".lstrip("."), reason, Change.CHANGED))
        is_short = is_short or hint.ttl in _SHORT
    return _marked(request, kept) if kept else request


def _marks(request: Request) -> Iterator[Mark]:
    """All that take effect, in the order of the prompt: tools, system prompt, messages."""
    for number, tool in enumerate(request.tools):
        if isinstance(tool, Tool) and tool.cache is not None:
            yield Mark(f"tools[{number}]", tool.cache)
    first = [n for n, message in enumerate(request.messages) if message.role in SYSTEM_ROLES]
    rest = [n for n, message in enumerate(request.messages) if message.role not in SYSTEM_ROLES]
    for number in (*first, *rest):
        for place, part in enumerate(request.messages[number].parts):
            yield from _of_part(part, f"messages[{number}].parts[{place}]")
    if request.cache is not None:
        yield Mark("", request.cache)


def _of_part(part: Part, path: str) -> Iterator[Mark]:
    if isinstance(part, ToolResult):
        for place, inner in enumerate(part.content):
            yield from _of_part(inner, f"{path}.content[{place}]")
    is_blank = isinstance(part, Text) and not part.text.strip()
    hint = getattr(part, "cache", None)
    if hint is not None and not is_blank:
        yield Mark(path, hint)


def _marked(request: Request, kept: Kept) -> Request:
    replace = msgspec.structs.replace
    return replace(
        request,
        tools=tuple(
            replace(tool, cache=kept[f"tools[{number}]"])
            if isinstance(tool, Tool) and f"tools[{number}]" in kept
            else tool
            for number, tool in enumerate(request.tools)
        ),
        messages=tuple(
            _in_message(message, kept, f"messages[{number}]")
            for number, message in enumerate(request.messages)
        ),
        cache=kept.get("", request.cache),
    )


def _in_message(message: Message, kept: Kept, path: str) -> Message:
    parts = tuple(
        _in_part(part, kept, f"{path}.parts[{place}]") for place, part in enumerate(message.parts)
    )
    return message if parts == message.parts else msgspec.structs.replace(message, parts=parts)


def _in_part(part: Part, kept: Kept, path: str) -> Part:
    if isinstance(part, ToolResult):
        content = tuple(
            _in_part(inner, kept, f"{path}.content[{place}]")
            for place, inner in enumerate(part.content)
        )
        part = msgspec.structs.replace(part, content=content)
    return msgspec.structs.replace(part, cache=kept[path]) if path in kept else part
