"""What an answer looks like in this dialect; streams and whole bodies say it alike."""

from understudy.chat.events import Fields, Finished, PartDelta, PartKind, PartStarted
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Citation
from understudy.dialects import fields as kept
from understudy.dialects.bedrock_converse.ids import clean_id
from understudy.dialects.bedrock_converse.schema import (
    NAME,
    OWN,
    PRODUCER,
    REDACTED,
    Object,
    Raw,
    Raws,
    encode,
)
from understudy.dialects.bedrock_converse.stop import stop_losses, write_stop
from understudy.dialects.bedrock_converse.usage import usage_losses, write_usage

_DELTA = "delta."
_BLOCK = "block."
_MORE = "additionalModelResponseFields"


def own_fields(fields: Fields | None) -> Raws:
    """The fields kept for this dialect, by their own names."""
    return kept.own(fields, OWN)


def foreign(fields: Fields | None, where: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    return kept.foreign(fields, where, OWN)


def unsayable(start: PartStarted) -> Loss | None:
    """Why a part cannot be said here, or not as it is; None where it can."""
    where = f"parts[{start.index}]"
    if start.choice:
        return Loss(f"choices[{start.choice}]", "one answer at a time")
    is_own = start.dialect == NAME and start.raw is not None
    if start.kind is PartKind.IMAGE or (start.kind is PartKind.OPAQUE and not is_own):
        return Loss(where, f"no word for a part of kind {start.kind.value}")
    if start.kind is PartKind.AUDIO:
        return Loss(where, "speech, said as its transcript", Change.CHANGED)
    return None


def call_start(start: PartStarted) -> Object:
    """A call without its input."""
    return {"toolUseId": call_id(start), "name": start.name or ""}


def call_id(start: PartStarted) -> str:
    """The id of a call, made acceptable."""
    return clean_id(start.id) if start.id else f"tooluse_{start.index}"


def id_losses(start: PartStarted) -> list[Loss]:
    """Say where a call had to get another id than it had."""
    if start.kind is not PartKind.TOOL_CALL or call_id(start) == start.id:
        return []
    return [Loss(f"parts[{start.index}].id", f"said as {call_id(start)}", Change.CHANGED)]


def citation(cited: Citation) -> Raw | None:
    """A citation as this dialect says it; None where there is nothing to say."""
    if cited.dialect == NAME and cited.raw is not None:
        return cited.raw
    said: Object = {}
    if cited.title is not None:
        said["title"] = cited.title
    if cited.quote is not None:
        said["sourceContent"] = [{"text": cited.quote}]
    if cited.url is not None:
        said["location"] = {"web": {"url": cited.url}}
    return Raw(encode(said)) if said else None


def is_citable(start: PartStarted) -> bool:
    """Whether sources can be said of a part: of text they can."""
    return start.kind not in {PartKind.REASONING, PartKind.TOOL_CALL}


def citation_losses(start: PartStarted, cited: Citation) -> list[Loss]:
    """Say what is left of another dialect's citation."""
    if not is_citable(start):
        return [Loss(f"parts[{start.index}].citations", "only text is cited here")]
    if cited.dialect == NAME and cited.raw is not None:
        return []
    where = f"parts[{start.index}].citations"
    if citation(cited) is None:
        return [Loss(where, "a citation of another dialect")]
    return [Loss(where, "said as title, address and quotation", Change.CHANGED)]


def reads_back(start: PartStarted) -> bool:
    """Whether a part is a thought of one whose signatures a client of this dialect may hold."""
    return start.kind is PartKind.REASONING and start.producer in {None, PRODUCER}


def thought_losses(start: PartStarted, delta: PartDelta) -> list[Loss]:
    """What another producer's model needs to go on thinking has no place here."""
    where = f"parts[{start.index}]"
    lost = []
    if start.kind is not PartKind.REASONING:
        is_signed = delta.signature is not None or delta.encrypted is not None
        return [Loss(f"{where}.signature", "thoughts alone are signed here")] if is_signed else []
    if delta.signature is not None and not reads_back(start):
        lost.append(Loss(f"{where}.signature", "made by another producer"))
    if delta.encrypted is not None and not is_hidden(start):
        lost.append(Loss(f"{where}.encrypted", "made by another producer"))
    if delta.text and is_hidden(start):
        lost.append(Loss(where, "redacted"))
    return lost


def is_hidden(start: PartStarted) -> bool:
    """Whether a thought is one that its model alone can read."""
    return start.field == REDACTED and reads_back(start)


def deltas(fields: Fields | None) -> list[Raw]:
    """The deltas that this dialect alone can say, in order."""
    found = [
        (int(name[len(_DELTA) :]), raw)
        for name, raw in own_fields(fields).items()
        if name.startswith(_DELTA)
    ]
    return [raw for _, raw in sorted(found, key=lambda pair: pair[0])]


def beside_block(fields: Fields | None) -> Raws:
    """Fields that stand beside the member of a block."""
    own = own_fields(fields)
    return {name[len(_BLOCK) :]: raw for name, raw in own.items() if name.startswith(_BLOCK)}


def beside(fields: Fields | None) -> Raws:
    """Fields that stand in the member of a block."""
    own = own_fields(fields)
    return {name: raw for name, raw in own.items() if not name.startswith((_BLOCK, _DELTA))}


def stopped(finished: Finished) -> Object:
    """Why the model stopped, and what the caller asked to be told of it."""
    said: Object = {"stopReason": write_stop(finished)}
    told = own_fields(finished.fields).get(_MORE)
    if told is not None:
        said[_MORE] = told
    elif finished.stop_sequence is not None:
        said[_MORE] = {"stop_sequence": finished.stop_sequence}
    return said


def measured(finished: Finished) -> Object:
    """What was used, and how long it took: nobody knows where the provider does not say it."""
    own = own_fields(finished.fields)
    rest = own.pop("usage", None)
    own.pop(_MORE, None)
    usage = write_usage(finished.usage, rest)
    return {"usage": usage, "metrics": {"latencyMs": 0}, **own}


def end_losses(finished: Finished) -> list[Loss]:
    """What of an end has no place here."""
    lost = stop_losses(finished) + usage_losses(finished.usage)
    lost += [
        Loss(f"choices[{end.choice}]", "one answer at a time")
        for end in finished.choices
        if end.choice
    ]
    return lost + foreign(finished.fields, "finished")
