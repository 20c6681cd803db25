"""What parts of an answer look like in this dialect; streams and whole bodies say them alike."""

from collections.abc import Mapping

from understudy.chat.events import Fields, Finished, PartKind, PartStarted, Started, StopReason
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Citation
from understudy.chat.usage import Usage
from understudy.dialects import fields as kept
from understudy.dialects.openai_chat.schema import NAME, OWN, Raw, decode_raw_list
from understudy.dialects.openai_finish import INEXACT, write_finish
from understudy.dialects.openai_usage import write_usage

REASONING_FIELDS = frozenset({"reasoning_content", "reasoning"})
DEFAULT_REASONING = "reasoning_content"
"""DeepSeek's spelling, which most clients and servers know."""

THINKING = "content.thinking"
LEGACY = "function_call"

Object = dict[str, object]
Said = Mapping[str, object]


def own_fields(fields: Fields | None, at: str = "") -> dict[str, Raw]:
    """The fields kept under `at` for this dialect, by their own names."""
    return kept.own(fields, OWN + at)


def beside(fields: Fields | None) -> dict[str, Raw]:
    """The fields that stand at the top of a chunk or body."""
    return {
        name: raw
        for name, raw in own_fields(fields).items()
        if name != "usage" and not name.startswith("choices[")
    }


def foreign(fields: Fields | None, where: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    return kept.foreign(fields, where, OWN)


def at_choice(fields: Fields | None, number: int) -> tuple[dict[str, Raw], dict[str, Raw]]:
    """What was kept beside a choice, and inside its message."""
    choice: dict[str, Raw] = {}
    message: dict[str, Raw] = {}
    for name, raw in own_fields(fields, f"choices[{number}].").items():
        outer, dot, inner = name.partition(".")
        if dot and outer == "message":
            message[inner] = raw
        else:
            choice[name] = raw
    return choice, message


def finish_of(finished: Finished, number: int) -> tuple[StopReason, str | None]:
    """How one of n answers ended."""
    for end in finished.choices:
        if end.choice == number:
            return end.stop, end.native
    return finished.stop, finished.native


def finish_word(finished: Finished, number: int, *, legacy: bool) -> str:
    """The finish reason of one of n answers."""
    stop, native = finish_of(finished, number)
    word = write_finish(stop, native)
    return LEGACY if legacy and word == "tool_calls" else word


def finish_losses(finished: Finished) -> list[Loss]:
    """What a finish reason of this dialect cannot say."""
    if finished.stop not in INEXACT:
        return []
    word = finished.native or finished.stop.value
    return [Loss("stop", f"said as stop, was {word}", Change.CHANGED)]


def annotation(citation: Citation) -> object | None:
    """A citation as this dialect says it; None where it cannot."""
    if citation.dialect == NAME and citation.raw is not None:
        return citation.raw
    if citation.url is None:
        return None
    said: Object = {
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }
    if citation.quote:
        said["content"] = citation.quote
    return {"type": "url_citation", "url_citation": said}


def uncited(start: PartStarted) -> Loss:
    """The loss of what supports a thought."""
    return Loss(f"parts[{start.index}].citations", "thoughts are not cited here")


def tool_call(start: PartStarted, arguments: str) -> Object:
    """One element of `tool_calls`, or the beginning of one."""
    call: Object = {"id": start.id or f"call_{start.index}"}
    if start.is_custom:
        return {**call, "type": "custom", "custom": {"name": start.name or "", "input": arguments}}
    body = {"name": start.name or "", "arguments": arguments}
    return {**call, "type": "function", "function": body}


def reasoning_details(
    start: PartStarted, text: str, signature: str | None, encrypted: str | None
) -> list[Object]:
    """What a client must send back for the model to go on thinking (OpenRouter's spelling)."""
    made: Object = {} if start.producer is None else {"format": start.producer}
    details: list[Object] = []
    if signature is not None:
        details.append({"type": "reasoning.text", "text": text, "signature": signature, **made})
    if encrypted is not None:
        details.append({"type": "reasoning.encrypted", "data": encrypted, **made})
    return details


def reasoning_field(start: PartStarted) -> str:
    """The field in which thoughts are said."""
    return start.field if start.field in REASONING_FIELDS else DEFAULT_REASONING


def thinking(text: str, signature: str | None, fields: Fields | None) -> Object:
    """Mistral's element of a content list."""
    said: Object = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    if signature is not None:
        said["signature"] = signature
    return {**said, **own_fields(fields)}


def is_sayable(start: PartStarted) -> bool:
    """Whether this dialect has a word for a part of an answer."""
    match start.kind:
        case PartKind.IMAGE:
            return False
        case PartKind.OPAQUE:
            return start.dialect == NAME and start.raw is not None
        case _:
            return True


def identity(started: Started, model: str, kind: str) -> Object:
    """The fields that every chunk and body begins with."""
    return {
        "id": started.id or "chatcmpl-0",
        "object": kind,
        "created": started.created or 0,
        "model": started.model or model,
    }


def usage_bytes(usage: Usage, fields: Fields | None) -> Raw:
    """The usage object, with what the provider said beside the counts."""
    return Raw(write_usage(usage, own_fields(fields).get("usage")))


def elements(raw: Raw) -> list[Raw]:
    """The elements of a list that was kept as it came."""
    return decode_raw_list(raw)
