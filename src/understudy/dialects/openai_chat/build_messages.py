"""Writes messages in this dialect."""

import hashlib
import string

from understudy.chat.endpoint import Capability
from understudy.chat.loss import Change
from understudy.chat.parts import Audio, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.openai_chat.build_parts import PartWriter
from understudy.dialects.openai_chat.order import ordered
from understudy.dialects.openai_chat.paper import Object, Paper
from understudy.dialects.openai_chat.schema import NAME, Raw, encode

_ALPHABET = string.ascii_letters + string.digits
_REASONING = frozenset({"reasoning_content", "reasoning"})
_IN_CONTENT = "content.thinking"
_INLINE = "content["
_CALLS = "tool_calls["
_PLAIN = frozenset({"role", "name", "content"})
_MARKS = frozenset({"function_call"})
_FREE_TEXT = "free text, said as the text in one"


class MessageWriter:
    """Writes all messages of one request, in order. `functions` are the names of those offered."""

    def __init__(
        self, paper: Paper, *, is_legacy: bool, functions: frozenset[str] = frozenset()
    ) -> None:
        self._paper = paper
        self._functions = functions
        self._parts = PartWriter(paper)
        self._is_legacy = is_legacy
        self._written: list[object] = []
        self._moved: list[Object] = []

    def write(self, messages: tuple[Message, ...]) -> list[object]:
        for number, message in enumerate(messages):
            path = f"messages[{number}]"
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            if not results:
                self._flush_moved()
            own = self._paper.own(message.extensions, path)
            for part in results:
                self._result(part, f"{path}.parts[{message.parts.index(part)}]", own)
            if len(results) < len(message.parts) or not message.parts:
                self._message(message, path, own)
        self._flush_moved()
        self._mark_prefix(messages)
        return ordered(self._written, self._paper)

    def _message(self, message: Message, path: str, own: dict[str, Raw]) -> None:
        role = Role.USER if message.role is Role.TOOL else message.role
        word = self._paper.endpoint.renames.get(role.value, role.value)
        said: Object = {"role": word}
        if message.name is not None and self._paper.allows(f"{path}.name", "messages.name"):
            said["name"] = message.name
        if role is Role.ASSISTANT:
            content = self._assistant(message, path, said)
        else:
            content = self._content(message, path)
        is_said = any(each is not None for each in content)
        if is_said or said.keys() - _PLAIN or not _is_lost(message):
            said["content"] = content
            self._add(said, own, path)
            if role is Role.ASSISTANT and not is_said:
                said["content"] = None

    def _content(self, message: Message, path: str) -> list[object]:
        """The parts, None for each that cannot be said."""
        return [
            self._parts.write(part, f"{path}.parts[{number}]")
            for number, part in enumerate(message.parts)
            if not isinstance(part, ToolResult)
        ]

    def _assistant(self, message: Message, path: str, said: Object) -> list[object]:
        """What else the model said goes into `said`; returns its content, as `_content` does."""
        content: list[object] = []
        calls: list[object] = []
        for number, part in enumerate(message.parts):
            where = f"{path}.parts[{number}]"
            match part:
                case ToolCall():
                    self._call(part, where, said, calls)
                case Reasoning():
                    thought = self._thought(part, where, said)
                    if part.field == _IN_CONTENT:
                        content.append(thought)
                case Audio():
                    self._spoken(part, where, said)
                case Refusal() if not any(isinstance(each, Text) for each in message.parts):
                    said["refusal"] = f"{said.get('refusal', '')}{part.text}"
                    content.append(None)
                case ToolResult():
                    pass  # written before
                case _:
                    content.append(self._parts.write(part, where))
        said["content"] = None  # comes before the calls
        if calls:
            said["tool_calls"] = calls
        return content

    def _call(self, part: ToolCall, where: str, said: Object, calls: list[object]) -> None:
        if self._is_legacy and not part.is_custom and "function_call" not in said and not calls:
            said["function_call"] = {"name": part.name, "arguments": part.arguments}
            return
        call: Object = {"id": self._tool_id(part.id)}
        if part.is_custom and part.name in self._functions:  # one that stands in for a custom tool
            body = {"name": part.name, "arguments": encode({"input": part.arguments}).decode()}
            call |= {"type": "function", "function": body}
            self._paper.lose(f"{where}.arguments", _FREE_TEXT, Change.CHANGED)
        elif part.is_custom:
            call |= {"type": "custom", "custom": {"name": part.name, "input": part.arguments}}
        else:
            body = {"name": part.name, "arguments": part.arguments or "{}"}
            call |= {"type": "function", "function": body}
        self._paper.mark(part.cache, call, where)
        calls.append(call)

    def _thought(self, part: Reasoning, where: str, said: Object) -> Object | None:
        """Thoughts go back to whoever had them, in the field that they came in: into `said`, or,
        where that is the content, they are returned.
        """
        endpoint = self._paper.endpoint
        is_bound = part.signature is not None or part.encrypted is not None
        if is_bound and part.producer != endpoint.producer:
            self._paper.lose(where, "signed by another producer")
        elif part.producer not in (None, endpoint.producer):
            self._paper.lose(where, "thoughts of another producer")
        elif part.field == _IN_CONTENT:
            return _thinking(part)
        elif part.field in _REASONING and part.field is not None and not is_bound:
            said[part.field] = f"{said.get(part.field, '')}{part.text}"
        elif part.field == "reasoning_details" or is_bound:
            known = said.setdefault("reasoning_details", [])
            assert isinstance(known, list)
            known.append(_detail(part, len(known)))
        else:
            self._paper.lose(where, "this dialect's models take no thoughts back")
        return None

    def _spoken(self, part: Audio, where: str, said: Object) -> None:
        if part.id is None:
            self._paper.lose(where, "spoken answers go back by their id only")
        elif self._paper.can(where, Capability.AUDIO_OUTPUT):
            said["audio"] = {"id": part.id}

    def _result(self, part: ToolResult, where: str, own: dict[str, Raw]) -> None:
        content: list[object] = []
        moved: list[object] = []
        for number, each in enumerate(part.content):
            path = f"{where}.content[{number}]"
            item = self._parts.write(each, path)
            is_text = item is None or isinstance(each, Text) or _is_text(item)
            content.append(item if is_text else None)
            if not is_text:
                reason = "moved to a message of the user's: results hold text only"
                self._paper.lose(path, reason, Change.CHANGED)
                moved.append(item)
        if part.is_error:
            self._paper.lose(f"{where}.is_error", "this dialect does not mark failed calls")
        said = self._result_head(part)
        said["content"] = content
        self._mark_result(part, content, where)
        self._add(said, own, where.rpartition(".parts[")[0])
        if moved:
            self._moved.append({"role": "user", "content": moved})

    def _result_head(self, part: ToolResult) -> Object:
        if self._is_legacy and part.name is not None:
            return {"role": "function", "name": part.name}
        said: Object = {"role": "tool", "tool_call_id": self._tool_id(part.call_id)}
        if part.name is not None:
            said["name"] = part.name
        return said

    def _mark_result(self, part: ToolResult, content: list[object], where: str) -> None:
        last = next((each for each in reversed(content) if each is not None), None)
        if part.cache is not None and isinstance(last, dict):
            self._paper.mark(part.cache, last, where)
        elif part.cache is not None:
            self._paper.lose(f"{where}.cache", "nothing to mark")

    def _flush_moved(self) -> None:
        """What results cannot hold follows after the last of them: nothing may stand between."""
        self._written += self._moved
        self._moved = []

    def _add(self, said: Object, own: dict[str, Raw], path: str) -> None:
        """Put a message's own fields back: beside it, into its parts, into its calls."""
        for name, raw in own.items():
            if name.startswith((_INLINE, _CALLS)):
                items = said.get("content" if name.startswith(_INLINE) else "tool_calls")
                if not _put(items, name, raw):
                    self._paper.lose(f"{path}.extensions.{NAME}.{name}", "its part is not said")
            elif name not in _MARKS:
                said[name] = raw
        content = said["content"]
        assert isinstance(content, list)
        said["content"] = _shortest([each for each in content if each is not None])
        self._written.append(said)

    def _mark_prefix(self, messages: tuple[Message, ...]) -> None:
        """Some hosts go on with a last assistant message only where it says so (Mistral)."""
        last = self._written[-1] if self._written else None
        is_prefill = bool(messages) and messages[-1].role is Role.ASSISTANT
        if is_prefill and "prefix" in self._paper.endpoint.accepts and isinstance(last, dict):
            last["prefix"] = True

    def _tool_id(self, id_: str) -> str:
        """The id as it is, or one of a length that the host takes, always the same for it."""
        length = self._paper.endpoint.tool_id_length
        most = self._paper.endpoint.limits.tool_id
        if length is None and (most is None or len(id_) <= most):
            return id_
        if len(id_) == length and id_.isascii() and id_.isalnum():
            return id_
        digest = hashlib.sha512(id_.encode()).digest()
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[: length or most])


def _is_lost(message: Message) -> bool:
    """Whether a message holds nothing but what only another dialect or model can read."""
    return bool(message.parts) and all(
        isinstance(part, Opaque | Reasoning) for part in message.parts
    )


def _shortest(written: list[object]) -> object:
    """Content as a string where it is one plain text."""
    if not written:
        return ""
    only = written[0]
    if len(written) == 1 and isinstance(only, dict) and set(only) == {"type", "text"}:
        return only["text"]
    return written


def _is_text(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") == "text"


def _thinking(part: Reasoning) -> Object:
    said: Object = {"type": "thinking", "thinking": [{"type": "text", "text": part.text}]}
    if part.signature is not None:
        said["signature"] = part.signature
    return said


def _detail(part: Reasoning, index: int) -> Object:
    said: Object = {"type": "reasoning.text", "index": index}
    if part.encrypted is not None:
        said |= {"type": "reasoning.encrypted", "data": part.encrypted}
    if part.text:
        said["text"] = part.text
    for name, value in (
        ("signature", part.signature),
        ("format", part.producer),
        ("id", part.id),
    ):
        if value is not None:
            said[name] = value
    return said


def _put(items: object, name: str, raw: Raw) -> bool:
    """Put a field back at `content[2].image_url.format`; whether that place is still there."""
    at, _, path = name.partition("].")
    number = int(at.partition("[")[2])
    if not isinstance(items, list) or number >= len(items):
        return False
    place: object = items[number]
    *outer, last = path.split(".")
    for step in outer:
        place = place.get(step) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        return False
    place[last] = raw
    return True
