"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.anthropic_messages.schema import (
    GlancedMessage,
    GlancedRequest,
    Raw,
    TypedItem,
    decode_glanced,
    decode_typed_items,
)
from understudy.dialects.base import Glance
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import Raws, read_object

_BLOCKS = {"image": Capability.VISION, "document": Capability.DOCUMENTS}
_ROLES = frozenset({"user", "assistant", "system"})


def glance(body: bytes) -> Glance:
    """Raises: InvalidRequest."""
    raws = read_object(body)
    try:
        seen = decode_glanced(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        _blame(raws)
        raise InvalidRequest("messages", f"the body is no request: {error}") from None
    if not seen.model:
        raise InvalidRequest("model", "expected the name of a model, found an empty string")
    if seen.max_tokens < 0:
        reason = f"expected a positive number, found {seen.max_tokens}"
        raise InvalidRequest("max_tokens", reason)
    _check(seen.messages)
    needs = Needs(_capabilities(seen), input_tokens=len(body) // 3, output_tokens=seen.max_tokens)
    return Glance(model=seen.model, stream=seen.stream or False, needs=needs)


def _check(messages: list[GlancedMessage]) -> None:
    if not messages:
        raise InvalidRequest("messages", "expected at least one message, found none")
    for number, message in enumerate(messages):
        if message.role not in _ROLES:
            reason = f"expected user or assistant, found {message.role[:80]!r}"
            raise InvalidRequest(f"messages.{number}.role", reason)


def _capabilities(seen: GlancedRequest) -> frozenset[Capability]:
    needed: set[Capability] = set()
    for message in seen.messages:
        if type(message.content) is list:
            _look_at(message.content, needed)
    if seen.messages[-1].role == "assistant":
        needed.add(Capability.PREFILL)
    if seen.stream:
        needed.add(Capability.STREAMING)
    if seen.tools:
        needed.add(Capability.TOOLS)
    if seen.thinking is not None and seen.thinking.type not in {"disabled", None}:
        needed.add(Capability.REASONING)
    config = seen.output_config
    if seen.output_format is not None or (config is not None and _is_there(config.format)):
        needed.add(Capability.JSON_SCHEMA)
    return frozenset(needed)


def _is_there(raw: Raw) -> bool:
    return bytes(raw) not in {b"", b"null"}


def _look_at(items: list[TypedItem], needed: set[Capability]) -> None:
    """Note what the blocks need, those inside tool results as well."""
    for item in items:
        if item.type in _BLOCKS:
            needed.add(_BLOCKS[item.type])
        elif item.type == "tool_result" and bytes(item.content).startswith(b"["):
            try:
                _look_at(decode_typed_items(item.content), needed)
            except (msgspec.MsgspecError, RecursionError):
                return  # whoever reads the message in full says what is wrong with it


def _blame(raws: Raws) -> None:
    """Say which field is none."""
    top = Reader(raws)
    top.need_string("model")
    if top.integer("max_tokens") is None:
        raise InvalidRequest("max_tokens", "expected a number of tokens, found nothing")
    if not top.has("messages"):
        raise InvalidRequest("messages", "expected an array of messages, found nothing")
    for number, item in enumerate(top.items("messages")):
        message = Reader.of(item, f"messages.{number}")
        message.need_string("role")
        if message.take("content") is None:
            reason = "expected a string or blocks, found nothing"
            raise InvalidRequest(message.at("content"), reason)
    top.boolean("stream")
    top.items("tools")
    for name in ("thinking", "output_config", "output_format"):
        found = top.object(name)
        if found is not None:
            found.string("type")
