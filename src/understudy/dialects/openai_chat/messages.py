"""Reads messages: every role, every shape of content, and what vendors put beside it."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    CacheHint,
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
from understudy.dialects.openai_chat.content import parse_content
from understudy.dialects.openai_chat.schema import NAME, Raw, decode_plain_message
from understudy.dialects.reading import Reader, is_string, text_of

Kept = dict[str, Raw]

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.DEVELOPER,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
_TRUE = Raw(b"true")


def parse_messages(top: Reader) -> tuple[Message, ...]:
    """Raises: InvalidRequest."""
    items = top.items("messages")
    if not items:
        raise InvalidRequest("messages", "expected at least one message, found none")
    messages: list[Message] = []
    pending: dict[str, str] = {}
    for number, raw in enumerate(items):
        try:
            plain = decode_plain_message(raw)
        except msgspec.MsgspecError:
            reader = Reader.of(raw, f"messages[{number}]")
            messages.append(_message(reader, number, pending))
        else:
            messages.append(Message(_ROLES[plain.role], (Text(plain.content),)))
    return tuple(messages)


def _message(reader: Reader, number: int, pending: dict[str, str]) -> Message:
    """Read one message; `pending` maps the names of functions called to ids made up for them."""
    word = reader.need_string("role")
    role = _ROLES.get(word)
    if role is None:
        known = ", ".join(_ROLES)
        raise InvalidRequest(reader.at("role"), f"expected one of {known}, found {word!r}")
    kept: Kept = {}
    if word == "function":
        return _function_result(reader, pending)
    name = reader.string("name")
    match role:
        case Role.ASSISTANT:
            parts = _assistant(reader, number, pending, kept)
        case Role.TOOL:
            parts = (_tool_result(reader, name, kept),)
            name = None
        case _:
            parts = parse_content(reader, kept)
    kept |= reader.rest()
    return Message(role, parts, name, {NAME: kept} if kept else {})


def _tool_result(reader: Reader, name: str | None, kept: Kept) -> ToolResult:
    call = reader.need_string("tool_call_id")
    cache = reader.cache()
    return ToolResult(call, _result_content(reader, kept), name, cache=cache)


def _function_result(reader: Reader, pending: dict[str, str]) -> Message:
    """`role: function` (deprecated): names the function, and no call of it."""
    name = reader.need_string("name")
    kept: Kept = {}
    content = _result_content(reader, kept)
    kept |= reader.rest()
    kept["function_call"] = _TRUE
    result = ToolResult(pending.pop(name, f"call_{name}"), content, name)
    return Message(Role.TOOL, (result,), None, {NAME: kept})


def _result_content(reader: Reader, kept: Kept) -> tuple[Text | Image | Document | Opaque, ...]:
    content: list[Text | Image | Document | Opaque] = []
    for number, part in enumerate(parse_content(reader, kept)):
        if not isinstance(part, Text | Image | Document | Opaque):
            path = f"{reader.at('content')}[{number}]"
            raise InvalidRequest(path, "expected a text, an image or a file in a tool's result")
        content.append(part)
    return tuple(content)


def _assistant(
    reader: Reader, number: int, pending: dict[str, str], kept: Kept
) -> tuple[Part, ...]:
    parts: list[Part] = [*_thoughts(reader, kept), *parse_content(reader, kept)]
    refusal = reader.string("refusal")
    if refusal:
        parts.append(Refusal(refusal))
    audio = reader.object("audio")
    if audio is not None:
        parts.append(Audio(id=audio.need_string("id")))
    for position, raw in enumerate(reader.items("tool_calls")):
        call = Reader.of(raw, f"{reader.path}.tool_calls[{position}]")
        parts.append(_tool_call(call))
        kept |= {f"tool_calls[{position}].{key}": value for key, value in call.rest().items()}
    legacy = reader.object("function_call")
    if legacy is not None:
        name = legacy.need_string("name")
        id_ = pending[name] = f"call_{number}"
        parts.append(ToolCall(id_, name, _arguments(legacy, "arguments")))
        kept["function_call"] = _TRUE
    return tuple(parts)


def _tool_call(reader: Reader) -> ToolCall:
    id_ = reader.need_string("id")
    reader.take("index")
    kind = reader.string("type") or "function"
    cache: CacheHint | None = reader.cache()
    match kind:
        case "function":
            body = reader.need_object("function")
            name = body.need_string("name")
            return ToolCall(id_, name, _arguments(body, "arguments"), cache=cache)
        case "custom":
            body = reader.need_object("custom")
            name = body.need_string("name")
            return ToolCall(id_, name, body.string("input") or "", is_custom=True, cache=cache)
        case _:
            reason = f"expected function or custom, found {kind!r}"
            raise InvalidRequest(reader.at("type"), reason)


def _arguments(body: Reader, name: str) -> str:
    """Arguments are JSON text; a few clients send the value itself."""
    raw = body.take(name)
    if raw is None:
        return ""
    return text_of(raw) if is_string(raw) else bytes(raw).decode()


def _thoughts(reader: Reader, kept: Kept) -> list[Part]:
    """What the model thought, as its vendor spelled it. Details win over the text they repeat."""
    spelled = [name for name in ("reasoning_content", "reasoning") if reader.has(name)]
    field = spelled[0] if spelled else None
    raw = reader.peek(field) if field is not None else None
    plain = reader.string(field) if field is not None else None
    details = [
        _detail(Reader.of(item, f"{reader.path}.reasoning_details[{number}]"))
        for number, item in enumerate(reader.items("reasoning_details"))
    ]
    said = "".join(part.text for part in details)
    if plain is None or plain == said:
        return list(details)
    if not details:
        return [Reasoning(plain, field=field)]
    if not said:  # the details sign the text that stands beside them
        return [msgspec.structs.replace(details[0], text=plain), *details[1:]]
    if field is not None and raw is not None:
        kept[field] = raw
    return list(details)


def _detail(reader: Reader) -> Reasoning:
    reader.take("type")
    reader.take("index")
    return Reasoning(
        text=reader.string("text") or reader.string("summary") or "",
        signature=reader.string("signature"),
        encrypted=reader.string("data"),
        producer=reader.string("format"),
        field="reasoning_details",
        id=reader.string("id"),
    )
