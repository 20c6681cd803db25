"""What a simulated model reads in a request: the seed of its answer, directives, and a prefill.

The seed depends on what the conversation says, never on the dialect that said it: translation may
move a system prompt, join texts and rename tool calls without changing the answer.
"""

import re

import msgspec

from understudy.chat.parts import (
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Part,
    Refusal,
    Source,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import SYSTEM_ROLES, Message, Request, Role
from understudy.sim.words import digest

_DIRECTIVE = re.compile(r"\[([a-z_]{1,20})(?:=([^\]\s]{1,100}))?\]")
_SPACE = re.compile(r"\s+")


class Prompt(msgspec.Struct, frozen=True):
    """`directives` are in order, as (name, value); `is_after_tool`: a tool's result was said last.

    `prefill` is the beginning of the answer that the caller put into the model's mouth, if any.
    `chars` is how much there is to read.
    """

    seed: bytes
    directives: tuple[tuple[str, str], ...]
    prefill: str | None
    is_after_tool: bool
    chars: int

    def directive(self, name: str) -> str | None:
        """The last value given for `name`, "" where it was named alone, None where it was not."""
        for key, value in reversed(self.directives):
            if key == name:
                return value
        return None

    def directive_values(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.directives if key == name)

    def directive_number(self, name: str) -> float | None:
        """The value of `name` as a number; None where there is none, or it is not a number >= 0."""
        value = self.directive(name)
        try:
            result = float(value) if value else None
        except ValueError:
            return None
        return result if result is not None and 0 <= result < 1e9 else None


def read_prompt(request: Request) -> Prompt:
    """Read a request as the model would."""
    messages = request.messages
    prefill = None
    if messages and messages[-1].role is Role.ASSISTANT and _is_text(messages[-1]):
        prefill = _plain(messages[-1])
        messages = messages[:-1]
    ordered = [message for message in messages if message.role in SYSTEM_ROLES]
    ordered += [message for message in messages if message.role not in SYSTEM_ROLES]
    pieces = [_SPACE.sub("", _said(part)) for message in ordered for part in message.parts]
    return Prompt(
        seed=digest("".join(pieces)),
        directives=tuple(
            (match[1], match[2] or "") for match in _DIRECTIVE.finditer(_last_asked(messages))
        ),
        prefill=prefill,
        is_after_tool=_ends_in_tool(messages),
        chars=sum(map(len, pieces)) + len(prefill or ""),
    )


def _is_text(message: Message) -> bool:
    return bool(message.parts) and not any(isinstance(part, ToolCall) for part in message.parts)


def _plain(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))


def _last_asked(messages: tuple[Message, ...]) -> str:
    """The text of the last user messages that stand together."""
    found: list[str] = []
    for message in reversed(messages):
        if message.role is Role.USER:
            found.insert(0, _plain(message))
        elif found:
            break
    return "\n".join(found)


def _ends_in_tool(messages: tuple[Message, ...]) -> bool:
    for message in reversed(messages):
        if message.role is Role.TOOL:
            return True
        if message.role is Role.USER and any(isinstance(part, Text) for part in message.parts):
            return False
    return False


def _said(part: Part) -> str:
    match part:
        case Text() | Refusal():
            return part.text
        case ToolCall():
            return part.name + _compact(part.arguments)
        case ToolResult():
            return "".join(_said(piece) for piece in part.content)
        case Image() | Document():
            return _where(part.source)
        case _:
            return ""


def _where(source: Source) -> str:
    match source:
        case Inline():
            return source.data_base64
        case Url():
            return source.url
        case FileRef():
            return source.id
        case InlineText():
            return source.text


def _compact(arguments: str) -> str:
    """JSON in one spelling: a dialect may carry arguments as an object, and write them anew."""
    try:
        return msgspec.json.encode(msgspec.json.decode(arguments)).decode()
    except msgspec.DecodeError:
        return arguments
