"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.anthropic_messages.schema import (
    GlancedMessage,
    TypedItem,
    decode_config,
    decode_glanced_messages,
    decode_typed_items,
)
from understudy.dialects.base import Glance
from understudy.dialects.reading import Reader, expected
from understudy.dialects.toplevel import Raws, read_object

_WORDS = (b'"image"', b'"document"')
_MAY_ESCAPE = b"\\u00"
_BLOCKS = {"image": Capability.VISION, "document": Capability.DOCUMENTS}
_ROLES = frozenset({"user", "assistant", "system"})


def glance(body: bytes) -> Glance:
    """Raises: InvalidRequest."""
    raws = read_object(body)
    top = Reader(dict(raws))
    model = top.need_string("model")
    if not model:
        raise InvalidRequest("model", "expected the name of a model, found an empty string")
    limit = top.integer("max_tokens")
    if limit is None:
        raise InvalidRequest("max_tokens", "expected a number of tokens, found nothing")
    if limit < 0:
        raise InvalidRequest("max_tokens", f"expected a positive number, found {limit}")
    messages = _messages(raws)
    capabilities = set()
    if messages[-1].role == "assistant":
        capabilities.add(Capability.PREFILL)
    if any(word in body for word in _WORDS) or _MAY_ESCAPE in body:
        for message in messages:
            _look_into(message.content, capabilities)
    stream = top.boolean("stream") or False
    if stream:
        capabilities.add(Capability.STREAMING)
    _field_needs(raws, top, capabilities)
    needs = Needs(frozenset(capabilities), input_tokens=len(body) // 3, output_tokens=limit)
    return Glance(model=model, stream=stream, needs=needs)


def _messages(raws: Raws) -> list[GlancedMessage]:
    raw = raws.get("messages")
    if raw is None:
        raise InvalidRequest("messages", "expected an array of messages, found nothing")
    try:
        messages = decode_glanced_messages(raw)
    except msgspec.MsgspecError:
        _blame(raw)
        raise InvalidRequest("messages", "expected an array of messages") from None
    if not messages:
        raise InvalidRequest("messages", "expected at least one message, found none")
    for number, message in enumerate(messages):
        if message.role not in _ROLES:
            reason = f"expected user or assistant, found {message.role[:80]!r}"
            raise InvalidRequest(f"messages.{number}.role", reason)
    return messages


def _blame(raw: msgspec.Raw) -> None:
    """Say which message is none."""
    for number, item in enumerate(Reader({"messages": raw}).items("messages")):
        message = Reader.of(item, f"messages.{number}")
        message.need_string("role")
        if message.take("content") is None:
            raise InvalidRequest(
                message.at("content"), "expected a string or blocks, found nothing"
            )


def _look_into(content: msgspec.Raw, capabilities: set[Capability]) -> None:
    """Note what the blocks need, those inside tool results as well."""
    if not bytes(content).startswith(b"["):
        return
    try:
        items: list[TypedItem] = decode_typed_items(content)
    except msgspec.MsgspecError:
        return  # whoever reads the message in full says what is wrong with it
    for item in items:
        if item.type in _BLOCKS:
            capabilities.add(_BLOCKS[item.type])
        elif item.type == "tool_result":
            _look_into(item.content, capabilities)


def _field_needs(raws: Raws, top: Reader, capabilities: set[Capability]) -> None:
    if "tools" in raws and top.items("tools"):
        capabilities.add(Capability.TOOLS)
    for name in ("output_config", "output_format", "thinking"):
        if name not in raws or bytes(raws[name]) == b"null":
            continue
        try:
            config = decode_config(raws[name])
        except msgspec.MsgspecError:
            if not bytes(raws[name]).startswith(b"{"):
                raise expected("an object", raws[name], name) from None
            continue
        if name == "thinking":
            if config.type not in {"disabled", None}:
                capabilities.add(Capability.REASONING)
        elif name == "output_format" or config.format is not None:
            capabilities.add(Capability.JSON_SCHEMA)
