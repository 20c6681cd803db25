"""What an answer looks like in this dialect; streams and whole bodies say it alike."""

from understudy.chat.events import Fields, Finished, PartKind, PartStarted, Started
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Citation
from understudy.chat.response import Piece
from understudy.chat.usage import Usage
from understudy.dialects import fields as kept
from understudy.dialects.anthropic_messages.ids import clean_id
from understudy.dialects.anthropic_messages.schema import (
    NAME,
    OWN,
    PRODUCER,
    Raw,
    Raws,
    decode_raws,
    decode_tree,
    encode,
    grow,
)
from understudy.dialects.anthropic_messages.stop import write_stop
from understudy.dialects.anthropic_messages.usage import write_usage
from understudy.dialects.arguments import given

Object = dict[str, object]

REDACTED = "redacted_thinking"
_DELTA = "delta."


def own_fields(fields: Fields | None) -> Raws:
    """The fields kept for this dialect, by their own names; those of the usage aside."""
    return {name: raw for name, raw in kept.own(fields, OWN).items() if name != "usage"}


def foreign(fields: Fields | None, where: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    return kept.foreign(fields, where, OWN)


def message(started: Started, asked: str) -> Object:
    """A message without its content and its end. `asked` is the model that the caller named."""
    return {
        "id": started.id or "msg_0",
        "type": "message",
        "role": "assistant",
        "model": started.model or asked,
    }


def usage(count: Usage | None, *fields: Fields | None) -> Raw:
    """Usage as counted, and what the provider said beside it."""
    rest: Raws = {}
    for each in fields:
        raw = (each or {}).get(OWN + "usage")
        if raw is not None:
            rest |= decode_raws(raw)
    return write_usage(count or Usage(), rest)


def usage_losses(count: Usage | None) -> list[Loss]:
    """Usage must be said here; and it has no word for sound."""
    if count is None:
        return [Loss("usage", "nobody counted, said as 0", Change.CHANGED)]
    lost = []
    if count.audio_input_tokens:
        lost.append(Loss("usage.audio_input_tokens", "no word for it"))
    if count.audio_output_tokens:
        lost.append(Loss("usage.audio_output_tokens", "no word for it"))
    return lost


def end(finished: Finished) -> Object:
    """How the answer ended."""
    return {"stop_reason": write_stop(finished), "stop_sequence": finished.stop_sequence}


def is_own(start: PartStarted) -> bool:
    """Whether a part is a block of this dialect, kept whole."""
    return start.dialect == NAME and start.raw is not None


def reads_back(start: PartStarted) -> bool:
    """Whether who made a thought is one whose signatures a client of this dialect may hold."""
    return start.producer is None or start.producer.startswith(PRODUCER)


def unsayable(start: PartStarted) -> Loss | None:
    """Why a part cannot be said here; None where it can."""
    if start.choice:
        return Loss(f"choices[{start.choice}]", "one answer at a time")
    if start.kind is PartKind.IMAGE or (start.kind is PartKind.OPAQUE and not is_own(start)):
        return Loss(f"parts[{start.index}]", f"no word for a part of kind {start.kind.value}")
    if start.kind is PartKind.AUDIO:
        reason = "speech, said as its transcript"
        return Loss(f"parts[{start.index}]", reason, Change.CHANGED)
    return None


def block_start(start: PartStarted, beside: Raws) -> Object:
    """A block at its start, before anything was said in it. Not for redacted thinking."""
    match start.kind:
        case PartKind.REASONING:
            return {"type": "thinking", "thinking": "", "signature": "", **beside}
        case PartKind.TOOL_CALL:
            call: Object = {"type": "tool_use", "id": call_id(start), "name": start.name or ""}
            return {**call, "input": {}, **beside}
        case _:
            return {"type": "text", "text": "", **beside}


def call_id(start: PartStarted) -> str:
    """The id of a call, made acceptable."""
    return clean_id(start.id) if start.id else f"toolu_{start.index}"


def id_losses(start: PartStarted) -> list[Loss]:
    """Say where a call had to get another id than it had."""
    if start.kind is not PartKind.TOOL_CALL or call_id(start) == start.id:
        return []
    return [Loss(f"parts[{start.index}].id", f"said as {call_id(start)}", Change.CHANGED)]


def citation(cited: Citation) -> Raw | None:
    """A citation as this dialect says it; None where it cannot."""
    return cited.raw if cited.dialect == NAME else None


def deltas(fields: Fields | None) -> list[Raw]:
    """The deltas of unknown type among a part's fields, in order."""
    found = [
        (int(name[len(_DELTA) :]), raw)
        for name, raw in own_fields(fields).items()
        if name.startswith(_DELTA)
    ]
    return [raw for _, raw in sorted(found, key=lambda pair: pair[0])]


def beside(fields: Fields | None) -> Raws:
    """The fields of a block that are no deltas."""
    return {name: raw for name, raw in own_fields(fields).items() if not name.startswith(_DELTA)}


def block(piece: Piece, losses: list[Loss]) -> Object | Raw:
    """A whole block. Adds to `losses` what it cannot say."""
    start = piece.start
    where = f"parts[{start.index}]"
    losses += foreign(piece.fields, where)
    losses += id_losses(start)
    match start.kind:
        case PartKind.OPAQUE:
            return _opaque(piece, losses)
        case PartKind.REASONING:
            return _thought(piece, losses, where)
        case PartKind.TOOL_CALL:
            said = given(piece.text, where, losses, is_custom=start.is_custom)
            return {**block_start(start, {}), "input": said, **beside(piece.fields)}
        case _:
            block: Object = {"type": "text", "text": piece.text}
            own = [raw for cited in piece.citations if (raw := citation(cited)) is not None]
            if len(own) < len(piece.citations):
                losses.append(Loss(f"{where}.citations", "citations of another dialect"))
            if own:
                block["citations"] = own
            return _grown({**block, **beside(piece.fields)}, piece)


def thought_losses(start: PartStarted, signature: str | None, encrypted: str | None) -> list[Loss]:
    """What another producer's model needs to go on thinking has no place here."""
    where = f"parts[{start.index}]"
    lost = []
    if signature is not None and not reads_back(start):
        lost.append(Loss(f"{where}.signature", "made by another producer"))
    if encrypted is not None and start.field != REDACTED:
        lost.append(Loss(f"{where}.encrypted", "made by another producer"))
    return lost


def _thought(piece: Piece, losses: list[Loss], where: str) -> Object:
    start = piece.start
    if start.field == REDACTED:
        if piece.text:
            losses.append(Loss(where, "redacted"))
        said: Object = {"type": REDACTED, "data": piece.encrypted or ""}
        return {**said, **beside(piece.fields)}
    losses += thought_losses(start, piece.signature, piece.encrypted)
    if piece.citations:
        losses.append(Loss(f"{where}.citations", "citations of another dialect"))
    signature = piece.signature if reads_back(start) else None
    said = {"type": "thinking", "thinking": piece.text, "signature": signature or ""}
    return _grown({**said, **beside(piece.fields)}, piece)


def _opaque(piece: Piece, losses: list[Loss]) -> Object | Raw:
    raw = piece.start.raw
    assert raw is not None
    found = deltas(piece.fields)
    if not piece.text and not found:
        return raw
    tree: Object = dict(decode_raws(raw))
    if piece.text:
        tree["input"] = given(piece.text, f"parts[{piece.start.index}]", losses)
    return _grown(tree, piece)


def _grown(said: Object, piece: Piece) -> Object:
    found = deltas(piece.fields)
    if not found:
        return said
    tree = decode_tree(encode(said))
    for raw in found:
        grow(tree, decode_tree(raw))
    return tree
