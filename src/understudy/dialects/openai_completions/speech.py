"""What an answer looks like in this dialect; streams and whole bodies say it alike."""

from understudy.chat.events import Fields, Finished, PartKind, PartStarted, Started, StopReason
from understudy.chat.loss import Change, Loss
from understudy.chat.usage import Usage
from understudy.dialects import fields as kept
from understudy.dialects.openai_completions.schema import OWN, Raw
from understudy.dialects.openai_finish import write_finish
from understudy.dialects.openai_usage import write_usage

Object = dict[str, object]

_EXACT = frozenset(
    {
        StopReason.END,
        StopReason.STOP_SEQUENCE,
        StopReason.LENGTH,
        StopReason.CONTENT_FILTER,
    }
)
_OWN_WORDS = frozenset({"stop", "length", "content_filter"})


def identity(started: Started, asked: str) -> Object:
    """The fields that every chunk and body begins with. `asked` is the model the caller named."""
    return {
        "id": started.id or "cmpl-0",
        "object": "text_completion",
        "created": started.created or 0,
        "model": started.model or asked,
    }


def unsayable(start: PartStarted) -> Loss | None:
    """Why a part cannot be said here, or not as it is; None where it can."""
    where = f"parts[{start.index}]"
    match start.kind:
        case PartKind.TEXT:
            return None
        case PartKind.REFUSAL:
            return Loss(where, "a refusal, said as text", Change.CHANGED)
        case PartKind.AUDIO:
            return Loss(where, "speech, said as its transcript", Change.CHANGED)
        case PartKind.REASONING | PartKind.TOOL_CALL | PartKind.IMAGE | PartKind.OPAQUE:
            return Loss(where, f"no word for a part of kind {start.kind.value}")


def said_losses(
    start: PartStarted, fields: Fields | None, *, is_cited: bool, has_sound: bool
) -> list[Loss]:
    """What beside its text a part says, and has no place here."""
    where = f"parts[{start.index}]"
    lost = kept.foreign(fields, where, OWN)
    if is_cited:
        lost.append(Loss(f"{where}.citations", "no word for them"))
    if has_sound:
        lost.append(Loss(f"{where}.audio", "answers are text"))
    return lost


def stop_of(finished: Finished, number: int) -> tuple[StopReason, str | None]:
    """How one of n answers ended."""
    for end in finished.choices:
        if end.choice == number:
            return end.stop, end.native
    return finished.stop, finished.native


def choice(finished: Finished, number: int, text: str) -> Object:
    """One of n answers, at its end."""
    stop, native = stop_of(finished, number)
    own = kept.own(finished.fields, f"{OWN}choices[{number}].")
    word = write_finish(stop, native)
    said: Object = {
        "index": number,
        "text": text,
        "logprobs": None,
        "finish_reason": word if word in _OWN_WORDS else "stop",
    }
    if finished.stop_sequence is not None and number == 0:
        said["stop_reason"] = finished.stop_sequence  # as vLLM says it
    return {**said, **own}


def finish_losses(finished: Finished) -> list[Loss]:
    """What of an answer's end has no word here."""
    lost = kept.foreign(finished.fields, "finished", OWN)
    for number, stop, native in (
        (0, finished.stop, finished.native),
        *((end.choice, end.stop, end.native) for end in finished.choices),
    ):
        if stop not in _EXACT:
            path = "stop" if number == 0 else f"choices[{number}].stop"
            lost.append(Loss(path, f"said as stop, was {native or stop.value}", Change.CHANGED))
    return lost


def beside(fields: Fields | None) -> dict[str, Raw]:
    """The fields that stand at the top of a chunk or body."""
    return {
        name: raw
        for name, raw in kept.own(fields, OWN).items()
        if name != "usage" and not name.startswith("choices[")
    }


def usage(found: Usage, fields: Fields | None) -> Raw:
    """The usage object, with what the provider said beside the counts."""
    return Raw(write_usage(found, kept.own(fields, OWN).get("usage")))
