"""What an answer looks like in this dialect; streams and whole bodies say it alike."""

from typing import NamedTuple

import msgspec

from understudy.chat.events import (
    Fields,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
)
from understudy.chat.loss import Change, Loss
from understudy.dialects import fields as kept
from understudy.dialects.arguments import given
from understudy.dialects.gemini_generate.ids import answered_id
from understudy.dialects.gemini_generate.schema import (
    BEFORE_CALL,
    BEFORE_TEXT,
    GOOGLE,
    NAME,
    OWN,
    UNSIGNED,
    Raw,
)
from understudy.dialects.gemini_generate.stop import stop_loss, write_stop
from understudy.dialects.gemini_generate.usage import write_usage

Object = dict[str, object]

_USAGE = OWN + "usageMetadata"
_FEEDBACK = OWN + "promptFeedback"
_CANDIDATES = OWN + "candidates."
_SHARES = ("cache_write_tokens", "cache_write_1h_tokens")


class Said(NamedTuple):
    """One part in this dialect: which answer, which part of ours, and its object."""

    choice: int
    at: int
    part: Object | Raw


class Speaker:
    """Parts of an answer, said one by one; `losses` grows. A call is said when it is whole."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self.choices: set[int] = set()
        self._starts: dict[int, PartStarted] = {}
        self._written: dict[int, list[str]] = {}
        self._called: dict[int, Object] = {}
        self._ended: set[int] = set()
        self._signatures: dict[int, str] = {}
        self._calls = 0
        self._id = ""

    def started(self, event: Started) -> None:
        self._id = event.id
        self.note(foreign(event.fields, "started"))

    def start(self, start: PartStarted) -> list[Said]:
        lost = unsayable(start)
        if lost is not None:
            self.note([lost])
            if lost.change is Change.DROPPED:
                return []
        self._starts[start.index] = start
        self.choices.add(start.choice)
        before: list[Said] = []
        if start.kind not in {PartKind.TEXT, PartKind.TOOL_CALL}:
            before = self.unsaid(start.choice)
        if start.kind is PartKind.TOOL_CALL:
            self._written[start.index] = []
            self._called[start.index] = {}
        if start.raw is not None:
            return [*before, Said(start.choice, start.index, start.raw)]
        return before

    def plain_choice(self, delta: PartDelta) -> int:
        """Whose text a delta adds to; -1 where it is no text, or says anything beside."""
        start = self._starts.get(delta.index)
        if (
            start is None
            or start.kind is not PartKind.TEXT
            or start.choice in self._signatures
            or not delta.text
            or delta != PartDelta(delta.index, delta.text)
        ):
            return -1
        return start.choice

    def delta(self, delta: PartDelta) -> list[Said]:
        start = self._starts.get(delta.index)
        if start is None or start.raw is not None:
            return []
        self.note(delta_losses(start, delta))
        fields = own(delta.fields)
        if start.index in self._written:
            self._written[start.index].append(delta.text)
            self._called[start.index] |= fields
            return []
        if start.kind is PartKind.REASONING:
            return self._thought(start, delta, fields)
        if not delta.text and not fields:
            return []
        part: Object = {"text": delta.text, **self._signed(start.choice), **fields}
        return [Said(start.choice, start.index, part)]

    def end(self, event: PartEnded) -> list[Said]:
        """Calls are said in the order of their start: by that are they told apart."""
        if event.index in self._written:
            self._ended.add(event.index)
        said = []
        for index in list(self._written):
            if index not in self._ended:
                break
            said += self._call(self._starts[index], self._written.pop(index))
        return said

    def _call(self, start: PartStarted, written: list[str]) -> list[Said]:
        signed = self._signed(start.choice)
        where, text = f"parts[{start.index}]", "".join(written)
        arguments = given(text, where, self.losses, is_custom=start.is_custom)
        function: Object = {"name": start.name or "", "args": arguments}
        if start.id and start.id != answered_id(self._id, self._calls):
            function = {"id": start.id, **function}
            if not signed and not self._calls:  # of another model: so that these take it back
                signed = {"thoughtSignature": UNSIGNED}
        self._calls += 1
        part = {"functionCall": function, **signed, **self._called.pop(start.index)}
        return [Said(start.choice, start.index, part)]

    def unsaid(self, choice: int) -> list[Said]:
        """A signature that no part came for stands in an empty one."""
        signed = self._signed(choice)
        return [Said(choice, -1, {"text": "", **signed})] if signed else []

    def note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]

    def _thought(self, start: PartStarted, delta: PartDelta, fields: Object) -> list[Said]:
        signature = delta.signature if is_ours(start) else None
        if start.field in {BEFORE_TEXT, BEFORE_CALL}:
            known = self._signatures.get(start.choice, "")
            self._signatures[start.choice] = known + (signature or "")
            return []
        if not delta.text and signature is None and not fields:
            return []
        part: Object = {"text": delta.text, "thought": True, **fields}
        if signature is not None:
            part["thoughtSignature"] = signature
        return [Said(start.choice, start.index, part)]

    def _signed(self, choice: int) -> Object:
        signature = self._signatures.pop(choice, None)
        return {"thoughtSignature": signature} if signature else {}


def is_ours(start: PartStarted) -> bool:
    """Whether a signature was made by one of this dialect's models."""
    return start.producer in GOOGLE


def identity(started: Started, asked: str) -> Object:
    """What every chunk says. `asked` is the model that the caller named."""
    said: Object = {"modelVersion": started.model or asked}
    if started.id:
        said["responseId"] = started.id
    return said | own(started.fields)


def ending(finished: Finished, choices: set[int]) -> tuple[dict[int, Object], Object]:
    """How each answer ended, and what is said beside them: usage, feedback."""
    fields = finished.fields or {}
    beside: Object = {
        name[len(OWN) :]: raw
        for name, raw in fields.items()
        if name.startswith(OWN) and name != _USAGE and not name.startswith(_CANDIDATES)
    }
    if finished.usage is not None:
        beside["usageMetadata"] = write_usage(finished.usage, fields.get(_USAGE))
    ends: dict[int, Object] = {}
    if choices or not _is_blocked(finished):
        ends[0] = {"finishReason": write_stop(finished.stop, finished.native), "index": 0}
        for number in sorted(choices - {0}):
            ends[number] = {"finishReason": "STOP", "index": number}
        for end in finished.choices:
            ends[end.choice] = {
                "finishReason": write_stop(end.stop, end.native),
                "index": end.choice,
            }
    for name, raw in fields.items():
        if name.startswith(_CANDIDATES):
            at, _, key = name[len(_CANDIDATES) :].partition(".")
            if at.isdigit() and int(at) in ends:
                ends[int(at)][key] = raw
    return ends, beside


def finish_losses(finished: Finished) -> list[Loss]:
    """What of an answer's end has no word here."""
    lost = foreign(finished.fields, "finished")
    loss = stop_loss(finished.stop, finished.native)
    if loss is not None:
        lost.append(loss)
    for end in finished.choices:
        if (inexact := stop_loss(end.stop, end.native)) is not None:
            lost.append(msgspec.structs.replace(inexact, path=f"choices[{end.choice}].stop"))
    if finished.stop_sequence is not None:
        lost.append(Loss("stop_sequence", "which one ended it is not said here"))
    if finished.usage is not None:
        counts = msgspec.structs.asdict(finished.usage)
        lost += [Loss(f"usage.{name}", "counted as input") for name in _SHARES if counts[name]]
    return lost


def own(fields: Fields | None) -> Object:
    """The fields kept for this dialect, by their own names."""
    return {**kept.own(fields, OWN)}


def foreign(fields: Fields | None, where: str) -> list[Loss]:
    """Fields that another dialect kept: nothing here can say them."""
    return kept.foreign(fields, where, OWN)


def unsayable(start: PartStarted) -> Loss | None:
    """Why a part cannot be said here, or not as it is; None where it can."""
    where = f"parts[{start.index}]"
    match start.kind:
        case PartKind.TEXT | PartKind.REASONING | PartKind.TOOL_CALL:
            return None
        case PartKind.REFUSAL:
            return Loss(where, "a refusal, said as text", Change.CHANGED)
        case PartKind.AUDIO:
            return Loss(where, "speech, said as its transcript", Change.CHANGED)
        case PartKind.IMAGE | PartKind.OPAQUE:
            if start.dialect == NAME and start.raw is not None:
                return None
            return Loss(where, f"a part of kind {start.kind.value} of another dialect")


def delta_losses(start: PartStarted, delta: PartDelta) -> list[Loss]:
    """What beside its text a delta says, and has no place here."""
    where = f"parts[{start.index}]"
    lost = foreign(delta.fields, where)
    is_signed = delta.signature is not None
    if is_signed and not (start.kind is PartKind.REASONING and is_ours(start)):
        lost.append(Loss(f"{where}.signature", "made by another producer"))
    if delta.encrypted is not None:
        lost.append(Loss(f"{where}.encrypted", "made by another producer"))
    if delta.citation is not None:
        lost.append(Loss(f"{where}.citations", "sources are said of a whole answer here"))
    return lost


def _is_blocked(finished: Finished) -> bool:
    """Whether the prompt was blocked, so that there is no candidate at all."""
    fields = finished.fields or {}
    return _FEEDBACK in fields and not any(name.startswith(_CANDIDATES) for name in fields)
