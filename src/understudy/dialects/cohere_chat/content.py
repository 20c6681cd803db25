"""Reads messages of a request: who says what, and of which blocks it is made.

Source: API reference, "Chat (v2)", and the types of messages in the official SDK (November 2026).
"""

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Document,
    Image,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Message, Role
from understudy.dialects.cohere_chat.citation import place_of, read_citation
from understudy.dialects.cohere_chat.schema import (
    DOCUMENTS,
    MALFORMED,
    NAME,
    PLAN,
    ROLES,
    Raw,
    Raws,
    decode_any,
    encode,
)
from understudy.dialects.reading import Reader, expected, is_list, is_string, text_of
from understudy.dialects.urls import source_of

_TITLES = ("title", "name")
_TEXTS = ("text", "snippet", "content")


def parse_message(message: Reader) -> Message:
    """Raises: InvalidRequest."""
    role = message.need_string("role")
    if role not in ROLES:
        reason = f"expected {', '.join(sorted(ROLES))}, found {role[:80]!r}"
        raise InvalidRequest(message.at("role"), reason)
    kept: Raws = {}
    parts: list[Part] = []
    if role == "tool":
        parts.append(_result(message, kept))
    else:
        plan = message.string(PLAN)
        if plan:
            parts.append(Reasoning(plan, field=PLAN))
        parts += _blocks(message, kept)
        _cite(message, parts, kept)
        parts += [
            _call(Reader.of(raw, message.at(f"tool_calls.{number}")))
            for number, raw in enumerate(message.items("tool_calls"))
        ]
    kept |= message.rest()
    return Message(Role(role), tuple(parts), extensions={NAME: kept} if kept else {})


def add_documents(messages: tuple[Message, ...], items: list[Raw]) -> tuple[Message, ...]:
    """Put the documents of a request before the words of its last user.

    They are kept as they came, too: this dialect says them again as they were.
    """
    if not items:
        return messages
    at = max(
        (number for number, message in enumerate(messages) if message.role is Role.USER),
        default=None,
    )
    if at is None:
        raise InvalidRequest(DOCUMENTS, "expected a message of the user's that they belong to")
    documents = tuple(
        _document(raw, f"{DOCUMENTS}.{number}", wants_citations=True)
        for number, raw in enumerate(items)
    )
    last = messages[at]
    kept = {**last.extensions.get(NAME, {}), DOCUMENTS: Raw(encode(items))}
    said = Message(last.role, (*documents, *last.parts), last.name, {NAME: kept})
    return (*messages[:at], said, *messages[at + 1 :])


def _blocks(message: Reader, kept: Raws) -> list[Part]:
    raw = message.take("content")
    if raw is None:
        return []
    path = message.at("content")
    if is_string(raw):
        return [Text(text_of(raw))]
    if not is_list(raw):
        raise expected("a string or an array of blocks", raw, path)
    parts: list[Part] = []
    for number, item in enumerate(Reader({"content": raw}, message.path).items("content")):
        block = Reader.of(item, f"{path}.{number}")
        parts.append(_block(block, item))
        if block.rest():  # what others cannot say: this dialect says all as it was
            kept["content"] = Raw(bytes(raw))
    return parts


def _block(block: Reader, raw: Raw) -> Text | Image | Reasoning | Opaque:
    kind = block.string("type") or "text"
    match kind:
        case "text":
            return Text(block.need_string("text"))
        case "thinking":
            return Reasoning(block.need_string("thinking"))
        case "image_url":
            return _image(block)
        case _:
            for name in block.names():
                block.take(name)
            return Opaque(NAME, kind, Raw(bytes(raw)))


def _image(block: Reader) -> Image:
    raw = block.take("image_url")
    if raw is None:
        raise InvalidRequest(block.at("image_url"), "expected an object, found nothing")
    if is_string(raw):
        return Image(source_of(text_of(raw)))
    image = Reader.of(raw, block.at("image_url"))
    made = Image(source_of(image.need_string("url")), image.string("detail"))
    for name, value in image.rest().items():
        block.put(f"image_url.{name}", value)
    return made


def _cite(message: Reader, parts: list[Part], kept: Raws) -> None:
    """Put the citations of an earlier answer to the texts that they are of. Where there is only a
    plan, which cannot hold any, they are kept.
    """
    said = message.items("citations")
    for number, raw in enumerate(said):
        try:
            citation = read_citation(Raw(bytes(raw)))
            block, _ = place_of(citation)
        except MALFORMED:
            raise expected("a citation", raw, message.at(f"citations.{number}")) from None
        content = [at for at, part in enumerate(parts) if not _is_plan(part)]
        texts = [at for at in content if isinstance(parts[at], Text)]
        here = block is not None and block < len(content) and content[block] in texts
        at = content[block] if here and block is not None else None
        at = next(iter(texts), None) if at is None else at
        part = parts[at] if at is not None else None
        if at is not None and isinstance(part, Text):
            parts[at] = Text(part.text, part.cache, (*part.citations, citation))
        else:
            kept["citations"] = Raw(encode(said))


def _is_plan(part: Part) -> bool:
    return isinstance(part, Reasoning) and part.field == PLAN


def _call(call: Reader) -> ToolCall:
    function = call.need_object("function")
    name = function.need_string("name")
    arguments = function.string("arguments") or ""
    # "null" is how a whole answer says that there are none.
    return ToolCall(call.need_string("id"), name, "" if arguments == "null" else arguments)


def _result(message: Reader, kept: Raws) -> ToolResult:
    call_id = message.need_string("tool_call_id")
    path = message.at("content")
    raw = message.take("content")
    if raw is None:
        return ToolResult(call_id, ())
    if is_string(raw):
        return ToolResult(call_id, (Text(text_of(raw)),))
    if not is_list(raw):
        raise expected("a string or an array of blocks", raw, path)
    content: list[Text | Image | Document | Opaque] = []
    items = Reader({"content": raw}, message.path).items("content")
    for number, item in enumerate(items):
        where = f"{path}.{number}"
        if is_string(item):  # the API took them before there were blocks
            content.append(Text(text_of(item)))
            kept["content"] = Raw(bytes(raw))
            continue
        block = Reader.of(item, where)
        if block.peek("document") is not None:
            kept["content"] = Raw(bytes(raw))
            document = block.take("document") or Raw(b"null")
            content.append(_document(document, f"{where}.document", wants_citations=False))
            continue
        part = _block(block, item)
        if isinstance(part, Reasoning):
            raise InvalidRequest(where, "expected a text or a document, found thinking")
        content.append(part)
        if block.rest():
            kept["content"] = Raw(bytes(raw))
    return ToolResult(call_id, tuple(content))


def _document(raw: Raw, path: str, *, wants_citations: bool) -> Document:
    """A document: a text, or an object whose `data` says it field by field (or as JSON)."""
    if is_string(raw):
        return Document(InlineText(text_of(raw)), wants_citations=wants_citations)
    document = Reader.of(raw, path)
    data = document.take("data")
    if data is None:
        raise InvalidRequest(document.at("data"), "expected an object, found nothing")
    text = text_of(data) if is_string(data) else bytes(data).decode()
    fields = None if is_string(data) else decode_any(data)
    if not isinstance(fields, dict):
        return Document(InlineText(text), wants_citations=wants_citations)
    title = next((name for name in _TITLES if isinstance(fields.get(name), str)), None)
    words = next((name for name in _TEXTS if isinstance(fields.get(name), str)), None)
    if words is not None and fields.keys() <= {title, words}:
        text = fields[words]
    return Document(
        InlineText(text),
        None if title is None else fields[title],
        wants_citations=wants_citations,
    )
