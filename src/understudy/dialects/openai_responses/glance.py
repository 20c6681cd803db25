"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.openai_responses.request import KEPT
from understudy.dialects.openai_responses.schema import (
    FORMAT_CAPABILITIES,
    INPUT_CAPABILITIES,
    GlancedItem,
    GlancedPart,
    GlancedRequest,
    decode_glanced,
    decode_glanced_parts,
)
from understudy.dialects.openai_responses.seal import SEAL
from understudy.dialects.openai_responses.turns import ROLES
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import Raws, read_object

_SEALED = b'"' + SEAL.encode()


def glance(body: bytes) -> Glance:
    """Raises: InvalidRequest."""
    raws = read_object(body)
    try:
        seen = decode_glanced(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        _blame(raws)
        raise InvalidRequest("input", f"the body is no request: {error}") from None
    if not seen.model:
        raise InvalidRequest("model", "expected the name of a model, found nothing")
    limit = seen.max_output_tokens or 0
    if limit < 0:
        reason = f"expected a positive number, found {limit}"
        raise InvalidRequest("max_output_tokens", reason)
    pinned = next((name for name in KEPT if _is_there(raws, name)), "")
    if not seen.input and not pinned:
        raise InvalidRequest("input", "expected a string or at least one item, found nothing")
    if type(seen.input) is list:
        _check(seen.input)
    needs = Needs(_capabilities(seen), input_tokens=len(body) // 3, output_tokens=limit)
    return Glance(
        model=seen.model,
        stream=seen.stream is True,
        needs=needs,
        pinned_by=pinned,
        must_change=_SEALED in body,
    )


def _is_there(raws: Raws, name: str) -> bool:
    raw = raws.get(name)
    return raw is not None and bytes(raw) != b"null"


def _check(items: list[GlancedItem]) -> None:
    for number, item in enumerate(items):
        if item.type in (None, "message") and item.role is not None and item.role not in ROLES:
            reason = f"expected one of {', '.join(ROLES)}, found {item.role[:80]!r}"
            raise InvalidRequest(f"input[{number}].role", reason)


def _capabilities(seen: GlancedRequest) -> frozenset[Capability]:
    needed: set[Capability] = set()
    for item in seen.input if type(seen.input) is list else ():
        if type(item.content) is list:
            _look_at(item.content, needed)
        elif bytes(item.output).startswith(b"["):
            try:
                _look_at(decode_glanced_parts(item.output), needed)
            except msgspec.MsgspecError:
                continue  # whoever reads the item in full says what is wrong with it
    if seen.stream:
        needed.add(Capability.STREAMING)
    if seen.tools:
        needed.add(Capability.TOOLS)
    wanted = None if seen.text is None or seen.text.format is None else seen.text.format.type
    if wanted in FORMAT_CAPABILITIES:
        needed.add(FORMAT_CAPABILITIES[wanted])
    return frozenset(needed)


def _look_at(parts: list[GlancedPart], needed: set[Capability]) -> None:
    for part in parts:
        if part.type in INPUT_CAPABILITIES:
            needed.add(INPUT_CAPABILITIES[part.type])


def _blame(raws: Raws) -> None:
    """Say which field is none."""
    top = Reader(raws)
    top.need_string("model")
    raw = top.peek("input")
    if raw is not None and not bytes(raw).startswith((b'"', b"n")):
        for number, item in enumerate(top.items("input")):
            Reader.of(item, f"input[{number}]")
    top.boolean("stream")
    top.integer("max_output_tokens")
    top.items("tools")
    top.object("text")
    top.string("previous_response_id")
