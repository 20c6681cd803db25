"""What an answer looks like in this dialect; streams and whole bodies say it alike."""

import msgspec

from understudy.chat.events import (
    Fields,
    Finished,
    PartDelta,
    PartKind,
    PartStarted,
    StopReason,
)
from understudy.chat.loss import Change, Loss
from understudy.dialects import fields as kept
from understudy.dialects.arguments import given
from understudy.dialects.ollama_chat.schema import NAME, OWN, Raw

Object = dict[str, object]

_WRITE = {StopReason.LENGTH: "length"}
_EXACT = frozenset({StopReason.END, StopReason.LENGTH, StopReason.TOOL_CALLS})
_NATIVE = frozenset({"stop", "length", "load", "unload"})
_TIMES = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
_SAID = frozenset({PartKind.TEXT, PartKind.REASONING, PartKind.TOOL_CALL})
_SHARES = (
    "cache_write_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
)


def own(fields: Fields | None) -> dict[str, Raw]:
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
    match start.kind:
        case PartKind.TEXT | PartKind.REASONING | PartKind.TOOL_CALL:
            return None
        case PartKind.REFUSAL:
            return Loss(where, "a refusal, said as text", Change.CHANGED)
        case PartKind.AUDIO:
            return Loss(where, "speech, said as its transcript", Change.CHANGED)
        case PartKind.IMAGE if start.dialect == NAME and start.raw is not None:
            return None
        case PartKind.IMAGE | PartKind.OPAQUE:
            return Loss(where, f"no word for a part of kind {start.kind.value}")


def delta_losses(start: PartStarted, delta: PartDelta) -> list[Loss]:
    """What beside its text a delta says, and has no place here."""
    where = f"parts[{start.index}]"
    lost = foreign(delta.fields, where)
    if delta.signature is not None or delta.encrypted is not None:
        lost.append(Loss(f"{where}.signature", "thoughts are not signed here"))
    if delta.citation is not None:
        lost.append(Loss(f"{where}.citations", "no word for them"))
    return lost


def call(start: PartStarted, text: str, number: int, losses: list[Loss]) -> Object:
    """Call `number` of an answer. Adds to `losses` where its arguments are no object."""
    arguments = given(text, f"parts[{start.index}]", losses, is_custom=start.is_custom)
    function = {"index": number, "name": start.name or "", "arguments": arguments}
    said: Object = {"function": function}
    return {"id": start.id, **said} if start.id else said


def end(finished: Finished) -> Object:
    """How the answer ended, and what was counted. Times that nobody took are 0."""
    native = finished.native
    word = native if native in _NATIVE else _WRITE.get(finished.stop, "stop")
    counts: Object = {}
    if finished.usage is not None:
        counts["prompt_eval_count"] = finished.usage.prompt_tokens
        if finished.usage.cache_read_tokens:
            counts["prompt_eval_cached_count"] = finished.usage.cache_read_tokens
        counts["eval_count"] = finished.usage.output_tokens
    times: Object = dict.fromkeys(_TIMES, 0)
    return {"done": True, "done_reason": word, **times, **counts, **own(finished.fields)}


def finish_losses(finished: Finished) -> list[Loss]:
    """What of an answer's end has no word here."""
    lost = foreign(finished.fields, "finished")
    if finished.stop not in _EXACT and finished.native not in _NATIVE:
        was = finished.native or finished.stop.value
        said = _WRITE.get(finished.stop, "stop")
        lost.append(Loss("stop", f"said as {said}, was {was}", Change.CHANGED))
    if finished.stop_sequence is not None:
        lost.append(Loss("stop_sequence", "no word for it"))
    if finished.usage is None:
        return lost
    for name, count in msgspec.structs.asdict(finished.usage).items():
        if name in _SHARES and count:
            lost.append(Loss(f"usage.{name}", "no word for it"))
    return lost
