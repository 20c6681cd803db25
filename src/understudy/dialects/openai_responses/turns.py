"""Reads the input: items become messages, those of one turn of the model's one message.

A message's further fields travel beside it, named by the place of the part that they belong to.
"""

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Document,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Message, Role
from understudy.dialects.openai_responses.content import Kept, parse_content
from understudy.dialects.openai_responses.schema import (
    CONTENT,
    NAME,
    PRODUCER,
    SUMMARY,
    Raw,
)
from understudy.dialects.openai_responses.seal import Sealed, unseal
from understudy.dialects.reading import Reader, expected, is_list, is_string, text_of

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.DEVELOPER,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
_BY_CLIENT = frozenset(
    {
        "additional_tools",
        "apply_patch_call_output",
        "computer_call_output",
        "local_shell_call_output",
        "mcp_approval_response",
        "shell_call_output",
        "tool_search_output",
    }
)
"""Items of other types that the caller says; what is neither is the model's."""

_SPOKEN = (Text, Refusal)


class Turn:
    """What the model said in one go, item by item."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.items: list[str] = []
        self.kept: Kept = {}

    @property
    def has_calls(self) -> bool:
        return any(isinstance(part, ToolCall) for part in self.parts)

    @property
    def has_spoken(self) -> bool:
        return any(isinstance(part, _SPOKEN) for part in self.parts)

    def add(self, part: Part, item: str, beside: Kept) -> None:
        self.kept |= {f"parts[{len(self.parts)}].{name}": raw for name, raw in beside.items()}
        self.parts.append(part)
        self.items.append(item)

    def message(self, role: Role = Role.ASSISTANT) -> Message:
        items = tuple(self.items) if any(self.items) else ()
        extensions = {NAME: self.kept} if self.kept else {}
        return Message(role, tuple(self.parts), extensions=extensions, items=items)


class Input:
    """Collects the items of one input into messages. Raises InvalidRequest."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._turn: Turn | None = None

    def read(self, top: Reader) -> tuple[Message, ...]:
        """All messages of an `input`, a string or an array of items."""
        raw = top.take("input")
        if raw is None:
            return ()
        if is_string(raw):
            return (Message(Role.USER, (Text(text_of(raw)),)),)
        if not is_list(raw):
            raise expected("a string or an array of items", raw, "input")
        for number, item in enumerate(Reader({"input": raw}).items("input")):
            self._item(Reader.of(item, f"input[{number}]"), item)
        self._end_turn()
        return tuple(self._messages)

    def _item(self, item: Reader, raw: Raw) -> None:
        kind = item.string("type")
        if kind is None and not item.has("role"):  # the short form of a reference
            kind = "item_reference" if item.has("id") else None
        match kind:
            case "message" | None:
                self._message(item)
            case "reasoning":
                self._reasoning(item)
            case "function_call" | "custom_tool_call":
                self._call(item, is_custom=kind == "custom_tool_call")
            case "function_call_output" | "custom_tool_call_output":
                self._output(item, is_custom=kind == "custom_tool_call_output")
            case _:
                self._other(item, kind, raw)

    def _message(self, item: Reader) -> None:
        word = item.need_string("role")
        role = ROLES.get(word)
        if role is None:
            reason = f"expected one of {', '.join(ROLES)}, found {word[:80]!r}"
            raise InvalidRequest(item.at("role"), reason)
        id_ = item.string("id") or ""
        found = parse_content(item, "content")
        beside = _beside(item)
        turn = self._open_turn(speaks=True) if role is Role.ASSISTANT else Turn()
        for number, (part, rest) in enumerate(found):
            turn.add(part, id_, {**(beside if number == 0 else {}), **rest})
        if role is not Role.ASSISTANT:
            self._end_turn()
            self._messages.append(turn.message(role))

    def _reasoning(self, item: Reader) -> None:
        id_ = item.string("id") or ""
        encrypted = item.string("encrypted_content")
        thoughts = [
            (field, part.text)
            for field in (SUMMARY, CONTENT)
            for part, _ in parse_content(item, field)
            if isinstance(part, Text)
        ]
        turn = self._open_turn()
        beside = _beside(item)
        sealed = None if encrypted is None else unseal(encrypted)
        if sealed is not None and sealed.field != NAME:
            text = "".join(text for _, text in thoughts)
            turn.add(_foreign(text, sealed), id_, beside)
            return
        producer: str | None = PRODUCER
        if sealed is not None:
            producer, encrypted = sealed.producer, sealed.encrypted
        if not thoughts and (encrypted or id_):
            thoughts = [(SUMMARY, "")]
        for number, (field, text) in enumerate(thoughts):
            is_last = number == len(thoughts) - 1
            part = Reasoning(
                text,
                encrypted=encrypted if is_last else None,
                producer=producer,
                field=field,
                id=id_ or None,
            )
            turn.add(part, id_, beside if number == 0 else {})

    def _call(self, item: Reader, *, is_custom: bool) -> None:
        id_ = item.string("id") or ""
        call = item.need_string("call_id")
        name = item.need_string("name")
        text = item.need_string("input" if is_custom else "arguments")
        self._open_turn().add(ToolCall(call, name, text, is_custom), id_, _beside(item))

    def _output(self, item: Reader, *, is_custom: bool) -> None:
        id_ = item.string("id") or ""
        call = item.need_string("call_id")
        content: list[Text | Image | Document | Opaque] = []
        beside: Kept = {}
        for number, (part, rest) in enumerate(parse_content(item, "output")):
            if not isinstance(part, Text | Image | Document | Opaque):
                path = f"{item.at('output')}[{number}]"
                raise InvalidRequest(path, "expected a text, an image or a file")
            content.append(part)
            beside |= {f"output[{number}].{name}": raw for name, raw in rest.items()}
        beside |= _beside(item)
        if is_custom:
            beside["custom"] = Raw(b"true")
        self._end_turn()
        turn = Turn()
        turn.add(ToolResult(call, tuple(content)), id_, beside)
        self._messages.append(turn.message(Role.TOOL))

    def _other(self, item: Reader, kind: str, raw: Raw) -> None:
        part = Opaque(NAME, kind, Raw(bytes(raw)))
        id_ = item.string("id") or ""
        if kind not in _BY_CLIENT:
            self._open_turn().add(part, id_, {})
            return
        self._end_turn()
        turn = Turn()
        turn.add(part, id_, {})
        self._messages.append(turn.message(Role.USER))

    def _open_turn(self, *, speaks: bool = False) -> Turn:
        """The model's turn, a new one where it spoke before and called nothing."""
        turn = self._turn
        if turn is not None and speaks and turn.has_spoken and not turn.has_calls:
            self._end_turn()
            turn = None
        if turn is None:
            turn = self._turn = Turn()
        return turn

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._messages.append(self._turn.message())
            self._turn = None


def _foreign(text: str, sealed: Sealed) -> Reasoning:
    """A thought that a model of another dialect had."""
    return Reasoning(
        text,
        signature=sealed.signature,
        encrypted=sealed.encrypted,
        producer=sealed.producer,
        field=sealed.field,
    )


def _beside(item: Reader) -> Kept:
    """What nobody took of an item; that it is complete goes without saying."""
    kept = item.rest()
    kept.pop("type", None)
    status = kept.get("status")
    if status is not None and bytes(status) == b'"completed"':
        del kept["status"]
    return kept
