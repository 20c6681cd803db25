"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.openai_chat.schema import (
    FORMAT_CAPABILITIES,
    PART_CAPABILITIES,
    GlancedMessage,
    GlancedRequest,
    decode_glanced,
    decode_glanced_messages,
    decode_part_types,
)
from understudy.dialects.reading import Reader, expected
from understudy.dialects.toplevel import Raws, read_object

_MODALITY_AUDIO = b'"audio"'


def glance(body: bytes) -> Glance:
    """Raises: InvalidRequest."""
    raws = read_object(body)
    try:
        seen = decode_glanced(body)
    except (msgspec.MsgspecError, RecursionError):
        return _glance_closely(body, raws)
    limit = seen.max_completion_tokens
    if limit is None:
        limit = seen.max_tokens or 0
    if not seen.model or not seen.messages or limit < 0:
        return _glance_closely(body, raws)
    options = seen.stream_options
    return Glance(
        model=seen.model,
        stream=seen.stream is True,
        needs=Needs(_needs(seen), input_tokens=len(body) // 3, output_tokens=limit),
        wants_usage=options is not None and options.include_usage is True,
    )


def _needs(seen: GlancedRequest) -> frozenset[Capability]:
    capabilities = set()
    for message in seen.messages:
        if type(message.content) is list:
            kinds = {part.type for part in message.content}
            capabilities |= {PART_CAPABILITIES[kind] for kind in kinds & PART_CAPABILITIES.keys()}
    if seen.messages[-1].role == "assistant":
        capabilities.add(Capability.PREFILL)
    if seen.stream:
        capabilities.add(Capability.STREAMING)
    if seen.tools or seen.functions:
        capabilities.add(Capability.TOOLS)
    if seen.response_format is not None and seen.response_format.type in FORMAT_CAPABILITIES:
        capabilities.add(FORMAT_CAPABILITIES[seen.response_format.type])
    return frozenset(capabilities)


def _glance_closely(body: bytes, raws: Raws) -> Glance:
    """Read what the schema refuses: say what is wrong with it, or take it as it is."""
    top = Reader(raws)
    model = top.need_string("model")
    if not model:
        raise InvalidRequest("model", "expected the name of a model, found an empty string")
    capabilities = _message_needs(_messages(raws))
    stream = top.boolean("stream") or False
    if stream:
        capabilities.add(Capability.STREAMING)
    _field_needs(raws, top, capabilities)
    return Glance(
        model=model,
        stream=stream,
        needs=Needs(
            frozenset(capabilities), input_tokens=len(body) // 3, output_tokens=_limit(top) or 0
        ),
        wants_usage=_wants_usage(top),
    )


def _messages(raws: Raws) -> list[GlancedMessage]:
    raw = raws.get("messages")
    if raw is None:
        raise InvalidRequest("messages", "expected an array of messages, found nothing")
    try:
        messages = decode_glanced_messages(raw)
    except msgspec.MsgspecError:
        raise _blame(raw) from None
    if not messages:
        raise InvalidRequest("messages", "expected at least one message, found none")
    return messages


def _blame(raw: msgspec.Raw) -> InvalidRequest:
    """Say which message is none. Raises it itself where it is the first to find out."""
    items = Reader({"messages": raw}).items("messages")
    if not items:
        return expected("an array of messages", raw, "messages")
    for number, item in enumerate(items):
        path = f"messages[{number}]"
        Reader.of(item, path).need_string("role")
    return InvalidRequest("messages", "expected an array of messages, found something else")


def _message_needs(messages: list[GlancedMessage]) -> set[Capability]:
    capabilities = set()
    for message in messages:
        content = message.content
        if len(content) > 2 and bytes(content).startswith(b"["):
            capabilities |= _part_needs(content)
    if messages[-1].role == "assistant":
        capabilities.add(Capability.PREFILL)
    return capabilities


def _part_needs(content: msgspec.Raw) -> set[Capability]:
    try:
        kinds = decode_part_types(content)
    except msgspec.MsgspecError:
        return set()  # whoever reads the message in full says what is wrong with it
    return {PART_CAPABILITIES[kind.type] for kind in kinds if kind.type in PART_CAPABILITIES}


def _field_needs(raws: Raws, top: Reader, capabilities: set[Capability]) -> None:
    if "tools" in raws and top.items("tools"):
        capabilities.add(Capability.TOOLS)
    if "functions" in raws and top.items("functions"):
        capabilities.add(Capability.TOOLS)
    if "response_format" in raws:
        wanted = top.object("response_format")
        kind = None if wanted is None else wanted.string("type")
        if kind in FORMAT_CAPABILITIES:
            capabilities.add(FORMAT_CAPABILITIES[kind])
    if "modalities" in raws and any(
        bytes(item) == _MODALITY_AUDIO for item in top.items("modalities")
    ):
        capabilities.add(Capability.AUDIO_OUTPUT)


def _limit(top: Reader) -> int | None:
    newer = top.integer("max_completion_tokens")
    older = top.integer("max_tokens")
    limit = older if newer is None else newer
    if limit is not None and limit < 0:
        raise InvalidRequest("max_tokens", f"expected a positive number, found {limit}")
    return limit


def _wants_usage(top: Reader) -> bool:
    options = top.object("stream_options")
    return options is not None and options.boolean("include_usage") is True
