"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.ollama_chat.schema import (
    ROLES,
    GlancedRequest,
    Raws,
    decode_glanced,
    decode_number,
)
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import read_object


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
        # With none, Ollama loads the model and says nothing: no question that another can answer.
        raise InvalidRequest("messages", "expected at least one message, found none")
    for number, message in enumerate(seen.messages):
        if message.role not in ROLES:
            reason = f"expected {', '.join(sorted(ROLES))}, found {message.role[:80]!r}"
            raise InvalidRequest(f"messages.{number}.role", reason)
    needs = Needs(_capabilities(seen), input_tokens=len(body) // 3, output_tokens=_limit(seen))
    return Glance(model=seen.model, stream=seen.stream is not False, needs=needs)


def _capabilities(seen: GlancedRequest) -> frozenset[Capability]:
    needed: set[Capability] = set()
    messages = seen.messages or []
    if any(message.images for message in messages):
        needed.add(Capability.VISION)
    if messages[-1].role == "assistant":
        needed.add(Capability.PREFILL)
    if seen.stream is not False:
        needed.add(Capability.STREAMING)
    if seen.tools:
        needed.add(Capability.TOOLS)
    if seen.think:
        needed.add(Capability.REASONING)
    wanted = bytes(seen.format)
    if wanted.startswith(b"{"):
        needed.add(Capability.JSON_SCHEMA)
    elif wanted == b'"json"':
        needed.add(Capability.JSON_MODE)
    return frozenset(needed)


def _limit(seen: GlancedRequest) -> int:
    raw = (seen.options or {}).get("num_predict")
    try:
        return max(0, decode_number(raw) or 0) if raw is not None else 0
    except msgspec.MsgspecError:
        return 0  # whoever reads the request in full says what is wrong with it


def _blame(raws: Raws) -> None:
    """Say which field is none."""
    top = Reader(raws)
    top.need_string("model")
    for number, item in enumerate(top.items("messages")):
        message = Reader.of(item, f"messages.{number}")
        message.need_string("role")
        message.items("images")
    top.boolean("stream")
    top.items("tools")
    top.object("options")
