"""Reads content: a string, or parts of many types, some of them one vendor's own."""

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Document,
    FileRef,
    Image,
    Inline,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Source,
    Text,
    Url,
)
from understudy.dialects.openai_chat.schema import NAME, Raw
from understudy.dialects.reading import Reader, expected, is_list, is_string, text_of

Kept = dict[str, Raw]

AUDIO_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_NOTHING = Raw(b"null")
UNKNOWN_PRODUCER = ""
"""Who keeps a file that a request names by its id: this dialect does not say."""


def parse_content(message: Reader, kept: Kept) -> tuple[Part, ...]:
    """Read the content of a message; fields of parts that have no neutral word go into `kept`.

    Raises:
        InvalidRequest: with the path of what is wrong.
    """
    raw = message.take("content")
    path = message.at("content")
    if raw is None:
        return ()
    if is_string(raw):
        return (Text(text_of(raw)),)
    if not is_list(raw):
        raise expected("a string or an array of parts", raw, path)
    parts = []
    for number, item in enumerate(Reader({"content": raw}, message.path).items("content")):
        part = Reader.of(item, f"{path}[{number}]")
        parts.append(_part(part, item))
        if not isinstance(parts[-1], Opaque):
            kept |= {f"content[{number}].{name}": value for name, value in part.rest().items()}
    return tuple(parts)


def _part(part: Reader, raw: Raw) -> Part:
    kind = part.need_string("type")
    match kind:
        case "text":
            return Text(part.need_string("text"), part.cache())
        case "refusal":
            return Refusal(part.need_string("refusal"))
        case "image_url":
            return _image(part)
        case "input_audio":
            return _audio(part, raw)
        case "file":
            return _file(part, raw)
        case "document_url":
            source = source_of(part.need_string("document_url"))
            return Document(source, part.string("document_name"), cache=part.cache())
        case "thinking":
            return _thinking(part)
        case _:
            return Opaque(NAME, kind, raw)


def _image(part: Reader) -> Image:
    raw = part.take("image_url")
    if raw is None:
        raise InvalidRequest(part.at("image_url"), "expected an object, found nothing")
    if is_string(raw):  # Mistral
        return Image(source_of(text_of(raw)), cache=part.cache())
    image = Reader.of(raw, part.at("image_url"))
    made = Image(source_of(image.need_string("url")), image.string("detail"), part.cache())
    _keep_inner(part, image, "image_url")
    return made


def _audio(part: Reader, raw: Raw) -> Audio | Opaque:
    if is_string(part.peek("input_audio") or _NOTHING):
        return _mistral_audio(part.need_string("input_audio"), raw)
    audio = part.need_object("input_audio")
    data, kind = audio.need_string("data"), audio.need_string("format")
    made = Audio(Inline(AUDIO_TYPES.get(kind, f"audio/{kind}"), data))
    _keep_inner(part, audio, "input_audio")
    return made


def _mistral_audio(said: str, raw: Raw) -> Audio | Opaque:
    """Sound as a text: a data: URL says its type; base64 and addresses do not, and stay as they
    are (docs.mistral.ai, "Chat with Audio", November 2026).
    """
    source = source_of(said)
    return Audio(source) if isinstance(source, Inline) else Opaque(NAME, "input_audio", raw)


def _file(part: Reader, raw: Raw) -> Document | Opaque:
    """A file. Of bytes and an id, which may stand side by side, bytes are what everybody reads."""
    if part.has("file_id") and not part.has("file"):  # Mistral's files are known by their id alone
        return Opaque(NAME, "file", raw)
    file = part.need_object("file")
    name = file.string("filename")
    data = file.string("file_data")
    if data is not None:
        source = _file_data(data)
    elif (id_ := file.string("file_id")) is not None:
        source = FileRef(id_, UNKNOWN_PRODUCER)
    else:
        reason = "expected file_data or file_id, found neither"
        raise InvalidRequest(file.path, reason)
    made = Document(source, name, cache=part.cache())
    _keep_inner(part, file, "file")
    return made


def _file_data(data: str) -> Source:
    """A data: URL, a URL (OpenRouter), or bare base64."""
    if data.startswith(("data:", "https:", "http:")):
        return source_of(data)
    return Inline("", data)


def _thinking(part: Reader) -> Reasoning:
    """Mistral's thoughts: text, or a list of texts and of what they refer to."""
    raw = part.take("thinking")
    text = ""
    if raw is not None and is_string(raw):
        text = text_of(raw)
    elif raw is not None:
        pieces = Reader({"thinking": raw}, part.path).items("thinking")
        for number, item in enumerate(pieces):
            piece = Reader.of(item, f"{part.at('thinking')}[{number}]")
            text += piece.string("text") or ""
            if piece.rest().keys() - {"type"}:
                part.put("thinking", raw)
    return Reasoning(text, part.string("signature"), field="content.thinking")


def _keep_inner(part: Reader, inner: Reader, name: str) -> None:
    """Move what nobody took of an inner object out, so that it is kept with the part."""
    for key, raw in inner.rest().items():
        part.put(f"{name}.{key}", raw)


def source_of(url: str) -> Source:
    """A data: URL holds its bytes (RFC 2397); any other names them."""
    if url.startswith("data:"):
        head, comma, data = url.partition(",")
        if comma and head.endswith(";base64"):
            return Inline(head[len("data:") : -len(";base64")], data)
    return Url(url)
