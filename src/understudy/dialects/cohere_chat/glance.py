"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.cohere_chat.schema import ROLES, GlancedRequest, Raws, decode_glanced
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import read_object

_PICTURE = b'"image_url"'


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
    if not seen.messages:
        raise InvalidRequest("messages", "expected at least one message, found none")
    for number, message in enumerate(seen.messages):
        if message.role not in ROLES:
            reason = f"expected {', '.join(sorted(ROLES))}, found {message.role[:80]!r}"
            raise InvalidRequest(f"messages.{number}.role", reason)
    needs = Needs(
        _capabilities(seen),
        input_tokens=len(body) // 3,
        output_tokens=max(0, seen.max_tokens or 0),
    )
    return Glance(model=seen.model, stream=bool(seen.stream), needs=needs)


def _capabilities(seen: GlancedRequest) -> frozenset[Capability]:
    needed: set[Capability] = set()
    if any(_PICTURE in bytes(message.content) for message in seen.messages):
        needed.add(Capability.VISION)
    if seen.messages[-1].role == "assistant":
        needed.add(Capability.PREFILL)
    if seen.stream:
        needed.add(Capability.STREAMING)
    if seen.tools:
        needed.add(Capability.TOOLS)
    if seen.thinking is not None and seen.thinking.type == "enabled":
        needed.add(Capability.REASONING)
    wanted = seen.response_format
    if wanted is not None and wanted.type == "json_object":
        has_schema = any(
            bytes(raw) not in {b"", b"null"} for raw in (wanted.json_schema, wanted.schema)
        )
        needed.add(Capability.JSON_SCHEMA if has_schema else Capability.JSON_MODE)
    return frozenset(needed)


def _blame(raws: Raws) -> None:
    """Say which field is none."""
    top = Reader(raws)
    top.need_string("model")
    if not top.has("messages"):
        raise InvalidRequest("messages", "expected an array, found nothing")
    for number, item in enumerate(top.items("messages")):
        Reader.of(item, f"messages.{number}").need_string("role")
    top.boolean("stream")
    top.items("tools")
    top.integer("max_tokens")
    for name in ("response_format", "thinking"):
        inner = top.object(name)
        if inner is not None:
            inner.string("type")
