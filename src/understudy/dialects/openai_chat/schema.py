"""The shapes of this dialect, as loose as its providers made them. Only here may `Any` show.

Sources: OpenAI API reference, "Chat Completions" (2026); the vendors' own pages for what they add.
"""

from typing import Any, Literal

import msgspec

from understudy.chat.endpoint import Capability

Raw = msgspec.Raw

NAME = "openai_chat"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PART_CAPABILITIES = {
    "image_url": Capability.VISION,
    "image": Capability.VISION,
    "input_audio": Capability.AUDIO_INPUT,
    "audio_url": Capability.AUDIO_INPUT,
    "file": Capability.DOCUMENTS,
    "document_url": Capability.DOCUMENTS,
}
"""What a content part of a type needs of a target."""

FORMAT_CAPABILITIES = {
    "json_schema": Capability.JSON_SCHEMA,
    "json_object": Capability.JSON_MODE,
}
"""What a response format needs of a target."""


class GlancedMessage(msgspec.Struct, gc=False):
    role: str
    content: Raw = Raw()


class GlancedPart(msgspec.Struct, gc=False):
    type: str = ""


class GlancedText(msgspec.Struct):
    """A message as most are: text, or typed parts."""

    role: str
    content: str | list[GlancedPart] | None = None


class GlancedFormat(msgspec.Struct, gc=False):
    type: str | None = None


class GlancedOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class GlancedRequest(msgspec.Struct):
    """What routing needs of a request; the rarest things that it needs are refused here."""

    model: str
    messages: list[GlancedText]
    stream: bool | None = None
    stream_options: GlancedOptions | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    tools: list[Raw] | None = None
    functions: list[Raw] | None = None
    response_format: GlancedFormat | None = None
    modalities: None = None


class PlainMessage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A message that says text, and nothing else."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str


class PlainFunction(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    arguments: str
    name: None = None


class PlainCall(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """More arguments of a call that has begun."""

    index: int
    function: PlainFunction
    id: None = None
    type: Raw = Raw()


class PlainDelta(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A delta that says more text, thoughts, or arguments of one call."""

    content: str | None = None
    role: Literal["assistant"] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: None = None
    tool_calls: tuple[PlainCall] | None = None
    function_call: None = None
    audio: None = None
    token_id: Raw = Raw()


class PlainChoice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The first choice, going on, with nothing beside its delta."""

    delta: PlainDelta
    index: Literal[0] = 0
    finish_reason: None = None
    logprobs: None = None
    native_finish_reason: None = None
    stop_reason: None = None
    seed: None = None
    text: str = ""


class PlainChunk(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The chunk that most of a stream is made of. What it repeats of the first is not read."""

    choices: tuple[PlainChoice]
    id: Raw = Raw()
    object: Raw = Raw()
    created: Raw = Raw()
    model: Raw = Raw()
    system_fingerprint: Raw = Raw()
    service_tier: Raw = Raw()
    provider: Raw = Raw()
    obfuscation: Raw = Raw()
    p: Raw = Raw()
    usage: None = None


NOISE = frozenset({"obfuscation", "p"})
"""Padding against guessing text from packet sizes: carries nothing, kept nowhere."""

decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_glanced_messages = msgspec.json.Decoder(list[GlancedMessage]).decode
decode_part_types = msgspec.json.Decoder(list[GlancedPart]).decode
decode_plain_message = msgspec.json.Decoder(PlainMessage).decode
decode_plain = msgspec.json.Decoder(PlainChunk).decode


class Detail(msgspec.Struct, gc=False):
    """One element of `reasoning_details` (OpenRouter, "Reasoning tokens")."""

    type: str = ""
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None
    format: str | None = None
    id: str | None = None


class UrlCitation(msgspec.Struct, gc=False):
    url: str | None = None
    title: str | None = None
    content: str | None = None
    start_index: float | None = None
    end_index: float | None = None


class Annotation(msgspec.Struct, gc=False):
    type: str = ""
    url_citation: UrlCitation | None = None


decode_raws = msgspec.json.Decoder(dict[str, Raw]).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_string = msgspec.json.Decoder(str).decode
decode_detail = msgspec.json.Decoder(Detail).decode
decode_annotation = msgspec.json.Decoder(Annotation).decode
decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.encode


def decode_tree(raw: Raw | bytes) -> dict[str, Any]:
    """Decode an object whose depth is the vendor's business; {} for anything else."""
    tree = decode_any(raw)
    return tree if isinstance(tree, dict) else {}


def read_detail(raw: Raw) -> Detail:
    """One of another shape says nothing that is understood; it is kept as it came."""
    try:
        return decode_detail(raw)
    except msgspec.MsgspecError:
        return Detail()


def read_annotation(raw: Raw) -> Annotation:
    """One of another shape cites nothing that is understood; it is kept as it came."""
    try:
        return decode_annotation(raw)
    except msgspec.MsgspecError:
        return Annotation()


def whole_number(value: float | None) -> int | None:
    """A place in a text, its fraction cut off."""
    return None if value is None else int(value)


def is_text(raw: Raw) -> bool:
    """Whether a value is a string."""
    return bytes(raw).startswith(b'"')


def is_nothing(raw: Raw) -> bool:
    """Whether a field says nothing at all."""
    return bytes(raw) in _NOTHING


def merge(old: Any, new: Any) -> Any:  # noqa: ANN401 - any JSON
    """Add what a later chunk says to what earlier ones said: objects by field, lists end to end."""
    if new is None:
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: merge(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    return new


def merged(raws: list[Raw]) -> Raw:
    """Join what was said of one field in several chunks into what a whole answer says."""
    if len(raws) == 1:
        return raws[0]
    tree = decode_any(raws[0])
    for raw in raws[1:]:
        tree = merge(tree, decode_any(raw))
    return Raw(encode(tree))


_NOTHING = frozenset({b"null", b"[]", b"{}", b'""'})
