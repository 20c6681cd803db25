"""Messages, bytes to parts: every block as the neutral model says it, or kept whole."""

from collections.abc import Iterator

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Source,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role
from understudy.dialects.anthropic_messages.answer import read_citation
from understudy.dialects.anthropic_messages.schema import (
    MALFORMED,
    NAME,
    PRODUCER,
    SOURCE,
    Raw,
    Raws,
    decode_raws,
)
from understudy.dialects.block_turns import Read, joined, messages_of
from understudy.dialects.reading import Reader, expected, is_string, text_of

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_CALLED_BY_MODEL = {b'{"type":"direct"}', b'{"type": "direct"}'}
"""Who called a tool, where it is nobody else but the model: the default."""


def read_messages(items: list[Raw]) -> Iterator[Message]:
    """Read `messages`. Raises: InvalidRequest."""
    for number, item in enumerate(items):
        yield from _message(Reader.of(item, f"messages.{number}"))


def read_system(top: Reader) -> list[Message]:
    """Read the top-level `system`: one message, or none. Raises: InvalidRequest."""
    raw = top.take("system")
    if raw is None:
        return []
    return [joined(NAME, Role.SYSTEM, _content(raw, top.at("system"), Role.SYSTEM), {})]


def _message(message: Reader) -> Iterator[Message]:
    role = _ROLES.get(message.need_string("role"))
    if role is None:
        raise InvalidRequest(message.at("role"), "expected user or assistant, found another role")
    raw = message.take("content")
    if raw is None:
        raise InvalidRequest(message.at("content"), "expected a string or blocks, found nothing")
    found = _content(raw, message.at("content"), role)
    beside = message.rest()
    yield from messages_of(NAME, role, found, beside)


def _content(raw: Raw, path: str, role: Role) -> list[Read]:
    if is_string(raw):
        return [Read(Text(text_of(raw)), {})]
    place, _, name = path.rpartition(".")
    items = Reader({name: raw}, place).items(name)
    return [_block(Reader.of(item, f"{path}.{n}"), item, role) for n, item in enumerate(items)]


def _block(block: Reader, raw: Raw, role: Role) -> Read:
    kind = block.need_string("type")
    part: Part
    match kind:
        case "text":
            part = _text(block)
        case "image":
            part = Image(_source(block), cache=block.cache())
        case "document":
            return _document(block, raw)
        case "thinking":
            signature = block.string("signature") or None
            text = block.need_string("thinking")
            producer = None if signature is None else PRODUCER
            part = Reasoning(text, signature, producer=producer, field=kind)
        case "redacted_thinking":
            part = Reasoning(encrypted=block.need_string("data"), producer=PRODUCER, field=kind)
        case "tool_use" if role is Role.ASSISTANT:
            part = _tool_use(block)
        case "tool_result" if role is Role.USER:
            return _tool_result(block)
        case _:
            return Read(Opaque(NAME, kind, Raw(bytes(raw))), {})
    return Read(part, block.rest())


def _text(block: Reader) -> Text:
    text = block.need_string("text")
    cited = block.items("citations")
    try:
        citations = tuple(read_citation(raw) for raw in cited)
    except MALFORMED:
        raise InvalidRequest(block.at("citations"), "expected citations, found others") from None
    return Text(text, block.cache(), citations)


def _source(block: Reader) -> Source:
    """The one source that its type names; what else is said of it is kept."""
    source = block.need_object("source")
    found = _source_of(source)
    for name, raw in source.rest().items():
        block.put(f"{SOURCE}{name}", raw)
    return found


def _source_of(source: Reader) -> Source:
    kind = source.need_string("type")
    match kind:
        case "base64":
            return Inline(source.need_string("media_type"), source.need_string("data"))
        case "url":
            return Url(source.need_string("url"))
        case "file":
            return FileRef(source.need_string("file_id"), PRODUCER)
        case "text":
            source.take("media_type")  # there is one
            return InlineText(source.need_string("data"))
        case _:
            reason = f"expected base64, url, file or text, found {kind[:80]!r}"
            raise InvalidRequest(source.at("type"), reason)


def _document(block: Reader, raw: Raw) -> Read:
    """A document. One made of blocks is said as their text, and its source kept beside it."""
    source = Reader.of(Raw(bytes(decode_raws(raw).get("source", Raw(b"null")))), block.at("source"))
    kept: Raws = {}
    if source.need_string("type") == "content":
        taken = block.take("source")
        assert taken is not None
        kept["source"] = taken
        found: Source = InlineText(_text_of_source(source))
    else:
        found = _source(block)
    wants = block.object("citations")
    part = Document(
        found,
        title=block.string("title"),
        context=block.string("context"),
        wants_citations=bool(wants and wants.boolean("enabled")),
        cache=block.cache(),
    )
    return Read(part, {**kept, **block.rest()})


def _text_of_source(source: Reader) -> str:
    raw = source.take("content")
    if raw is None:
        raise InvalidRequest(source.at("content"), "expected a string or blocks, found nothing")
    found = _content(raw, source.at("content"), Role.USER)
    return "\n".join(read.part.text for read in found if isinstance(read.part, Text))


def _tool_use(block: Reader) -> ToolCall:
    raw = block.take("input")
    if raw is not None and not bytes(raw).startswith(b"{"):
        raise expected("an object", raw, block.at("input"))
    caller = block.take("caller")
    if caller is not None and bytes(caller) not in _CALLED_BY_MODEL:
        block.put("caller", caller)
    return ToolCall(
        block.need_string("id"),
        block.need_string("name"),
        "{}" if raw is None else bytes(raw).decode(),
        cache=block.cache(),
    )


def _tool_result(block: Reader) -> Read:
    call_id = block.need_string("tool_use_id")
    is_error = block.boolean("is_error") or False
    raw = block.take("content")
    found = [] if raw is None else _content(raw, block.at("content"), Role.SYSTEM)
    content: list[Text | Image | Document | Opaque] = []
    rest: Raws = {}
    for number, read in enumerate(found):
        assert isinstance(read.part, Text | Image | Document | Opaque | Reasoning)
        part = read.part
        if isinstance(part, Reasoning):
            reason = "expected text, images or documents, found thinking"
            raise InvalidRequest(f"{block.at('content')}.{number}", reason)
        content.append(part)
        rest |= {f"content[{number}].{name}": each for name, each in read.rest.items()}
    result = ToolResult(call_id, tuple(content), is_error=is_error, cache=block.cache())
    return Read(result, {**rest, **block.rest()})
