"""Reads what messages and outputs of tools are made of: a string, or parts of many types.

Source: OpenAI API reference, "Create a model response", input (2026).
"""

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Citation,
    Document,
    FileRef,
    Image,
    Inline,
    Opaque,
    Part,
    Refusal,
    Source,
    Text,
    Url,
)
from understudy.dialects.openai_responses.annotations import read_annotation
from understudy.dialects.openai_responses.schema import MALFORMED, NAME, PRODUCER, Raw
from understudy.dialects.reading import Reader, expected, is_list, is_string, text_of

Kept = dict[str, Raw]

AUDIO_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}


def parse_content(reader: Reader, name: str) -> list[tuple[Part, Kept]]:
    """Read the content that a field holds: each part with what nobody took of it.

    Raises:
        InvalidRequest: with the path of what is wrong.
    """
    raw = reader.take(name)
    path = reader.at(name)
    if raw is None:
        return []
    if is_string(raw):
        return [(Text(text_of(raw)), {})]
    if not is_list(raw):
        raise expected("a string or an array of parts", raw, path)
    found: list[tuple[Part, Kept]] = []
    for number, item in enumerate(Reader({name: raw}, reader.path).items(name)):
        part = Reader.of(item, f"{path}[{number}]")
        made = _part(part, item)
        found.append((made, {} if isinstance(made, Opaque) else part.rest()))
    return found


def _part(part: Reader, raw: Raw) -> Part:
    kind = part.need_string("type")
    match kind:
        case "input_text" | "text" | "summary_text" | "reasoning_text":
            return Text(part.need_string("text"))
        case "output_text":
            return _output_text(part)
        case "refusal":
            return Refusal(part.need_string("refusal"))
        case "input_image":
            return _image(part)
        case "input_file":
            return _file(part)
        case "input_audio":
            return _audio(part)
        case _:
            return Opaque(NAME, kind, Raw(bytes(raw)))


def _output_text(part: Reader) -> Text:
    """What the model said. How likely its tokens were is kept: no other dialect takes that back."""
    if bytes(part.peek("logprobs") or b"") == b"[]":
        part.take("logprobs")
    text = part.need_string("text")
    try:
        cited: tuple[Citation, ...] = tuple(map(read_annotation, part.items("annotations")))
    except MALFORMED:
        raise InvalidRequest(part.at("annotations"), "expected annotations, found others") from None
    return Text(text, citations=cited)


def _image(part: Reader) -> Image:
    """A picture. An id may stand beside its address, which everybody reads: the id is kept."""
    url = part.string("image_url")
    if url is not None:
        source = source_of(url)
    elif (id_ := part.string("file_id")) is not None:
        source = FileRef(id_, PRODUCER)
    else:
        raise InvalidRequest(part.path, "expected image_url or file_id, found neither")
    return Image(source, part.string("detail"))


def _file(part: Reader) -> Document:
    """A file. Of several sources the one that most can read is taken, and the others are kept."""
    if (data := part.string("file_data")) is not None:
        source = source_of(data) if data.startswith("data:") else Inline("", data)
    elif (url := part.string("file_url")) is not None:
        source = Url(url)
    elif (id_ := part.string("file_id")) is not None:
        source = FileRef(id_, PRODUCER)
    else:
        raise InvalidRequest(part.path, "expected file_data, file_url or file_id, found none")
    return Document(source, part.string("filename"))


def _audio(part: Reader) -> Audio:
    audio = part.need_object("input_audio")
    data, form = audio.need_string("data"), audio.need_string("format")
    for name, raw in audio.rest().items():
        part.put(f"input_audio.{name}", raw)
    return Audio(Inline(AUDIO_TYPES.get(form, f"audio/{form}"), data))


def source_of(url: str) -> Source:
    """A data: URL holds its bytes (RFC 2397); any other names them."""
    if url.startswith("data:"):
        head, comma, data = url.partition(",")
        if comma and head.endswith(";base64"):
            return Inline(head[len("data:") : -len(";base64")], data)
    return Url(url)
