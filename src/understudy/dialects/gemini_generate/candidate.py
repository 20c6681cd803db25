"""One of n answers being said: parts in, events out."""

from collections.abc import Iterator

from understudy.chat.events import (
    Event,
    Fields,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    StopReason,
)
from understudy.dialects.gemini_generate.ids import answered_id
from understudy.dialects.gemini_generate.partial import Growing
from understudy.dialects.gemini_generate.schema import (
    BEFORE_CALL,
    BEFORE_TEXT,
    NAME,
    OWN,
    PRODUCER,
    UNSIGNED,
    Raw,
    Raws,
    decode_any,
    decode_flag,
    decode_raw_list,
    decode_raws,
    encode,
    is_null,
    word,
)
from understudy.dialects.gemini_generate.stop import read_stop, reason_of

_READ = frozenset({"content", "finishReason", "index"})
_TEXT = frozenset({"text", "thought", "thoughtSignature"})
_CALL = frozenset({"functionCall", "thoughtSignature"})
_FUNCTION = frozenset({"id", "name", "args", "partialArgs", "willContinue"})
_GROWING = frozenset({"citationMetadata", "logprobsResult"})
"""Fields whose lists go on from chunk to chunk."""
_TOLD = frozenset({"groundingMetadata", "urlContextMetadata"})
"""Objects of which each chunk may say some fields; of all others the last is the whole."""


class Candidate:
    """What one answer has said so far. All methods raise MsgspecError for a malformed part."""

    def __init__(self, number: int, indexes: Iterator[int], response: str) -> None:
        self.native = ""
        self.message = ""
        self.has_spoken = False
        self._number = number
        self._indexes = indexes
        self._response = response
        self._open: PartStarted | None = None
        self._is_signed = False
        self._calls = 0
        self._growing: Growing | None = None
        self._beside: Raws = {}

    @property
    def stop(self) -> StopReason:
        """How the answer ended, seen together with what it said."""
        return read_stop(self.native, called=self._calls > 0)

    @property
    def open_text(self) -> int:
        """The part that more text would be added to; -1 where there is none."""
        part = self._open
        if part is None or part.kind is not PartKind.TEXT or self._growing is not None:
            return -1
        return part.index

    def receive(self, candidate: Raws, events: list[Event]) -> None:
        """Read the candidate of one chunk."""
        content = candidate.get("content")
        if content is not None and not is_null(content):
            parts = decode_raws(content).get("parts")
            for raw in [] if parts is None or is_null(parts) else decode_raw_list(parts):
                self._part(raw, events)
        self.native = reason_of(candidate.get("finishReason")) or self.native
        for name, raw in candidate.items():
            if name in _READ or is_null(raw):
                continue
            old = self._beside.get(name)
            if old is not None and (name in _GROWING or name in _TOLD):
                raw = _joined(old, raw, grows=name in _GROWING)  # noqa: PLW2901
            self._beside[name] = raw
            if name == "finishMessage":
                self.message = word(raw)

    def fields(self) -> Fields:
        """What was said beside the parts, for this dialect."""
        return {f"{OWN}candidates.{self._number}.{key}": raw for key, raw in self._beside.items()}

    def close(self, events: list[Event]) -> None:
        """End the open part."""
        if self._growing is not None:
            self._grown(self._growing, events)
        if self._open is not None:
            events.append(PartEnded(self._open.index))
            self._open = None
        self._is_signed = False

    def _part(self, raw: Raw, events: list[Event]) -> None:
        part = decode_raws(raw)
        signature = word(part.get("thoughtSignature")) or None
        if signature == UNSIGNED:
            signature = None
        call = part.get("functionCall")
        if call is not None and not is_null(call):
            if signature is not None:
                self._sign(signature, BEFORE_CALL, events)
            self._call(decode_raws(call), _unknown(part, _CALL), events)
        elif "text" in part or (signature is not None and not part.keys() - _TEXT):
            self._text(part, signature, events)
        elif part:
            self._opaque(part, raw, events)

    def _text(self, part: Raws, signature: str | None, events: list[Event]) -> None:
        text = word(part.get("text"))
        fields = _unknown(part, _TEXT) or None
        if decode_flag(part.get("thought", b"null")):
            if text or signature is not None or fields:
                if self._is_signed:
                    self.close(events)
                start = self._begin(PartKind.REASONING, events)
                events.append(PartDelta(start.index, text, signature=signature, fields=fields))
                self._is_signed = signature is not None
            return
        if signature is not None:
            self._sign(signature, BEFORE_TEXT, events)
        if text or fields:
            start = self._begin(PartKind.TEXT, events)
            events.append(PartDelta(start.index, text, fields=fields))

    def _begin(self, kind: PartKind, events: list[Event]) -> PartStarted:
        if self._open is None or self._open.kind is not kind:
            self.close(events)
            producer = PRODUCER if kind is PartKind.REASONING else None
            self._open = self._started(kind, events, producer=producer)
        return self._open

    def _started(
        self, kind: PartKind, events: list[Event], *, producer: str | None, field: str | None = None
    ) -> PartStarted:
        self.has_spoken = True
        index = next(self._indexes)
        start = PartStarted(index, kind, choice=self._number, producer=producer, field=field)
        events.append(start)
        return start

    def _sign(self, signature: str, field: str, events: list[Event]) -> None:
        """A signature of what follows: a thought without words, so that every dialect sees it."""
        self.close(events)
        start = self._started(PartKind.REASONING, events, producer=PRODUCER, field=field)
        events += [PartDelta(start.index, signature=signature), PartEnded(start.index)]

    def _call(self, call: Raws, fields: Fields, events: list[Event]) -> None:
        """A call comes whole, or (Vertex, `streamFunctionCallArguments`) argument by argument."""
        fields |= _unknown(call, _FUNCTION)
        goes_on = decode_flag(call.get("willContinue", b"null")) or False
        growing = self._growing
        name = word(call.get("name"))
        if growing is None or name:
            self.close(events)
            said = word(call.get("id")) or answered_id(self._response, self._calls)
            self._calls += 1
            growing = Growing(said, name)
        growing.receive(call, fields)
        self._growing = growing
        if not goes_on:
            self._grown(growing, events)

    def _grown(self, growing: Growing, events: list[Event]) -> None:
        self._growing = None
        self.has_spoken = True
        index = next(self._indexes)
        start = PartStarted(
            index, PartKind.TOOL_CALL, id=growing.id, name=growing.name, choice=self._number
        )
        delta = PartDelta(index, growing.arguments(), fields=growing.fields or None)
        events += [start, delta, PartEnded(index)]

    def _opaque(self, part: Raws, raw: Raw, events: list[Event]) -> None:
        """What only this dialect can say: pictures, code and what came of it, tools it ran."""
        self.close(events)
        self.has_spoken = True
        kind = PartKind.IMAGE if _is_picture(part.get("inlineData")) else PartKind.OPAQUE
        index = next(self._indexes)
        start = PartStarted(index, kind, choice=self._number, dialect=NAME, raw=Raw(bytes(raw)))
        events += [start, PartEnded(index)]


def _is_picture(raw: Raw | None) -> bool:
    return raw is not None and word(decode_raws(raw).get("mimeType")).startswith("image/")


def _unknown(raws: Raws, known: frozenset[str]) -> Fields:
    """Fields that nobody here reads, kept for this dialect."""
    return {OWN + name: raw for name, raw in raws.items() if name not in known and not is_null(raw)}


def _joined(old: Raw, new: Raw, *, grows: bool) -> Raw:
    """Two objects in one. `grows`: lists go on where they ended; else the later one holds."""
    first, second = decode_any(old), decode_any(new)
    for name, value in second.items():
        found = first.get(name)
        both = grows and isinstance(found, list) and isinstance(value, list)
        first[name] = [*found, *value] if both else value
    return Raw(encode(first))
