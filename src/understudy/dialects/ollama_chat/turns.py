"""Messages of a conversation, as this dialect says them: text, pictures, thoughts and calls are
fields of a message here, not parts in an order.
"""

from collections.abc import Sequence
from typing import assert_never

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import (
    Audio,
    Document,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Message, Role
from understudy.dialects.arguments import given
from understudy.dialects.noting import Noting
from understudy.dialects.ollama_chat.schema import NAME
from understudy.dialects.pictures import unseen

Body = dict[str, object]

_ROLES = {Role.DEVELOPER: "system"}


class Turns(Noting):
    """Writes messages; `losses` grows. `endpoint` says whose thoughts it may be shown."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._names: dict[str, str] = {}

    def said(self, messages: Sequence[Message]) -> list[Body]:
        """All messages; each tool result becomes one of its own."""
        out: list[Body] = []
        for number, message in enumerate(messages):
            out += self._message(message, f"messages[{number}]")
        return out

    def _message(self, message: Message, path: str) -> list[Body]:
        if message.role is Role.DEVELOPER:
            self.change(f"{path}.role", "said as system")
        if message.name is not None:
            self.drop(f"{path}.name", "who speaks has no name here")
        results: list[Body] = []
        body: Body = {}
        texts: list[str] = []
        for index, part in enumerate(message.parts):
            where = f"{path}.parts[{index}]"
            if isinstance(part, ToolResult):
                results.append(self._result(part, where))
            else:
                self._part(part, body, texts, where)
        self._extend(message, body, path)
        if results and not texts and not body:
            return results
        role = "user" if message.role is Role.TOOL else _ROLES.get(message.role, message.role.value)
        return [*results, {"role": role, "content": "".join(texts), **body}]

    def _extend(self, message: Message, body: Body, path: str) -> None:
        body |= self.own(message.extensions, NAME, path)

    def _part(self, part: Part, body: Body, texts: list[str], where: str) -> None:
        match part:
            case Image():
                data = self._picture(part, where)
                if data is not None:
                    _add(body, "images", data)
            case Reasoning():
                self._thought(part, body, where)
            case ToolCall():
                self._call(part, body, where)
            case Text() | Refusal() | Document() | Audio() | Opaque():
                texts.append(self._words(part, where))
            case ToolResult():
                raise AssertionError("results are messages of their own")
            case _:
                assert_never(part)

    def _words(self, part: Text | Refusal | Document | Audio | Opaque, where: str) -> str:
        """What a part comes to in a text; "" where nothing is left of it."""
        match part:
            case Text():
                return self._text(part, where)
            case Refusal(text=text):
                self.change(where, "a refusal, said as text")
                return text
            case Document(source=InlineText(text=text)):
                self.change(where, "a document, said as text")
                return text
            case Document() | Audio():
                self.drop(where, "only text and pictures are read")
            case Opaque():
                self.drop(where, f"a {part.kind[:40]} of another dialect")
            case _:
                assert_never(part)
        return ""

    def _text(self, part: Text, where: str) -> str:
        if part.cache is not None:
            self.drop(f"{where}.cache", "prompts are cached without being told to")
        if part.citations:
            self.drop(f"{where}.citations", "no word for them")
        return part.text

    def _picture(self, part: Image, where: str) -> str | None:
        if part.detail is not None:
            self.drop(f"{where}.detail", "pictures are looked at in one way")
        if part.cache is not None:
            self.drop(f"{where}.cache", "prompts are cached without being told to")
        kind = unseen(part.source, self._endpoint)
        if kind is not None:
            self.drop(where, f"the model does not see {kind}")
            return None
        if isinstance(part.source, Inline):
            return part.source.data_base64
        self.drop(where, "a picture must come with its bytes")
        return None

    def _thought(self, part: Reasoning, body: Body, where: str) -> None:
        if part.signature is not None or part.encrypted is not None:
            self.drop(f"{where}.signature", "made by another producer")
        if part.text:
            body["thinking"] = str(body.get("thinking", "")) + part.text

    def _call(self, part: ToolCall, body: Body, where: str) -> None:
        self._names[part.id] = part.name
        if part.cache is not None:
            self.drop(f"{where}.cache", "prompts are cached without being told to")
        arguments = given(part.arguments, where, self.losses, is_custom=part.is_custom)
        function = {"name": part.name, "arguments": arguments}
        _add(body, "tool_calls", {"id": part.id, "function": function})

    def _result(self, part: ToolResult, where: str) -> Body:
        if part.is_error:
            self.drop(f"{where}.is_error", "that a tool failed must be in its words")
        if part.cache is not None:
            self.drop(f"{where}.cache", "prompts are cached without being told to")
        body: Body = {}
        texts: list[str] = []
        for index, item in enumerate(part.content):
            self._part(item, body, texts, f"{where}.content[{index}]")
        said: Body = {"role": "tool", "content": "".join(texts), **body}
        name = part.name or self._names.get(part.call_id)
        if name is not None:
            said["tool_name"] = name
        if part.call_id:
            said["tool_call_id"] = part.call_id
        return said


def _add(body: Body, name: str, value: object) -> None:
    found = body.get(name)
    if isinstance(found, list):
        found.append(value)
    else:
        body[name] = [value]
