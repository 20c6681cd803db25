"""An answer under way: blocks in, parts out. A stream and a whole body say the same through it."""

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
)
from understudy.chat.failure import Signal, Surface
from understudy.dialects.bedrock_converse.block import Block, opening, rest_of_call, whole_block
from understudy.dialects.bedrock_converse.citations import read_citation
from understudy.dialects.bedrock_converse.schema import (
    OWN,
    PADDING,
    REDACTED,
    Raw,
    Raws,
    decode_index,
    decode_raws,
    inner,
    items,
    member,
    said,
    word,
)
from understudy.dialects.bedrock_converse.stop import read_stop
from understudy.dialects.bedrock_converse.usage import read_usage, rest_of

_WHOLE = frozenset({"output", "stopReason", "usage", PADDING})
_AT_STOP = frozenset({"stopReason", PADDING})
_AT_END = frozenset({"usage", PADDING})


class OutOfOrder(Exception):
    """An event stands where it cannot, or speaks of a block that was not started."""


class Answer:
    """Every method returns the events that its frame says.

    Raises:
        MsgspecError, KeyError: the frame is not what it claims to be.
        OutOfOrder: it cannot stand where it stands.
    """

    def __init__(self, identity: str) -> None:
        self.is_started = False
        self.native: str | None = None
        self.speaking = -1  # the block of text that has spoken last, while it is open
        self.speaking_part = -1
        self._id = identity
        self._blocks: dict[int, Block] = {}
        self._closed: set[int] = set()
        self._parts = 0
        self._has_called = False
        self._usage: Raws = {}
        self._rest: Raws = {}

    def whole(self, body: Raws) -> list[Event]:
        """Take a whole body; `finish` says how it ended."""
        message = decode_raws(inner(body["output"])["message"])
        events = self.start(message)
        for raw in items(message.get("content")):
            start, deltas = whole_block(decode_raws(raw), raw, self._parts)
            self._parts += 1
            self._has_called |= start.kind is PartKind.TOOL_CALL
            events += [start, *deltas, PartEnded(start.index)]
        self.native = word(body.get("stopReason")) or None
        self._rest = said({name: raw for name, raw in body.items() if name not in _WHOLE})
        self._count(body)
        return events

    def start(self, message: Raws) -> list[Event]:
        """Take `messageStart`; its role is always the model's. Said twice, it says nothing new."""
        if self.is_started:
            if self._parts:
                raise OutOfOrder("expected one message, found the start of another")
            return []
        self.is_started = True
        beside = {key: raw for key, raw in message.items() if key not in {"role", "content", "p"}}
        return [Started(self._id, "", fields=_own(said(beside)))]

    def block_start(self, event: Raws) -> list[Event]:
        number = self._number(event)
        if number in self._blocks or number in self._closed:
            raise OutOfOrder(f"expected a new block of an answer, found block {number} again")
        begun = decode_raws(event["start"])
        name = member(begun)
        if not name:
            return []  # it says nothing yet
        start = opening(name, begun, self._parts)
        events = self._open(number, start)
        beside = rest_of_call(begun) if start.kind is PartKind.TOOL_CALL else None
        return events if beside is None else [*events, PartDelta(start.index, fields=beside)]

    def block_delta(self, event: Raws) -> list[Event]:
        number = self._number(event)
        if number in self._closed:
            raise OutOfOrder(f"expected a delta of an open block, found one of block {number}")
        delta = decode_raws(event["delta"])
        name = member(delta)
        match name:
            case "":
                return []
            case "text":
                text = word(delta["text"])
                events = self._part(number, name, PartKind.TEXT)
                self.speaking, self.speaking_part = number, self._blocks[number].index
                return [*events, PartDelta(self.speaking_part, text)] if text else events
            case "citation":
                events = self._part(number, name, PartKind.TEXT)
                cited = read_citation(delta[name])
                return [*events, PartDelta(self._blocks[number].index, citation=cited)]
            case "reasoningContent":
                return self._thought(number, decode_raws(delta[name]))
            case "toolUse":
                return self._arguments(number, decode_raws(delta[name]))
            case _:
                return self._other(number, name, delta[name])

    def block_stop(self, event: Raws) -> list[Event]:
        """End a block. One of which nothing was said is no part."""
        number = self._number(event)
        if number in self._closed:
            raise OutOfOrder(f"expected the end of an open block, found that of block {number}")
        return self._close(number)

    def stop(self, event: Raws) -> None:
        """Note why the model stopped; what it used comes after."""
        self._require_start()
        self.native = word(event.get("stopReason")) or None
        self._rest.update(said({key: raw for key, raw in event.items() if key not in _AT_STOP}))

    def metadata(self, event: Raws) -> None:
        """Note what was used and how long it took."""
        self._require_start()
        self._rest.update(said({key: raw for key, raw in event.items() if key not in _AT_END}))
        self._count(event)

    def finish(self) -> list[Event]:
        """End the answer: well, or as a failure where it gives no reason or no call."""
        events = [event for number in list(self._blocks) for event in self._close(number)]
        native = self.native
        if native is None:
            reason = "the answer ended, but gave no stop reason"
            signal = Signal(Surface.STREAM, message=reason, flag="done_without_finish")
            return [*events, Failed(signal)]
        if native == "tool_use" and not self._parts:
            reason = "expected content, found an empty answer that stopped with tool_use"
            signal = Signal(Surface.SEMANTIC, message=reason, finish=native, flag="empty_200")
            return [*events, Failed(signal)]
        finished = Finished(
            read_stop(native),
            read_usage(self._usage),
            native,
            _stop_sequence(self._rest),
            fields=_own({**self._rest, **rest_of(self._usage)}),
        )
        return [*events, finished]

    def _number(self, event: Raws) -> int:
        self._require_start()
        return decode_index(event["contentBlockIndex"])

    def _require_start(self) -> None:
        if not self.is_started:
            raise OutOfOrder("expected the start of a message, found what comes after")

    def _open(self, number: int, start: PartStarted) -> list[Event]:
        self._blocks[number] = Block(start.index, start.kind)
        self._parts += 1
        self._has_called |= start.kind is PartKind.TOOL_CALL
        return [start]

    def _part(self, number: int, name: str, kind: PartKind) -> list[Event]:
        """Begin a part where a block starts with its first delta, or changes its kind."""
        block = self._blocks.get(number)
        if block is not None and block.kind is kind:
            return []
        events = [] if block is None else self._close(number)
        self._closed.discard(number)
        return events + self._open(number, opening(name, {}, self._parts))

    def _thought(self, number: int, delta: Raws) -> list[Event]:
        hidden = delta.get(REDACTED)
        name = "reasoningContent" if hidden is None else REDACTED
        events = self._part(number, name, PartKind.REASONING)
        added = PartDelta(
            self._blocks[number].index,
            word(delta.get("text")),
            signature=word(delta.get("signature")) or None,
            encrypted=word(hidden) or None,
        )
        return events if added == PartDelta(added.index) else [*events, added]

    def _arguments(self, number: int, delta: Raws) -> list[Event]:
        block = self._blocks.get(number)
        if block is None or block.kind not in {PartKind.TOOL_CALL, PartKind.OPAQUE}:
            raise OutOfOrder(f"expected the start of a call, found input of block {number}")
        text = word(delta["input"])
        return [PartDelta(block.index, text)] if text else []

    def _other(self, number: int, name: str, raw: Raw) -> list[Event]:
        """A delta that this dialect alone can say: part of a tool's result, of a picture."""
        events: list[Event] = []
        if number not in self._blocks:
            events = self._open(number, opening(name, {}, self._parts))
        block = self._blocks[number]
        fields = {f"{OWN}delta.{block.others}": Raw(b'{"%b":%b}' % (name.encode(), bytes(raw)))}
        block.others += 1
        return [*events, PartDelta(block.index, fields=fields)]

    def _close(self, number: int) -> list[Event]:
        block = self._blocks.pop(number, None)
        self._closed.add(number)
        if number == self.speaking:
            self.speaking = self.speaking_part = -1
        return [] if block is None else [PartEnded(block.index)]

    def _count(self, body: Raws) -> None:
        self._usage.update(said(inner(body.get("usage"))))


def _stop_sequence(rest: Raws) -> str | None:
    """Which one it was, where the caller asked to be told (additionalModelResponseFields)."""
    told = rest.get("additionalModelResponseFields")
    if told is None or not bytes(told).startswith(b"{"):
        return None
    fields = decode_raws(told)
    nested = fields.get("delta")
    if nested is not None and bytes(nested).startswith(b"{"):
        fields = {**decode_raws(nested), **fields}
    found = fields.get("stop_sequence")
    return None if found is None or not bytes(found).startswith(b'"') else word(found) or None


def _own(raws: Raws) -> Fields | None:
    return {OWN + name: raw for name, raw in raws.items()} or None
