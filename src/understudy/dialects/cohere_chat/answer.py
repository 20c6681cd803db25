"""An answer as it grows, event by event; a whole body says the same at once."""

from collections.abc import Iterable

from understudy.chat.events import (
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
from understudy.chat.parts import Citation
from understudy.dialects.cohere_chat.citation import PLAN_KIND, belongs, place_of, read_citation
from understudy.dialects.cohere_chat.failure import short_of
from understudy.dialects.cohere_chat.schema import (
    OWN,
    PLAN,
    Raw,
    Raws,
    decode_raws,
    encode,
    inner,
    is_null,
    items,
    word,
)
from understudy.dialects.cohere_chat.stop import BROKEN, READ
from understudy.dialects.cohere_chat.usage import read_billed, read_usage, usage_rest

_CONTENT = frozenset({"type", "text", "thinking"})
_CALL = frozenset({"id", "type", "function"})
_END = frozenset({"finish_reason", "usage", "error"})
_BEFORE = frozenset({"id", "message"})
_MESSAGE = frozenset({"role", "content", "tool_plan", "tool_calls", "citations"})


class Answer:
    """Events of this dialect to ours. `is_over` once it has said how it ended.

    `speaking` is the block of text whose deltas come now, and `part` its number among the parts.
    Blocks end when something else begins: citations of a block may follow behind its end.
    """

    def __init__(self) -> None:
        self.is_over = False
        self.speaking = -1
        self.part = -1
        self._is_started = False
        self._parts = 0
        self._plan: int | None = None
        self._blocks: dict[int, PartStarted] = {}
        self._calls: dict[int, int] = {}
        self._open: dict[int, None] = {}
        self._stray: list[Raw] = []

    def start(self, id_: str, message: Raws) -> list[Event]:
        if self._is_started:
            return []
        self._is_started = True
        return [Started(id_, "", fields=unknown(message, _MESSAGE) or None)]

    def plan(self, text: str) -> list[Event]:
        events = self._begin()
        if self._plan is None or self._plan not in self._open:
            events += self._settle()
            self._plan = self._next()
            self._open[self._plan] = None
            events.append(PartStarted(self._plan, PartKind.REASONING, field=PLAN))
        if text:
            events.append(PartDelta(self._plan, text))
        return events

    def content(self, block: int, content: Raws, logprobs: Raw | None = None) -> list[Event]:
        """A block begins, or goes on."""
        events = self._begin()
        start = self._blocks.get(block)
        if start is None or start.index not in self._open:
            events += self._settle()
            is_thought = word(content.get("type")) == "thinking" or "thinking" in content
            kind = PartKind.REASONING if is_thought else PartKind.TEXT
            start = PartStarted(self._next(), kind)
            self._blocks[block] = start
            self._open[start.index] = None
            events.append(start)
            if kind is PartKind.TEXT:
                self.speaking, self.part = block, start.index
        text = word(content.get("text")) or word(content.get("thinking"))
        fields = unknown(content, _CONTENT)
        if logprobs is not None and not is_null(logprobs):
            fields[OWN + "logprobs"] = Raw(b"[%b]" % bytes(logprobs))
        if text or fields:
            events.append(PartDelta(start.index, text, fields=fields or None))
        return events

    def call_start(self, number: int, call: Raws) -> list[Event]:
        events = [*self._begin(), *self._settle(but=frozenset(self._calls.values()))]
        function = inner(call, "function")
        index = self._next()
        self._calls[number] = index
        self._open[index] = None
        name = word(function.get("name"))
        events.append(PartStarted(index, PartKind.TOOL_CALL, id=word(call.get("id")), name=name))
        if word(function.get("arguments")) == "null":  # so whole answers say that there are none
            kept = {OWN + "arguments": function["arguments"]}
            return [*events, PartDelta(index, fields={**kept, **unknown(call, _CALL)})]
        return events + self._argued(index, call, function)

    def call_delta(self, number: int, call: Raws) -> list[Event]:
        """Raises: KeyError for a call that has not begun."""
        index = self._calls[number]
        return self._argued(index, call, inner(call, "function")) if index in self._open else []

    def call_end(self, number: int) -> list[Event]:
        """Raises: KeyError for a call that has not begun."""
        return self._close(self._calls[number])

    def cite(self, citations: Iterable[Citation]) -> list[Event]:
        events = self._begin()
        for citation in citations:
            index = self._cited(citation)
            if index is not None:
                events.append(PartDelta(index, citation=citation))
            elif citation.raw is not None:
                self._stray.append(citation.raw)
        return events

    def _cited(self, citation: Citation) -> int | None:
        """The part that a citation is of, as far as it is open."""
        if place_of(citation)[1] == PLAN_KIND and self._plan in self._open:
            return self._plan
        for block, start in self._blocks.items():
            is_thought = start.kind is PartKind.REASONING
            if start.index in self._open and belongs(citation, block, is_thought=is_thought):
                return start.index
        calls = self._calls.values()
        return next((index for index in reversed(self._open) if index not in calls), None)

    def end(self, end: Raws, surface: Surface) -> list[Event]:
        """How it ended, and what was counted."""
        self.is_over = True
        native = word(end.get("finish_reason"))
        error = end.get("error")
        if native in BROKEN or not is_null(error):
            return [Failed(_broken(native, error, surface))]
        if not native:
            reason = "the answer ended without a finish reason"
            return [Failed(Signal(surface, message=reason, flag="done_without_finish"))]
        stop = READ.get(native, StopReason.OTHER)
        events = self._begin()
        events += self._settle()
        if not self._parts and stop is StopReason.END:
            reason = "the answer ended, but said nothing"
            return [Failed(Signal(Surface.SEMANTIC, message=reason, flag="empty_200"))]
        usage = end.get("usage")
        count = None if usage is None or is_null(usage) else read_usage(usage)
        billed = None if usage is None or is_null(usage) else read_billed(usage)
        fields = self._kept(end) or None
        return [*events, Finished(stop, count, native, fields=fields, billed=billed)]

    def _kept(self, end: Raws) -> Fields:
        fields = unknown(end, _END)
        usage = end.get("usage")
        rest = None if usage is None or is_null(usage) else usage_rest(usage)
        if rest is not None:
            fields[OWN + "usage"] = rest
        if self._stray:
            fields[OWN + "citations"] = Raw(encode(self._stray))
        return fields

    def _begin(self) -> list[Event]:
        return [] if self._is_started else self.start("", {})

    def _settle(self, but: frozenset[int] = frozenset()) -> list[Event]:
        """End all that is open, but some: calls go on side by side."""
        self.speaking = -1
        ended = [index for index in self._open if index not in but]
        return [event for index in ended for event in self._close(index)]

    def _close(self, index: int) -> list[Event]:
        if index not in self._open:
            return []
        del self._open[index]
        return [PartEnded(index)]

    def _argued(self, index: int, call: Raws, function: Raws) -> list[Event]:
        text = word(function.get("arguments"))
        fields = unknown(call, _CALL)
        return [PartDelta(index, text, fields=fields or None)] if text or fields else []

    def _next(self) -> int:
        self._parts += 1
        return self._parts - 1


def whole(body: Raws) -> list[Event]:
    """A whole answer. Raises: MsgspecError, ValueError for a body that is none."""
    answer = Answer()
    message = decode_raws(body["message"])
    events = answer.start(word(body.get("id")), message)
    left = [read_citation(raw) for raw in items(message.get("citations"))]
    if word(message.get(PLAN)):
        events += answer.plan(word(message.get(PLAN)))
        events += answer.cite([each for each in left if place_of(each)[1] == PLAN_KIND])
        left = [each for each in left if place_of(each)[1] != PLAN_KIND]
    for number, raw in enumerate(items(message.get("content"))):
        content = decode_raws(raw)
        events += answer.content(number, content)
        is_thought = word(content.get("type")) == "thinking"
        here = [each for each in left if belongs(each, number, is_thought=is_thought)]
        left = [each for each in left if each not in here]
        events += answer.cite(here)
    events += answer.cite(left)
    for number, raw in enumerate(items(message.get("tool_calls"))):
        call = decode_raws(raw)
        events += [*answer.call_start(number, call), *answer.call_end(number)]
    rest = {name: value for name, value in body.items() if name not in _BEFORE}
    return events + answer.end(rest, Surface.SEMANTIC)


def unknown(raws: Raws, known: frozenset[str]) -> Fields:
    """Fields that nobody here reads, kept for this dialect."""
    return {OWN + name: raw for name, raw in raws.items() if name not in known and not is_null(raw)}


def _broken(native: str, error: Raw | None, surface: Surface) -> Signal:
    flag = "error_object_in_data" if surface is Surface.STREAM else "error_object_in_200"
    message = short_of(error) or f"the answer broke off: {native}"
    return Signal(surface, message=message, finish=native or None, flag=flag)
