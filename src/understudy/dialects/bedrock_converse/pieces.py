"""One block of a request as a part, and the fields that the part has no place for."""

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Reasoning,
    Source,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Role
from understudy.dialects.bedrock_converse.block import HOSTED
from understudy.dialects.bedrock_converse.citations import read_citation
from understudy.dialects.bedrock_converse.media import (
    AUDIO,
    DOCUMENTS,
    IMAGES,
    format_of_address,
    media_type,
)
from understudy.dialects.bedrock_converse.schema import (
    CITED,
    MALFORMED,
    NAME,
    PRODUCER,
    REDACTED,
    Raw,
    Raws,
    decode_raws,
    encode,
    member,
)
from understudy.dialects.block_turns import Read
from understudy.dialects.reading import Reader, expected

TRUE = Raw(b"true")
JSON = "json"
GUARDED = "guardContent"


def read_block(block: Reader, raw: Raw, role: Role) -> Read:
    """Read one block of a message. Raises: InvalidRequest."""
    name = member(decode_raws(raw))
    match name:
        case "text":
            return Read(Text(block.need_string(name)), block.rest())
        case "image":
            return _image(block.need_object(name))
        case "document":
            return _document(block.need_object(name))
        case "audio":
            return _audio(block.need_object(name), raw)
        case "guardContent":
            return _guarded(block.need_object(name), raw)
        case "":
            reason = "expected a block with one member, found none"
            raise InvalidRequest(block.path, reason)
        case _:
            return _of_turn(name, block, raw, role)


def _of_turn(name: str, block: Reader, raw: Raw, role: Role) -> Read:
    """A block that only the model or only the user says."""
    match name:
        case "toolUse" if role is Role.ASSISTANT:
            return _call(block.need_object(name), raw)
        case "toolResult" if role is Role.USER:
            return _result(block.need_object(name))
        case "reasoningContent" if role is Role.ASSISTANT:
            return _thought(block.need_object(name), raw)
        case "citationsContent":
            return _cited(block.need_object(name))
        case _:
            return Read(Opaque(NAME, name, Raw(bytes(raw))), {})


def _image(image: Reader) -> Read:
    kind = image.need_string("format")
    source = image.need_object("source")
    return _placed(Image(_bytes(source, media_type(IMAGES, kind))), image, source, kind)


def _placed(part: Image | Document, outer: Reader, source: Reader, kind: str | None) -> Read:
    """Keep the format where the part's source does not show it, and what else was said."""
    rest = outer.rest()
    found = part.source
    kinds = IMAGES if isinstance(part, Image) else DOCUMENTS
    if isinstance(found, FileRef) and kind and format_of_address(kinds, found.id) != kind:
        rest["format"] = Raw(encode(kind))
    if source.rest():
        rest["owner"] = Raw(encode(source.rest()))
    return Read(part, rest)


def _bytes(source: Reader, media: str) -> Source:
    data = source.string("bytes")
    if data is not None:
        return Inline(media, data)
    place = source.object("s3Location")
    if place is None:
        raise InvalidRequest(source.path, "expected bytes or s3Location, found neither")
    found = FileRef(place.need_string("uri"), PRODUCER)
    owner = place.take("bucketOwner")
    if owner is not None:
        source.put("bucketOwner", owner)
    return found


def _document(document: Reader) -> Read:
    kind = document.string("format")
    title = document.need_string("name")
    source = document.need_object("source")
    kept: Raws = {}
    text = source.string("text")
    pieces = source.peek("content")
    found: Source
    if text is not None:
        found = InlineText(text)
        if kind is not None:
            kept["format"] = Raw(encode(kind))
    elif pieces is not None:
        kept["content"] = Raw(bytes(pieces))
        if kind is not None:
            kept["format"] = Raw(encode(kind))
        items = [Reader.of(each, source.at("content")) for each in source.items("content")]
        found = InlineText("\n".join(each.string("text") or "" for each in items))
    else:
        found = _bytes(source, media_type(DOCUMENTS, kind or "txt"))
    wants = document.object("citations")
    part = Document(
        found,
        title=title,
        context=document.string("context"),
        wants_citations=bool(wants and wants.boolean("enabled")),
    )
    read = _placed(part, document, source, kind)
    return Read(part, {**read.rest, **kept})


def _audio(audio: Reader, raw: Raw) -> Read:
    kind = audio.need_string("format")
    data = audio.need_object("source").string("bytes")
    if data is None or audio.rest():
        return Read(Opaque(NAME, "audio", Raw(bytes(raw))), {})
    return Read(Audio(Inline(media_type(AUDIO, kind), data)), {})


def _call(call: Reader, raw: Raw) -> Read:
    kind = call.peek("type")
    if kind is not None and bytes(kind) == HOSTED:
        return Read(Opaque(NAME, "toolUse", Raw(bytes(raw))), {})
    given = call.take("input")
    if given is not None and not bytes(given).startswith(b"{"):
        raise expected("an object", given, call.at("input"))
    part = ToolCall(
        call.need_string("toolUseId"),
        call.need_string("name"),
        "{}" if given is None else bytes(given).decode(),
    )
    return Read(part, call.rest())


def _result(result: Reader) -> Read:
    call_id = result.need_string("toolUseId")
    status = result.string("status")
    content: list[Text | Image | Document | Opaque] = []
    rest: Raws = {}
    for number, item in enumerate(result.items("content")):
        read = _inner(Reader.of(item, f"{result.at('content')}.{number}"), item)
        assert isinstance(read.part, Text | Image | Document | Opaque)
        content.append(read.part)
        rest |= {f"content[{number}].{name}": each for name, each in read.rest.items()}
    part = ToolResult(call_id, tuple(content), is_error=status == "error")
    if status not in {None, "error", "success"}:
        rest["status"] = Raw(encode(status))
    return Read(part, {**rest, **result.rest()})


def _inner(block: Reader, raw: Raw) -> Read:
    """One block of a tool's result: JSON is its own text, exactly as it was written."""
    name = member(decode_raws(raw))
    match name:
        case "text":
            return Read(Text(block.need_string(name)), block.rest())
        case "json":
            said = block.take(name)
            assert said is not None
            return Read(Text(bytes(said).decode()), {JSON: TRUE, **block.rest()})
        case "image":
            return _image(block.need_object(name))
        case "document":
            return _document(block.need_object(name))
        case "":
            raise InvalidRequest(block.path, "expected a block with one member, found none")
        case _:
            return Read(Opaque(NAME, name, Raw(bytes(raw))), {})


def _guarded(guarded: Reader, raw: Raw) -> Read:
    """What a guardrail shall look at: text or a picture like any other for everybody else."""
    text = guarded.object("text")
    if text is not None:
        part = Text(text.need_string("text"))
        return Read(part, {GUARDED: Raw(encode(text.rest()))})
    image = guarded.object("image")
    if image is None:
        return Read(Opaque(NAME, GUARDED, Raw(bytes(raw))), {})
    read = _image(image)
    return Read(read.part, {**read.rest, GUARDED: Raw(b"{}")})


def _thought(thought: Reader, raw: Raw) -> Read:
    hidden = thought.string(REDACTED)
    if hidden is not None:
        return Read(Reasoning(encrypted=hidden, producer=PRODUCER, field=REDACTED), thought.rest())
    spoken = thought.object("reasoningText")
    if spoken is None:
        return Read(Opaque(NAME, "reasoningContent", Raw(bytes(raw))), {})
    text = spoken.need_string("text")
    signature = spoken.string("signature") or None
    producer = None if signature is None else PRODUCER
    part = Reasoning(text, signature, producer=producer, field="reasoningContent")
    return Read(part, {**spoken.rest(), **thought.rest()})


def _cited(cited: Reader) -> Read:
    pieces = [Reader.of(each, cited.at("content")) for each in cited.items("content")]
    text = "".join(each.string("text") or "" for each in pieces)
    try:
        citations = tuple(read_citation(raw) for raw in cited.items("citations"))
    except MALFORMED:
        raise InvalidRequest(cited.at("citations"), "expected citations, found others") from None
    rest = cited.rest() if citations else {CITED: TRUE, **cited.rest()}
    return Read(Text(text, citations=citations), rest)
