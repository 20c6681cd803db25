"""An answer as it grows, chunk by chunk; a whole body is its only chunk."""

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Failed,
    Fields,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.chat.usage import Usage
from understudy.dialects.openai_completions.schema import (
    OWN,
    Raw,
    Raws,
    decode_any,
    decode_raw_list,
    decode_raws,
    encode,
    is_nothing,
    number,
    word,
)
from understudy.dialects.openai_finish import BROKEN, read_finish
from understudy.dialects.openai_usage import read_usage, usage_rest

_READ = frozenset({"id", "object", "created", "model", "choices", "usage", "error"})
_CHOICE = frozenset({"index", "text", "finish_reason", "delta"})
_SEQUENCES = frozenset({"stop_reason", "matched_stop"})
"""Where vLLM and SGLang say which stop sequence it was, or the number of a stop token."""


class Answer:
    """Collects an answer. `receive` raises MsgspecError, ValueError for what is no chunk of one."""

    def __init__(self, surface: Surface) -> None:
        self.started = False
        self.texts: dict[int, int] = {}  # which part a choice's text is
        self.natives: dict[int, str | None] = {}
        self.usage: Usage | None = None
        self._surface = surface
        self._first: Fields = {}
        self._fields: Fields = {}
        self._beside: dict[str, list[Raw]] = {}
        self._stop_sequence: str | None = None
        self._has_spoken = False

    @property
    def is_ended(self) -> bool:
        """Whether every answer that began has said why it stopped."""
        return bool(self.natives) and None not in self.natives.values()

    def receive(self, chunk: Raws) -> list[Event]:
        usage = chunk.get("usage")
        if usage is not None and not is_nothing(usage):
            self.usage = read_usage(usage) or self.usage
            rest = usage_rest(usage)
            if rest is not None:
                self._fields[OWN + "usage"] = rest
        events: list[Event] = []
        fields = {
            OWN + name: raw
            for name, raw in chunk.items()
            if name not in _READ and not is_nothing(raw)
        }
        if self.started:
            self._fields |= {
                key: raw
                for key, raw in fields.items()
                if key not in self._first or bytes(self._first[key]) != bytes(raw)
            }
        choices = chunk.get("choices")
        if choices is None or is_nothing(choices):
            return events
        if not self.started:
            self.started = True
            self._first = fields
            id_, model = word(chunk.get("id")), word(chunk.get("model"))
            events.append(Started(id_, model, number(chunk.get("created")), fields=fields or None))
        for position, raw in enumerate(decode_raw_list(choices)):
            self._choice(decode_raws(raw), position, events)
        return events

    def finish(self) -> list[Event]:
        """End the answer: well, or as a failure where it broke off or said nothing."""
        for native in self.natives.values():
            if native is not None and native.lower() in BROKEN:
                reason = f"the answer broke off: finish reason {native}"
                flag = "eof_without_terminator"
                return [Failed(Signal(self._surface, message=reason, finish=native, flag=flag))]
        ends = [(index, self._stop(index), self.natives[index]) for index in sorted(self.natives)]
        _, stop, native = ends[0]
        if not self._has_spoken and stop is StopReason.END:
            reason = "the answer ended without any text"
            return [Failed(Signal(Surface.SEMANTIC, message=reason, flag="empty_200"))]
        events: list[Event] = [PartEnded(part) for part in self.texts.values()]
        choices = tuple(ChoiceEnd(*end) for end in ends[1:])
        fields = {**self._fields, **self._kept()}
        sequence = self._stop_sequence
        return [*events, Finished(stop, self.usage, native, sequence, choices, fields or None)]

    def _choice(self, choice: Raws, position: int, events: list[Event]) -> None:
        index = number(choice.get("index"))
        at = position if index is None else index
        self.natives.setdefault(at, None)
        text = word(choice.get("text"))
        if text:
            self._has_spoken = True
            if at not in self.texts:
                self.texts[at] = len(self.texts)
                events.append(PartStarted(self.texts[at], PartKind.TEXT, choice=at))
            events.append(PartDelta(self.texts[at], text))
        finish = word(choice.get("finish_reason"))
        if finish:
            self.natives[at] = finish
        for name, raw in choice.items():
            if name in _CHOICE or is_nothing(raw):
                continue
            if name in _SEQUENCES and bytes(raw).startswith(b'"'):
                self._stop_sequence = word(raw)
            else:
                self._beside.setdefault(f"{OWN}choices[{at}].{name}", []).append(raw)

    def _stop(self, index: int) -> StopReason:
        stop = read_finish(self.natives[index] or "")
        if stop is StopReason.END and self._stop_sequence is not None and index == 0:
            return StopReason.STOP_SEQUENCE
        return stop

    def _kept(self) -> Fields:
        return {name: _merged(raws) for name, raws in self._beside.items()}


def _merged(raws: list[Raw]) -> Raw:
    """What several chunks said of one field, as a whole answer says it: lists go on."""
    if len(raws) == 1:
        return raws[0]
    tree = decode_any(raws[0])
    for raw in raws[1:]:
        tree = _added(tree, decode_any(raw))
    return Raw(encode(tree))


def _added(old: object, new: object) -> object:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _added(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    return old if new is None else new
