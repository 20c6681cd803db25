"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.gemini_generate.address import ARRAY, EVENTS, is_as_events, read_path
from understudy.dialects.gemini_generate.schema import Raw, Raws, camel, word
from understudy.dialects.reading import ProtoReader, Reader
from understudy.dialects.toplevel import read_object

C = Capability
_NOTHING = frozenset({b"0", b'"0"'})


class Media(msgspec.Struct, gc=False):
    mimeType: str | None = None  # noqa: N815 - their name
    mime_type: str | None = None


class Part(msgspec.Struct, gc=False):
    inlineData: Media | None = None  # noqa: N815 - their name
    inline_data: Media | None = None
    fileData: Media | None = None  # noqa: N815 - their name
    file_data: Media | None = None


class Content(msgspec.Struct, gc=False):
    role: str | None = None
    parts: list[Part] | Part | None = None


_contents = msgspec.json.Decoder(list[Content] | Content).decode
_config = msgspec.json.Decoder(Raws).decode


def glance(body: bytes, path: str = "") -> Glance:
    """Raises: InvalidRequest."""
    top = camel(read_object(body))
    model, stream = read_path(path, _model(top))
    if not model:
        raise InvalidRequest("model", "expected the name of a model in the path, found none")
    try:
        found = _contents(top.get("contents", Raw(b"[]")))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRequest("contents", f"expected contents, found others: {error}") from None
    contents = found if isinstance(found, list) else [found]
    if not contents:
        raise InvalidRequest("contents", "expected at least one content, found none")
    config = _object(top, "generationConfig")
    needed = _of_config(config) | {
        need for content in contents for part in _parts(content) for need in _of_part(part)
    }
    if stream:
        needed.add(C.STREAMING)
    if (contents[-1].role or "").lower() == "model":
        needed.add(C.PREFILL)
    if ProtoReader(dict(top)).items("tools"):
        needed.add(C.TOOLS)
    limit = ProtoReader(config, "generationConfig").number("maxOutputTokens") or 0
    needs = Needs(frozenset(needed), input_tokens=len(body) // 3, output_tokens=max(0, int(limit)))
    leaf = "" if not stream else EVENTS if is_as_events(path) else ARRAY
    return Glance(model=model, stream=stream, needs=needs, leaf=leaf)


def _model(top: Raws) -> str:
    raw = top.get("model")
    try:
        return word(raw)
    except msgspec.MsgspecError:
        raise InvalidRequest("model", "expected a string, found another value") from None


def _object(top: Raws, name: str) -> Raws:
    raw = Reader(dict(top)).take(name)
    if raw is None:
        return {}
    try:
        return camel(_config(raw), name)
    except msgspec.MsgspecError:
        raise InvalidRequest(name, "expected an object, found another value") from None


def _parts(content: Content) -> list[Part]:
    found = content.parts or []
    return found if isinstance(found, list) else [found]


def _of_part(part: Part) -> set[Capability]:
    for media in (part.inlineData, part.inline_data, part.fileData, part.file_data):
        if media is None:
            continue
        kind = media.mimeType or media.mime_type or ""
        if kind.startswith("audio/"):
            return {C.AUDIO_INPUT}
        if kind == "application/pdf" or kind.startswith("text/"):
            return {C.DOCUMENTS}
        return {C.VISION}
    return set()


def _of_config(config: Raws) -> set[Capability]:
    needed: set[Capability] = set()
    if config.keys() & {"responseSchema", "responseJsonSchema", "_responseJsonSchema"}:
        needed.add(C.JSON_SCHEMA)
    elif bytes(config.get("responseMimeType", Raw())) == b'"application/json"':
        needed.add(C.JSON_MODE)
    thinking = _object(config, "thinkingConfig")
    budget = bytes(thinking.get("thinkingBudget", Raw()))
    if thinking.keys() & {"thinkingBudget", "thinkingLevel"} and budget not in _NOTHING:
        needed.add(C.REASONING)
    spoken = ProtoReader(dict(config)).items("responseModalities")
    if any(bytes(raw) in {b'"AUDIO"', b"3"} for raw in spoken):
        needed.add(C.AUDIO_OUTPUT)
    return needed
