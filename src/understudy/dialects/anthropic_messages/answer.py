"""An answer under way: blocks in, parts out. A stream and a whole body say the same through it."""

import msgspec

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
from understudy.chat.parts import Citation
from understudy.chat.usage import Usage
from understudy.dialects.anthropic_messages.schema import (
    NAME,
    OWN,
    PRODUCER,
    Delta,
    Raw,
    Raws,
    decode_raw_list,
    decode_raws,
    encode,
    is_empty,
    is_null,
    said,
    word,
)
from understudy.dialects.anthropic_messages.stop import read_stop
from understudy.dialects.anthropic_messages.usage import read_usage, usage_rest

_MESSAGE = frozenset(
    {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"}
)
_AT_START = frozenset({"diagnostics"})
"""Fields of a whole body that a stream says at its start; all others come with its end."""

_KINDS = {
    "text": PartKind.TEXT,
    "thinking": PartKind.REASONING,
    "redacted_thinking": PartKind.REASONING,
    "tool_use": PartKind.TOOL_CALL,
}
_READ = {
    "text": frozenset({"type", "text", "citations"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
    "tool_use": frozenset({"type", "id", "name", "input"}),
}
_NEEDS_CONTENT = {"tool_use": "empty_200"}
"""An empty `end_turn` is an answer: the model has nothing to add (Claude docs, "Handling stop
reasons": empty responses with end_turn, after tool results)."""
_EMPTY = b"{}"


class OutOfOrder(Exception):
    """A block was started twice, or spoken of without having been started."""


class Block:
    """One content block. `given` is a tool's input as its start said it: deltas replace it."""

    def __init__(self, kind: PartKind, index: int) -> None:
        self.kind = kind
        self.index = index
        self.given = b""
        self.has_spoken = False
        self.is_open = True
        self.unknown_deltas = 0


class Answer:
    """Every method returns the events that its frame says.

    Raises:
        MsgspecError: the frame is not what it claims to be.
        OutOfOrder: it cannot stand where it stands.
    """

    def __init__(self) -> None:
        self.started = False
        self.blocks: dict[int, Block] = {}
        self.native: str | None = None
        self.speaking = -1  # the block of text that has spoken last, while it is open
        self.speaking_part = -1
        self._stop_sequence: str | None = None
        self._usage: Raws = {}
        self._billed: Usage | None = None  # what they count, once asked for
        self._rest: Raws = {}
        self._usage_rest: Raws = {}
        self._before = 0  # blocks that the message brought along

    def start(self, message: Raws) -> list[Event]:
        """Take `message_start`: a message without content, or (after a tool loop) with some.

        Said twice before anything else, it says nothing new: some proxies repeat it.
        """
        if self.started and not self.blocks and is_empty(message.get("content")):
            return []
        beside = said({name: raw for name, raw in message.items() if name not in _MESSAGE})
        usage = self._count(message.get("usage"))
        if usage:
            beside["usage"] = Raw(encode(usage))
        return self._begin(message, beside)

    def whole(self, message: Raws) -> list[Event]:
        """Take a whole body; `finish` says how it ended."""
        for name, raw in message.items():
            if name not in _MESSAGE and name not in _AT_START and not is_null(raw):
                self._rest[name] = raw
        self._usage_rest = self._count(message.get("usage"))
        return self._begin(message, said({n: r for n, r in message.items() if n in _AT_START}))

    def block_start(self, index: int, block: Raws, raw: Raw) -> list[Event]:
        position = index + self._before
        if not self.started or position in self.blocks:
            raise OutOfOrder(f"expected a new block of an answer, found block {index} again")
        name = word(block.get("type"))
        state = Block(_KINDS.get(name, PartKind.OPAQUE), position)
        self.blocks[position] = state
        if state.kind is PartKind.OPAQUE:
            state.has_spoken = True
            return [PartStarted(position, PartKind.OPAQUE, dialect=NAME, raw=_own_copy(raw))]
        events = _beginning(state, name, block)
        if state.kind is PartKind.TOOL_CALL:
            state.has_spoken = True
            given = block.get("input")
            state.given = _EMPTY if given is None or is_null(given) else bytes(given)
        elif len(events) > 1:
            state.has_spoken = True
        return events

    def delta(self, index: int, delta: Delta) -> PartDelta | None:
        """A delta of a type that every client knows; None for others."""
        block = self.blocks.get(index + self._before)
        if block is None or not block.is_open:
            raise OutOfOrder(f"expected a delta of an open block, found one of block {index}")
        match delta.type, block.kind:
            case "text_delta", PartKind.TEXT:
                text = delta.text
            case "input_json_delta", PartKind.TOOL_CALL | PartKind.OPAQUE:
                text = delta.partial_json
                block.given = b"" if text else block.given
            case "thinking_delta", PartKind.REASONING:
                text = delta.thinking
            case "signature_delta", PartKind.REASONING:
                return PartDelta(block.index, signature=delta.signature or None)
            case _:
                return None
        block.has_spoken = block.has_spoken or text != ""
        if block.has_spoken and block.kind is PartKind.TEXT:
            self.speaking, self.speaking_part = index, block.index
        return PartDelta(block.index, text)

    def other_delta(self, index: int, raw: Raw) -> PartDelta:
        """A citation, or a delta of a type of the future: kept for this dialect."""
        block = self.blocks[index + self._before]
        raws = decode_raws(raw)
        if word(raws.get("type")) == "citations_delta" and block.kind is PartKind.TEXT:
            return PartDelta(block.index, citation=read_citation(raws["citation"]))
        block.has_spoken = True
        name = f"{OWN}delta.{block.unknown_deltas}"
        block.unknown_deltas += 1
        return PartDelta(block.index, fields={name: _own_copy(raw)})

    def block_stop(self, index: int) -> list[Event]:
        block = self.blocks.get(index + self._before)
        if block is None or not block.is_open:
            raise OutOfOrder(f"expected the end of an open block, found that of block {index}")
        return self._close(block)

    def message_delta(self, event: Raws) -> None:
        """Note why the model stopped, and what it used: counts add up, the last one holds."""
        delta = decode_raws(event["delta"]) if "delta" in event else {}
        for name, raw in said(delta).items():
            if name == "stop_reason":
                self.native = word(raw)
            elif name == "stop_sequence":
                self._stop_sequence = word(raw)
            else:
                self._rest[name] = _own_copy(raw)
        for name, raw in said(event).items():
            if name not in {"type", "delta", "usage"}:
                self._rest[name] = _own_copy(raw)
        self._usage_rest.update(self._count(event.get("usage")))

    def finish(self) -> list[Event]:
        """End the answer: well, or as a failure where it gives no reason or says nothing."""
        events = [
            event for block in self.blocks.values() if block.is_open for event in self._close(block)
        ]
        native = self.native
        if native is None:
            reason = "the answer ended, but gave no stop reason"
            signal = Signal(Surface.STREAM, message=reason, flag="done_without_finish")
            return [*events, Failed(signal)]
        if native in _NEEDS_CONTENT and not any(b.has_spoken for b in self.blocks.values()):
            return [*events, Failed(_empty(native))]
        rest = dict(self._rest)
        if self._usage_rest:
            rest["usage"] = Raw(encode(self._usage_rest))
        usage = self._bill()
        stop = read_stop(native)
        return [*events, Finished(stop, usage, native, self._stop_sequence, fields=_own(rest))]

    def _begin(self, message: Raws, beside: Raws) -> list[Event]:
        if self.started:
            raise OutOfOrder("expected one message, found the start of another")
        self.started = True
        self.native = word(message.get("stop_reason")) or None
        self._stop_sequence = word(message.get("stop_sequence")) or None
        events: list[Event] = [
            Started(
                word(message.get("id")),
                word(message.get("model")),
                usage=self._bill(),
                fields=_own(beside),
            )
        ]
        content = message.get("content")
        if content is None or is_null(content):
            return events
        blocks = decode_raw_list(content)
        for index, raw in enumerate(blocks):
            events += self.block_start(index, decode_raws(raw), raw)
            events += self._close(self.blocks[index])
        self._before = len(blocks)
        return events

    def _count(self, raw: Raw | None) -> Raws:
        """Take in a usage object; returns what it says beside the counts."""
        if raw is None or is_null(raw):
            return {}
        raws = said({name: _own_copy(each) for name, each in decode_raws(raw).items()})
        self._usage.update(raws)
        self._billed = None
        return usage_rest(raws)

    def _bill(self) -> Usage | None:
        if self._billed is None and self._usage:
            self._billed = read_usage(self._usage)
        return self._billed

    def _close(self, block: Block) -> list[Event]:
        block.is_open = False
        if block.index == self.speaking_part:
            self.speaking = -1
        events: list[Event] = [PartEnded(block.index)]
        if block.given:
            events.insert(0, PartDelta(block.index, block.given.decode()))
        return events


def read_citation(raw: Raw) -> Citation:
    """A citation; its positions are in the cited document, so they stay in `raw`."""
    raws = decode_raws(raw)
    source = word(raws.get("url")) or word(raws.get("source"))
    return Citation(
        title=word(raws.get("document_title")) or word(raws.get("title")) or None,
        url=source if source.startswith(("http://", "https://")) else None,
        quote=word(raws.get("cited_text")) or None,
        dialect=NAME,
        raw=_own_copy(raw),
    )


def _beginning(state: Block, name: str, block: Raws) -> list[Event]:
    """The start of a part of a known kind, and what its block says already."""
    beside = said({key: raw for key, raw in block.items() if key not in _READ[name]})
    is_thought = state.kind is PartKind.REASONING
    index = state.index
    start = PartStarted(
        index,
        state.kind,
        id=word(block.get("id")) or None if state.kind is PartKind.TOOL_CALL else None,
        name=word(block.get("name")) if state.kind is PartKind.TOOL_CALL else None,
        producer=PRODUCER if is_thought else None,
        field=name if is_thought else None,
        dialect=NAME if beside else None,
    )
    text = "" if state.kind is PartKind.TOOL_CALL else word(block.get(name))
    first = PartDelta(
        index,
        text,
        signature=word(block.get("signature")) or None if is_thought else None,
        encrypted=word(block.get("data")) or None if is_thought else None,
        fields=_own(beside),
    )
    events: list[Event] = [start]
    if first != PartDelta(index):
        events.append(first)
    cited = block.get("citations")
    if state.kind is PartKind.TEXT and cited is not None and not is_null(cited):
        events += [
            PartDelta(index, citation=read_citation(citation))
            for citation in decode_raw_list(cited)
        ]
    return events


def _empty(native: str) -> Signal:
    reason = f"expected content, found an empty answer that stopped with {native}"
    return Signal(Surface.SEMANTIC, message=reason, finish=native, flag=_NEEDS_CONTENT[native])


def _own(raws: Raws) -> Fields | None:
    return {OWN + name: _own_copy(raw) for name, raw in raws.items()} or None


def _own_copy(raw: Raw) -> Raw:
    """A copy that does not keep the whole frame alive."""
    return msgspec.Raw(bytes(raw))
