"""A block of an answer as a part: how it begins, and all that a whole one says."""

from typing import NamedTuple

from understudy.chat.events import Fields, PartDelta, PartKind, PartStarted
from understudy.dialects.bedrock_converse.citations import read_citation
from understudy.dialects.bedrock_converse.schema import (
    CITED,
    NAME,
    OWN,
    PADDING,
    PRODUCER,
    REDACTED,
    Raw,
    Raws,
    decode_raws,
    encode,
    inner,
    is_null,
    items,
    member,
    said,
    word,
)

HOSTED = b'"server_tool_use"'
"""The type of a call that the provider carries out itself."""

_CALL = frozenset({"toolUseId", "name", "input"})
_THOUGHT = frozenset({"text", "signature"})


class Whole(NamedTuple):
    """A whole block: the start of its part, and what it says."""

    start: PartStarted
    deltas: list[PartDelta]


class Block:
    """An open block. `others` counts deltas that only this dialect can say."""

    def __init__(self, index: int, kind: PartKind) -> None:
        self.index = index
        self.kind = kind
        self.others = 0


def opening(name: str, begun: Raws, index: int) -> PartStarted:
    """The start of the part of a streamed block. `begun` is its `start`, {} where it had none."""
    match name:
        case "text" | "citation":
            return PartStarted(index, PartKind.TEXT)
        case "reasoningContent" | "redactedContent":
            return PartStarted(index, PartKind.REASONING, producer=PRODUCER, field=name)
        case "toolUse":
            return _call(decode_raws(begun[name]), begun, index)
        case _:
            return _opaque(Raw(encode({name: begun.get(name, {})})), index)


def whole_block(block: Raws, raw: Raw, index: int) -> Whole:
    """Read a whole block. Raises: MsgspecError, KeyError."""
    name = member(block)
    match name:
        case "text":
            return _said(opening(name, {}, index), PartDelta(index, word(block[name])), block)
        case "reasoningContent":
            return _thought(decode_raws(block[name]), block, index)
        case "toolUse":
            call = decode_raws(block[name])
            start = _call(call, block, index)
            if start.kind is PartKind.OPAQUE:
                return Whole(start, [])
            given = call.get("input")
            text = "{}" if is_null(given) or given is None else bytes(given).decode()
            return _said(start, PartDelta(index, text, fields=_rest(call, _CALL)), block)
        case "citationsContent":
            return _cited(decode_raws(block[name]), block, index)
        case _:
            return Whole(_opaque(raw, index), [])


def _said(start: PartStarted, delta: PartDelta, block: Raws) -> Whole:
    """A part and what it says, the fields beside the block's member included."""
    beside = {
        f"{OWN}block.{name}": raw
        for name, raw in said(block).items()
        if name not in {member(block), PADDING}
    }
    fields = {**(delta.fields or {}), **beside} or None
    delta = PartDelta(start.index, delta.text, delta.signature, delta.encrypted, fields=fields)
    return Whole(start, [] if delta == PartDelta(start.index) else [delta])


def _call(call: Raws, block: Raws, index: int) -> PartStarted:
    kind = call.get("type")
    if kind is not None and bytes(kind) == HOSTED:
        return _opaque(Raw(encode(block)), index)
    said_id, name = word(call["toolUseId"]), word(call["name"])
    dialect = None if _rest(call, _CALL) is None else NAME
    return PartStarted(index, PartKind.TOOL_CALL, id=said_id or None, name=name, dialect=dialect)


def _thought(thought: Raws, block: Raws, index: int) -> Whole:
    hidden = thought.get(REDACTED)
    if hidden is not None:
        start = opening(REDACTED, {}, index)
        return _said(start, PartDelta(index, encrypted=word(hidden) or None), block)
    spoken = inner(thought.get("reasoningText"))
    delta = PartDelta(
        index,
        word(spoken.get("text")),
        signature=word(spoken.get("signature")) or None,
        fields=_rest(spoken, _THOUGHT),
    )
    return _said(opening("reasoningContent", {}, index), delta, block)


def _cited(cited: Raws, block: Raws, index: int) -> Whole:
    text = "".join(word(decode_raws(each).get("text")) for each in items(cited.get("content")))
    start = PartStarted(index, PartKind.TEXT, field=CITED)
    found = _said(start, PartDelta(index, text), block).deltas
    found += [
        PartDelta(index, citation=read_citation(raw)) for raw in items(cited.get("citations"))
    ]
    return Whole(start, found)


def rest_of_call(begun: Raws) -> Fields | None:
    """What the start of a streamed call says beside its id and name."""
    return _rest(decode_raws(begun["toolUse"]), _CALL)


def _opaque(raw: Raw, index: int) -> PartStarted:
    return PartStarted(index, PartKind.OPAQUE, dialect=NAME, raw=Raw(bytes(raw)))


def _rest(raws: Raws, known: frozenset[str]) -> Fields | None:
    """Fields of a member that nobody here reads."""
    rest = {name: raw for name, raw in said(raws).items() if name not in known}
    return {OWN + name: raw for name, raw in rest.items()} or None
