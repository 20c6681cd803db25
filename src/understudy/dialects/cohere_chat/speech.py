"""What an answer looks like in this dialect; streams and whole bodies say it alike."""

import msgspec

from understudy.chat.events import Fields, Finished, PartKind, PartStarted, Started
from understudy.chat.loss import Change, Loss
from understudy.dialects import fields as kept
from understudy.dialects.arguments import stands_for
from understudy.dialects.cohere_chat.schema import NAME, OWN, PLAN, Raw, encode
from understudy.dialects.cohere_chat.stop import stop_losses, write_stop
from understudy.dialects.cohere_chat.usage import write_usage

Object = dict[str, object]

TEXTUAL = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})
_LOGPROBS = "logprobs"
_SHARES = (
    "cache_write_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
)


def own(fields: Fields | None) -> dict[str, Raw]:
    """The fields kept for this dialect, by their own names."""
    return kept.own(fields, OWN)


def start_losses(started: Started) -> list[Loss]:
    """What is known at an answer's start and has no place here."""
    return kept.foreign(started.fields, "started", OWN)


def unsayable(start: PartStarted) -> Loss | None:
    """Why a part cannot be said here, or not as it is; None where it can."""
    where = f"parts[{start.index}]"
    if start.choice:
        return Loss(f"choices[{start.choice}]", "one answer at a time")
    match start.kind:
        case PartKind.TEXT | PartKind.REASONING | PartKind.TOOL_CALL:
            return None
        case PartKind.REFUSAL:
            return Loss(where, "a refusal, said as text", Change.CHANGED)
        case PartKind.AUDIO:
            return Loss(where, "speech, said as its transcript", Change.CHANGED)
        case PartKind.IMAGE | PartKind.OPAQUE:
            return Loss(where, f"no word for a part of kind {start.kind.value}")


def said_losses(
    start: PartStarted, fields: Fields | None, *, is_signed: bool, has_sound: bool
) -> list[Loss]:
    """What beside its text a part says, and has no place here."""
    where = f"parts[{start.index}]"
    lost = kept.foreign(fields, where, OWN)
    if is_signed:
        lost.append(Loss(f"{where}.signature", "thoughts are not signed here"))
    if has_sound:
        lost.append(Loss(f"{where}.audio", "answers are text"))
    if start.kind is PartKind.TOOL_CALL and start.is_custom:
        lost.append(stands_for(where, is_custom=True))
    return lost


def citation_losses(start: PartStarted, dialect: str | None) -> list[Loss]:
    """What becomes of another dialect's citation."""
    if dialect == NAME:
        return []
    reason = "said as one of a document"
    return [Loss(f"parts[{start.index}].citations", reason, Change.CHANGED)]


def is_plan(start: PartStarted) -> bool:
    """Whether thoughts stand in the field for a plan, not among the content."""
    return start.kind is PartKind.REASONING and start.field == PLAN


def block(start: PartStarted, text: str) -> Object:
    """A block of content."""
    if start.kind is PartKind.REASONING:
        return {"type": "thinking", "thinking": text}
    return {"type": "text", "text": text}


def more(start: PartStarted, text: str) -> Object:
    """More of a block."""
    return {"thinking" if start.kind is PartKind.REASONING else "text": text}


def call(start: PartStarted, text: str, beside: dict[str, Raw]) -> Object:
    """A call, with all of its arguments. Free text stands in an object."""
    said: object = encode({"input": text}).decode() if start.is_custom else text
    said = beside.pop("arguments", said)
    function = {"name": start.name or "", "arguments": said}
    return {"id": start.id or "", "type": "function", **beside, "function": function}


def end(finished: Finished) -> Object:
    """How the answer ended, and what was counted."""
    fields = own(finished.fields)
    usage = fields.pop("usage", None)
    said: Object = {"finish_reason": write_stop(finished)}
    if finished.usage is not None or usage is not None:
        said["usage"] = write_usage(finished.usage, usage)
    return {**said, **fields}


def finish_losses(finished: Finished) -> list[Loss]:
    """What of an answer's end has no word here."""
    lost = [*kept.foreign(finished.fields, "finished", OWN), *stop_losses(finished)]
    if finished.usage is None:
        return lost
    for name, count in msgspec.structs.asdict(finished.usage).items():
        if name in _SHARES and count:
            lost.append(Loss(f"usage.{name}", "no word for it"))
    return lost


def logprobs_of(fields: Fields | None) -> list[Raw]:
    """Probabilities that came with a piece of text, as a list of what frames say."""
    raw = (fields or {}).get(OWN + _LOGPROBS)
    return [] if raw is None else msgspec.json.decode(raw, type=list[Raw])


def beside(fields: Fields | None) -> dict[str, Raw]:
    """Fields of a part's own, without its probabilities."""
    return {name: raw for name, raw in own(fields).items() if name != _LOGPROBS}
