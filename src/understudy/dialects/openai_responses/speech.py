"""What the items of an answer look like; streams and whole answers say them alike."""

from collections.abc import Sequence

import msgspec

from understudy.chat.events import Fields, PartKind, PartStarted
from understudy.chat.loss import Loss
from understudy.chat.response import Piece
from understudy.dialects import fields as kept
from understudy.dialects.openai_responses.annotations import annotation_losses, write_annotation
from understudy.dialects.openai_responses.layout import Place, field_of
from understudy.dialects.openai_responses.schema import (
    CONTENT,
    OWN,
    SUMMARY,
    Raw,
    decode_any,
)
from understudy.dialects.openai_responses.seal import seal

Object = dict[str, object]

_PART = "part."
_TYPES = {SUMMARY: "summary_text", CONTENT: "reasoning_text"}


def foreign(fields: Fields | None, where: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    return kept.foreign(fields, where, OWN)


def item_fields(fields: Fields | None) -> dict[str, Raw]:
    """What was kept of an item, by the names of its fields."""
    return {
        name: raw
        for name, raw in kept.own(fields, OWN).items()
        if name != "logprobs" and not name.startswith(_PART)
    }


def is_foreign_thought(start: PartStarted) -> bool:
    """Whether a thought was said in another dialect."""
    return start.field not in (SUMMARY, CONTENT)


def begun(start: PartStarted, place: Place) -> Object | Raw:
    """An item at its start, before anything was said in it."""
    if place.kind == "opaque":
        assert start.raw is not None
        return start.raw
    said: Object = {"id": place.item, "type": place.kind}
    match place.kind:
        case "message":
            said |= {"status": "in_progress", "content": [], "role": "assistant"}
        case "reasoning":
            said |= {"summary": []}
        case "function_call":
            call = {"arguments": "", "call_id": call_id(start), "name": start.name or ""}
            said |= {"status": "in_progress", **call}
        case _:
            said |= {"status": "in_progress", "call_id": call_id(start)}
            said |= {"input": "", "name": start.name or ""}
    return said


def call_id(start: PartStarted) -> str:
    """The id of a call; not every dialect has one."""
    return start.id or f"call_{start.index}"


def content(piece: Piece, losses: list[Loss]) -> Object:
    """A part of a message, whole."""
    where = f"parts[{piece.start.index}]"
    own = kept.own(piece.fields, OWN)
    rest = {name[len(_PART) :]: raw for name, raw in own.items() if name.startswith(_PART)}
    if piece.start.kind is PartKind.REFUSAL:
        return {"type": "refusal", "refusal": piece.text, **rest}
    notes: list[object] = []
    for citation in piece.citations:
        losses += annotation_losses(citation, where)
        note = write_annotation(citation)
        if note is not None:
            notes.append(note)
    chances: object = own.get("logprobs", [])
    return {
        "type": "output_text",
        "annotations": notes,
        "logprobs": chances,
        "text": piece.text,
        **rest,
    }


def thought(start: PartStarted, text: str) -> Object:
    """A part of a reasoning item, whole."""
    return {"type": _TYPES[field_of(start)], "text": text}


def sealed(piece: Piece) -> str | None:
    """The `encrypted_content` of a thought: what its author sealed, or what we did for another."""
    start = piece.start
    if is_foreign_thought(start):
        return seal(start.producer, start.field, piece.signature, piece.encrypted)
    return piece.encrypted


def free_text(arguments: str) -> str:
    """What a custom tool is given, of the arguments of the function that stood in for it."""
    try:
        tree = decode_any(arguments.encode())
    except (msgspec.MsgspecError, RecursionError):
        return arguments
    if isinstance(tree, dict) and len(tree) == 1:
        (only,) = tree.values()
        if isinstance(only, str):
            return only
    return arguments


def chances(fields: Fields | None) -> Raw | None:
    """The chances of tokens that were kept with a text."""
    return kept.own(fields, OWN).get("logprobs")


def whole_item(pieces: Sequence[tuple[Piece, Place]], losses: list[Loss]) -> Object | Raw:
    """An item with all that was said in it."""
    first, place = pieces[0]
    item = begun(first.start, place)
    if not isinstance(item, dict):
        return item
    for piece, _ in pieces:
        where = f"parts[{piece.start.index}]"
        losses += foreign(piece.fields, where)
        item |= item_fields(piece.fields)
        match place.kind:
            case "message":
                _append(item, CONTENT, content(piece, losses))
                item["status"] = "completed"
            case "reasoning":
                _think(piece, item, losses)
            case _:
                item["status"] = "completed"
                item |= given(piece, place)
                if not piece.start.name:
                    losses.append(Loss(f"{where}.name", "a call without one is read by nobody"))
    return item


def _think(piece: Piece, item: Object, losses: list[Loss]) -> None:
    if piece.text:
        _append(item, field_of(piece.start), thought(piece.start, piece.text))
    encrypted = sealed(piece)
    if encrypted is not None:
        item["encrypted_content"] = encrypted
    where = f"parts[{piece.start.index}]"
    if piece.signature is not None and not is_foreign_thought(piece.start):
        losses.append(Loss(f"{where}.signature", "made by another producer"))
    if piece.citations:
        losses.append(Loss(f"{where}.citations", "thoughts are not cited here"))


def given(piece: Piece, place: Place) -> Object:
    """What a call says at its end."""
    text = piece.text
    if place.kind == "custom_tool_call":
        return {"input": text if piece.start.is_custom else free_text(text)}
    return {"arguments": text or "{}"}


def _append(item: Object, name: str, value: object) -> None:
    found = item.get(name)
    if isinstance(found, list):
        found.append(value)
    else:
        item[name] = [value]
