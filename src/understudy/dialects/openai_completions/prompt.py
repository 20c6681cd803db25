"""A conversation as one text. A single question is itself; the rest is written as a play is.

What was a prompt stays one: the beginning of its answer simply follows it.
"""

from typing import assert_never

from understudy.chat.loss import Change, Loss
from understudy.chat.parts import (
    Audio,
    Document,
    Image,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Message, Request, Role
from understudy.dialects.noting import Noting
from understudy.dialects.openai_completions.schema import NAME

_SPEAKERS = {Role.USER: "User: ", Role.ASSISTANT: "Assistant: ", Role.TOOL: "Tool: "}
_NEXT = "Assistant:"
_BETWEEN = "\n\n"


class Prompt(Noting):
    """Writes the prompt of a request; `losses` grows."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    def text(self) -> str:
        messages = self._request.messages
        texts = [self._message(message, f"messages[{n}]") for n, message in enumerate(messages)]
        roles = [message.role for message in messages]
        if roles == [Role.USER]:
            return texts[0]
        if NAME in self._request.extensions and roles == [Role.USER, Role.ASSISTANT]:
            return "".join(texts)
        for number in range(len(messages)):
            reason = "said within the prompt"
            self.losses.append(Loss(f"messages[{number}]", reason, Change.CHANGED))
        lines = [
            _SPEAKERS.get(role, "") + text for role, text in zip(roles, texts, strict=True) if text
        ]
        if roles and roles[-1] is not Role.ASSISTANT:
            lines.append(_NEXT)
        return _BETWEEN.join(lines)

    def _message(self, message: Message, path: str) -> str:
        if message.name is not None:
            self.drop(f"{path}.name", "who speaks has no name here")
        for dialect, fields in message.extensions.items():
            for name in fields:
                self.drop(f"{path}.extensions.{dialect}.{name}", "of another dialect")
        found = [
            self._part(part, f"{path}.parts[{number}]") for number, part in enumerate(message.parts)
        ]
        return _BETWEEN.join(text for text in found if text)

    def _part(self, part: Part, where: str) -> str:
        if getattr(part, "cache", None) is not None:
            self.drop(f"{where}.cache", "prompts are cached without being told to")
        match part:
            case Text():
                if part.citations:
                    self.drop(f"{where}.citations", "no word for them")
                return part.text
            case Refusal(text=text):
                self.losses.append(Loss(where, "a refusal, said as text", Change.CHANGED))
                return text
            case Document(source=InlineText(text=text)):
                self.losses.append(Loss(where, "a document, said as text", Change.CHANGED))
                return text if part.title is None else f"{part.title}{_BETWEEN}{text}"
            case ToolResult():
                reason = "a tool's result, said as text"
                self.losses.append(Loss(where, reason, Change.CHANGED))
                inner = [
                    self._part(each, f"{where}.content[{number}]")
                    for number, each in enumerate(part.content)
                ]
                return _BETWEEN.join(text for text in inner if text)
            case Document() | Image() | Audio() | Reasoning() | ToolCall() | Opaque():
                self.drop(where, "a prompt is text")
                return ""
            case _:
                assert_never(part)
