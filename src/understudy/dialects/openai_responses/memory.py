"""Responses that go on by `previous_response_id`, and items that are named by their id alone.

Source: OpenAI API reference, "Create a model response", "Retrieve a model response", "List input
items"; guide "Conversation state" (2026). Instructions are not carried over, input and output are.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.memory import Reference, Turn
from understudy.dialects.openai_responses.schema import (
    MALFORMED,
    NAME,
    Raw,
    Raws,
    decode_raw_list,
    decode_raws,
    encode,
    is_null,
    items_of,
    text_of,
)
from understudy.dialects.openai_responses.seal import SEAL, seal
from understudy.dialects.openai_responses.status import PENDING
from understudy.dialects.text import check_text
from understudy.dialects.toplevel import locate, read_object
from understudy.wire.errors import WireError
from understudy.wire.sse import SseDecoder

_PREVIOUS = "previous_response_id"
_REFERENCE = "item_reference"
_ENDS = frozenset({"response.completed", "response.incomplete"})
_KEPT = frozenset({"completed", "incomplete"})


class _Asked(msgspec.Struct):
    previous_response_id: str | None = None
    store: bool | None = None


_decode_asked = msgspec.json.Decoder(_Asked).decode


class ResponsesMemory:
    """See dialects.memory.Memory. Holds no state."""

    code = "previous_response_not_found"
    hidden = b'"encrypted_content"'
    marks = (b"response.completed", b"response.incomplete")

    def reference(self, body: bytes) -> Reference:
        try:
            asked = _decode_asked(body)
        except MALFORMED:
            return Reference()  # whoever reads the request says what is wrong with it
        named: tuple[str, ...] = ()
        if _REFERENCE.encode() in body:
            named = tuple(_named(body))
        return Reference(asked.previous_response_id, named, asked.store is not False)

    def said(self, body: bytes) -> bytes:
        try:
            items = _input(read_object(body).get("input"))
            _check(items)
            return _array(items)
        except (InvalidRequest, *MALFORMED):
            return b"[]"

    def expanded(self, body: bytes, turns: Sequence[Turn], items: Mapping[str, bytes]) -> bytes:
        try:
            raws = read_object(body)
            spans = locate(raws, body)
            new = [_resolved(raw, items) for raw in _input(raws.get("input"))]
        except (InvalidRequest, *MALFORMED):
            return body
        changes = []
        history = [item for turn in turns for item in _history(turn)]
        joined = _array([*history, *new])
        if "input" in spans:
            changes.append((spans["input"].start, spans["input"].end, joined))
        else:
            end = max(span.end for span in spans.values())
            changes.append((end, end, b',"input":' + joined))
        if _PREVIOUS in spans:
            changes.append((spans[_PREVIOUS].start, spans[_PREVIOUS].end, b"null"))
        return _spliced(body, changes)

    def thoughts(self, data: bytes, *, stream: bool) -> tuple[str, ...]:
        try:
            items = _framed_items(data) if stream else items_of(decode_raws(data).get("output"))
            return tuple(name for raw in items for name in _names(decode_raws(raw)))
        except (WireError, *MALFORMED):
            return ()

    def sealed(
        self, body: bytes, maker: Callable[[str], str | None]
    ) -> tuple[bytes, frozenset[str]]:
        try:
            raws = read_object(body)
            span = locate(raws, body).get("input")
            items = _input(raws.get("input"))
            found = [_maker(decode_raws(raw), maker) for raw in items]
        except (InvalidRequest, *MALFORMED):
            return body, frozenset()
        makers = frozenset(each for each in found if each is not None)
        if span is None or not makers:
            return body, frozenset()
        marked = [_sealed(raw, each) for raw, each in zip(items, found, strict=True)]
        return _spliced(body, [(span.start, span.end, _array(marked))]), makers

    def answer(self, data: bytes, *, stream: bool) -> tuple[str, bytes] | None:
        try:
            return _from_frames(data) if stream else _whole(Raw(data), _KEPT)
        except (WireError, *MALFORMED):
            return None

    def pending(self, body: bytes) -> tuple[str, bytes] | None:
        try:
            return _whole(Raw(body), PENDING)
        except MALFORMED:
            return None

    def items(self, turn: Turn) -> dict[str, bytes]:
        return {
            id_: bytes(raw) for raw in _output(turn) if (id_ := text_of(decode_raws(raw).get("id")))
        }

    def input_page(self, turns: Sequence[Turn]) -> bytes:
        *before, last = turns
        items = [item for turn in before for item in [*decode_raw_list(turn.said), *_output(turn)]]
        items += decode_raw_list(last.said)
        shown = [_shown(raw, last.id, number) for number, raw in enumerate(items)]
        page = {
            "object": "list",
            "data": shown[::-1],
            "first_id": shown[-1]["id"] if shown else None,
            "last_id": shown[0]["id"] if shown else None,
            "has_more": False,
        }
        return encode(page)

    def deleted(self, id_: str) -> bytes:
        return encode({"id": id_, "object": "response", "deleted": True})

    def not_found(self, id_: str) -> str:
        return f"Previous response with id '{id_[:200]}' not found."


def _named(body: bytes) -> list[str]:
    """The ids that stand in the input alone."""
    try:
        raws = read_object(body)
        items = [decode_raws(raw) for raw in _input(raws.get("input"))]
        return [text_of(each.get("id")) for each in items if _is_reference(each)]
    except (InvalidRequest, *MALFORMED):
        return []


def _is_reference(item: Raws) -> bool:
    return text_of(item.get("type")) == _REFERENCE


def _resolved(raw: Raw, items: Mapping[str, bytes]) -> Raw:
    item = decode_raws(raw)
    if not _is_reference(item):
        return raw
    found = items.get(text_of(item.get("id")))
    return raw if found is None else Raw(found)


def _input(raw: Raw | None) -> list[Raw]:
    """The items of an input, a string being one of the user's."""
    if raw is None or is_null(raw):
        return []
    if bytes(raw).startswith(b'"'):
        return [Raw(b'{"role":"user","content":' + bytes(raw) + b"}")]
    return decode_raw_list(raw)


def _history(turn: Turn) -> list[Raw]:
    """What was said and answered."""
    return [*decode_raw_list(turn.said), *_output(turn)]


def _output(turn: Turn) -> list[Raw]:
    return items_of(decode_raws(turn.answer).get("output"))


def _names(item: Raws) -> list[str]:
    """Names of a thought: its id, and a digest of what is hidden in it. None for other items."""
    if text_of(item.get("type")) != "reasoning":
        return []
    id_, encrypted = text_of(item.get("id")), text_of(item.get("encrypted_content"))
    if encrypted.startswith(SEAL):
        return []
    names = [id_] if id_ else []
    if encrypted:
        names.append(hashlib.blake2b(encrypted.encode(), digest_size=16).hexdigest())
    return names


def _maker(item: Raws, maker: Callable[[str], str | None]) -> str | None:
    return next((found for name in _names(item) if (found := maker(name)) is not None), None)


def _sealed(raw: Raw, producer: str | None) -> Raw:
    """Mark a thought for who made it."""
    if producer is None:
        return raw
    item = decode_raws(raw)
    encrypted = text_of(item.get("encrypted_content"))
    sealed = seal(producer, NAME, None, encrypted or None)
    return Raw(encode({**item, "encrypted_content": sealed}))


def _framed_items(data: bytes) -> list[Raw]:
    """The items in some frames: one that is done, or all of a whole answer."""
    items: list[Raw] = []
    for frame in SseDecoder().receive_data(data):
        if frame.data is None:
            continue
        event = decode_raws(frame.data)
        if "item" in event:
            items.append(event["item"])
        elif "response" in event:
            items += items_of(decode_raws(event["response"]).get("output"))
    return items


def _from_frames(data: bytes) -> tuple[str, bytes] | None:
    for frame in SseDecoder().receive_data(data):
        if frame.data is None or not any(end.encode() in frame.data for end in _ENDS):
            continue
        event = decode_raws(frame.data)
        if text_of(event.get("type")) in _ENDS:
            return _whole(event["response"], _KEPT)
    return None


def _whole(raw: Raw, statuses: frozenset[str]) -> tuple[str, bytes] | None:
    response = decode_raws(raw)
    id_ = text_of(response.get("id"))
    if not id_ or "output" not in response or text_of(response.get("status")) not in statuses:
        return None
    check_text(bytes(raw))
    _check(items_of(response["output"]))
    return id_, bytes(raw)


def _check(items: Sequence[Raw]) -> None:
    """Whether items are what is kept of them. Raises what is MALFORMED."""
    for raw in items:
        item = decode_raws(raw)
        for name in ("id", "type", "encrypted_content"):
            text_of(item.get(name))


def _shown(raw: Raw, response: str, number: int) -> dict[str, object]:
    """An item as it is listed: with an id, and its text as a part."""
    item: dict[str, object] = dict(decode_raws(raw))
    item.setdefault("type", "message")
    item["id"] = text_of(decode_raws(raw).get("id")) or f"msg_{response[-40:]}_{number}"
    content = item.get("content")
    if isinstance(content, Raw) and bytes(content).startswith(b'"'):
        item["content"] = [{"type": "input_text", "text": content}]
    return item


def _array(items: Sequence[Raw]) -> bytes:
    return b"[" + b",".join(map(bytes, items)) + b"]"


def _spliced(body: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    pieces = []
    at = 0
    for start, end, text in sorted(changes):
        pieces += [body[at:start], text]
        at = end
    return b"".join([*pieces, body[at:]])


MEMORY = ResponsesMemory()
