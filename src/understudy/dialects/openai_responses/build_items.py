"""Writes messages as the items of an input."""

from collections.abc import Sequence

from understudy.chat.loss import Change
from understudy.chat.parts import Opaque, Part, Reasoning, ToolCall, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.openai_responses.build_parts import PartWriter
from understudy.dialects.openai_responses.ids import LONGEST
from understudy.dialects.openai_responses.paper import Object, Paper
from understudy.dialects.openai_responses.schema import CONTENT, NAME, SUMMARY, Raw

_TYPES = {SUMMARY: "summary_text", CONTENT: "reasoning_text"}
_CUSTOM = "custom"


class ItemWriter:
    """Writes all messages of one request, in order."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._parts = PartWriter(paper)
        self._written: list[object] = []
        self._customs: set[str] = set()
        self._thought: tuple[str, Object] | None = None
        self._message: tuple[str, Object] | None = None

    def write(self, messages: Sequence[Message], first: int) -> list[object]:
        """The items of all messages; `first` is the number of the first in the request."""
        for number, message in enumerate(messages, first):
            path = f"messages[{number}]"
            own = self._paper.own(message.extensions, path)
            if message.name is not None:
                self._paper.lose(f"{path}.name", "a speaker has no name")
            self._end()
            if message.role is Role.ASSISTANT:
                self._turn(message, path, own)
            else:
                self._told(message, path, own)
        self._end()
        return self._written

    def _told(self, message: Message, path: str, own: dict[str, Raw]) -> None:
        """A message to the model; outputs of tools are items of their own."""
        content: list[object] = []
        fields: dict[str, Raw] = {}
        is_said = False
        for number, part in enumerate(message.parts):
            where = f"{path}.parts[{number}]"
            beside = _beside(own, number)
            if isinstance(part, ToolResult):
                self._output(part, where, beside, _id(message, number))
            elif isinstance(part, Opaque) and part.dialect == NAME and _is_item(part):
                self._written.append(part.raw)
            else:
                is_said = True
                item = self._parts.heard(part, where)
                if item is not None:
                    content.append(_with(item, beside) if number else item)
                    fields = beside if number == 0 else fields
        if not is_said and message.parts:
            return
        if not content and message.parts:
            return
        role = Role.USER if message.role is Role.TOOL else message.role
        said: Object = {"role": role.value, "content": _shortest(content)}
        id_ = _id(message, 0)
        if id_:
            said = {"id": id_, "type": "message", **said}
        self._written.append({**said, **_placed(said, fields)})

    def _turn(self, message: Message, path: str, own: dict[str, Raw]) -> None:
        for number, part in enumerate(message.parts):
            where = f"{path}.parts[{number}]"
            beside, id_ = _beside(own, number), _id(message, number)
            match part:
                case Reasoning():
                    self._reason(part, where, beside, id_)
                case ToolCall():
                    self._end()
                    self._call(part, where, beside, id_)
                case ToolResult():
                    self._end()
                    self._output(part, where, beside, id_)
                case Opaque() if part.dialect == NAME:
                    self._end()
                    self._written.append(part.raw)
                case _:
                    self._speak(part, where, beside, id_)

    def _speak(self, part: Part, where: str, beside: dict[str, Raw], id_: str) -> None:
        item = self._parts.spoken(part, where)
        if item is None:
            return
        if self._message is None or self._message[0] != id_:
            self._end()
            said: Object = {"type": "message", "role": "assistant", "content": []}
            if id_:
                said = {"id": id_, "status": "completed", **said}
            self._message = (id_, said)
            self._written.append(said)
            said |= {name: raw for name, raw in beside.items() if name == "phase"}
            beside = {name: raw for name, raw in beside.items() if name != "phase"}
        content = self._message[1]["content"]
        assert isinstance(content, list)
        content.append(_with(item, beside))

    def _reason(self, part: Reasoning, where: str, beside: dict[str, Raw], id_: str) -> None:
        """Thoughts go back to whoever had them: sealed, or by the id of what is kept there."""
        endpoint = self._paper.endpoint
        if part.field not in (SUMMARY, CONTENT) or part.producer != endpoint.producer:
            if part.text or part.signature or part.encrypted or part.id:
                self._paper.lose(where, "thoughts of another producer")
            return
        if self._thought is None or self._thought[0] != id_:
            self._end()
            said: Object = {"type": "reasoning", "summary": []}
            if id_:
                said = {"id": id_, **said}
            self._thought = (id_, said)
            self._written.append(said)
        said = self._thought[1]
        said |= beside
        if part.text:
            known = said.setdefault(part.field, [])
            assert isinstance(known, list)
            known.append({"type": _TYPES[part.field], "text": part.text})
        if part.encrypted is not None:
            said["encrypted_content"] = part.encrypted
            self._thought = None

    def _call(self, part: ToolCall, where: str, beside: dict[str, Raw], id_: str) -> None:
        self._paper.unmarked(part.cache, where)
        kind, field = "function_call", "arguments"
        text = part.arguments or "{}"
        if part.is_custom:
            self._customs.add(part.id)
            kind, field, text = "custom_tool_call", "input", part.arguments
        call: Object = {"type": kind, "call_id": self._call_id(part.id, f"{where}.id")}
        if id_:
            call = {"id": id_, **call}
        self._written.append({**call, "name": part.name, field: text, **beside})

    def _output(self, part: ToolResult, where: str, beside: dict[str, Raw], id_: str) -> None:
        self._paper.unmarked(part.cache, where)
        if part.is_error:
            self._paper.lose(f"{where}.is_error", "this dialect does not mark failed calls")
        content: list[object] = []
        for number, each in enumerate(part.content):
            item = self._parts.heard(each, f"{where}.content[{number}]")
            if item is not None:
                content.append(_with(item, _beside(beside, number, "output")))
        is_custom = part.call_id in self._customs or _CUSTOM in beside
        kind = "custom_tool_call_output" if is_custom else "function_call_output"
        rest = {
            name: raw
            for name, raw in beside.items()
            if name != _CUSTOM and not name.startswith("output[")
        }
        call_id = self._call_id(part.call_id, f"{where}.call_id")
        said: Object = {"type": kind, "call_id": call_id, "output": _shortest(content)}
        if id_:
            said = {"id": id_, **said}
        self._written.append({**said, **rest})

    def _call_id(self, id_: str, where: str) -> str:
        """Ids of calls have at most 64 characters."""
        if len(id_) <= LONGEST:
            return id_
        from_end = id_[-LONGEST:]
        self._paper.lose(where, f"said as {from_end}", Change.CHANGED)
        return from_end

    def _end(self) -> None:
        self._thought = self._message = None


def _id(message: Message, number: int) -> str:
    return message.items[number] if number < len(message.items) else ""


def _beside(own: dict[str, Raw], number: int, outer: str = "parts") -> dict[str, Raw]:
    """The fields kept for one part."""
    if not own:
        return {}
    start = f"{outer}[{number}]."
    return {name[len(start) :]: raw for name, raw in own.items() if name.startswith(start)}


def _with(item: object, beside: dict[str, Raw]) -> object:
    return {**item, **beside} if beside and isinstance(item, dict) else item


def _is_item(part: Opaque) -> bool:
    """Whether an opaque part is an item of the input, not a part of a message."""
    return not part.kind.startswith(("input_", "output_"))


def _placed(said: Object, fields: dict[str, Raw]) -> dict[str, Raw]:
    """Fields of the message; those of its first part stand in that."""
    content = said["content"]
    if fields and isinstance(content, list) and isinstance(content[0], dict):
        content[0] = {**content[0], **fields}
        return {}
    return fields


def _shortest(content: list[object]) -> object:
    """Content as a string where it is one plain text."""
    if not content:
        return ""
    only = content[0]
    if len(content) == 1 and isinstance(only, dict) and only.keys() == {"type", "text"}:
        return only["text"]
    return content
