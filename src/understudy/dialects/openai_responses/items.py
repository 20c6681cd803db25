"""The items of an answer under way, each as it grows: a message, a thought, a call, a tool's work.

A part of an item ends when the next one begins or the item is done: what is said of an item only at
its end still belongs into it.
"""

import itertools

from typing_extensions import override

from understudy.chat.events import Event, Fields, PartDelta, PartEnded, PartKind, PartStarted
from understudy.chat.parts import Citation
from understudy.dialects.openai_responses.annotations import read_annotation
from understudy.dialects.openai_responses.schema import (
    CONTENT,
    NAME,
    OWN,
    SUMMARY,
    Raw,
    Raws,
    decode_raws,
    is_nothing,
    items_of,
    text_of,
)

CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
"""Items that call a tool of the caller's, and where they say what it is given."""

_MESSAGE_FIELDS = frozenset({"id", "type", "role", "status", "content"})
_PART_FIELDS = frozenset({"type", "text", "refusal", "annotations", "logprobs"})
_REASONING_FIELDS = frozenset({"id", "type", "status", "summary", "content", "encrypted_content"})
_CALL_FIELDS = frozenset({"id", "type", "status", "call_id", "name", "arguments", "input"})


class Parts:
    """Numbers the parts of one answer, and remembers what was said of what kind."""

    def __init__(self) -> None:
        self.kinds: set[PartKind] = set()
        self._indexes = itertools.count()

    def start(
        self, kind: PartKind, item: str, events: list[Event], field: str | None = None
    ) -> int:
        index = next(self._indexes)
        self.kinds.add(kind)
        events.append(PartStarted(index, kind, item=item or None, field=field))
        return index

    def call(self, id_: str, name: str, item: str, events: list[Event], *, custom: bool) -> int:
        index = next(self._indexes)
        self.kinds.add(PartKind.TOOL_CALL)
        events.append(
            PartStarted(
                index, PartKind.TOOL_CALL, id=id_, name=name, item=item or None, is_custom=custom
            )
        )
        return index

    def opaque(self, raw: Raw, kind: str, item: str, events: list[Event]) -> None:
        index = next(self._indexes)
        self.kinds.add(PartKind.OPAQUE)
        kept = Raw(bytes(raw))
        events.append(
            PartStarted(
                index, PartKind.OPAQUE, item=item or None, field=kind, dialect=NAME, raw=kept
            )
        )
        events.append(PartEnded(index))


class Grown:
    """One part of an item. `size` is how much was said of it, `notes` how many annotations."""

    def __init__(self, index: int, kind: PartKind) -> None:
        self.index = index
        self.kind = kind
        self.size = 0
        self.notes = 0
        self.has_logprobs = False
        self.is_open = True


class Item:
    """What all items have in common: parts that open, grow, and end."""

    def __init__(self, parts: Parts, id_: str, kind: str) -> None:
        self.id = id_
        self.kind = kind
        self.names = {id_}
        self._parts = parts
        self._grown: dict[tuple[str, int], Grown] = {}

    def part(
        self, place: tuple[str, int], kind: PartKind, events: list[Event], field: str | None = None
    ) -> Grown:
        """The part at a place, begun where it is new."""
        found = self._grown.get(place)
        if found is None:
            self.close(events)
            found = Grown(self._parts.start(kind, self.id, events, field), kind)
            self._grown[place] = found
        return found

    def places(self, field: str, count: int) -> list[int]:
        """Where so many parts, which the end says, stood before.

        A host may count parts through all items, so that the first has another number than 0
        (vllm-project/vllm issue 45742, 2026).
        """
        known = sorted(place for name, place in self._grown if name == field)
        if not known or known[-1] < count:
            return list(range(count))
        return [*known, *range(known[-1] + 1, known[-1] + 1 + count)][:count]

    def say(self, part: Grown, text: str, events: list[Event]) -> None:
        if text and part.is_open:
            part.size += len(text)
            events.append(PartDelta(part.index, text))

    def fill(self, part: Grown, text: str, events: list[Event]) -> None:
        """Say the whole text of a part that was not said bit by bit."""
        if not part.size:
            self.say(part, text, events)

    def close(self, events: list[Event]) -> None:
        for part in self._grown.values():
            if part.is_open:
                part.is_open = False
                events.append(PartEnded(part.index))


class SoundItem(Item):
    """What the model speaks aloud: sound, and the words that it is."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, "", "audio")

    def more(self, said: str, events: list[Event], *, is_transcript: bool) -> None:
        part = self.part((self.kind, 0), PartKind.AUDIO, events)
        if is_transcript:
            self.say(part, said, events)
        elif said:
            events.append(PartDelta(part.index, audio_base64=said))


class MessageItem(Item):
    """What the model says to the user: texts and refusals."""

    def __init__(self, parts: Parts, raws: Raws) -> None:
        super().__init__(parts, text_of(raws.get("id")), "message")
        self._fields = _others(raws, _MESSAGE_FIELDS)
        self._has_said_fields = False

    def content(self, place: int, kind: PartKind, events: list[Event]) -> Grown:
        part = self.part((CONTENT, place), kind, events)
        if self._fields and not self._has_said_fields:
            self._has_said_fields = True
            events.append(PartDelta(part.index, fields=self._fields))
        return part

    def open_index(self, place: int) -> int | None:
        """The index of a text that is being said; None where it takes a closer look."""
        found = self._grown.get((CONTENT, place))
        if found is None or not found.is_open or found.kind is not PartKind.TEXT:
            return None
        found.size += 1
        return found.index

    def logprobs(self, part: Grown, raw: Raw | None, events: list[Event]) -> None:
        if raw is not None and not is_nothing(raw) and part.is_open:
            part.has_logprobs = True
            events.append(PartDelta(part.index, fields={OWN + "logprobs": Raw(bytes(raw))}))

    def annotate(self, part: Grown, raw: Raw, events: list[Event]) -> None:
        if part.is_open:
            part.notes += 1
            cited: Citation = read_annotation(raw)
            events.append(PartDelta(part.index, citation=cited))

    def fill_part(self, place: int, raw: Raw, events: list[Event]) -> None:
        """Say of a part what its end says and nobody said before."""
        raws = decode_raws(raw)
        is_refusal = text_of(raws.get("type")) == "refusal"
        kind = PartKind.REFUSAL if is_refusal else PartKind.TEXT
        part = self.content(place, kind, events)
        self.fill(part, text_of(raws.get("refusal" if is_refusal else "text")), events)
        for each in items_of(raws.get("annotations"))[part.notes :]:
            self.annotate(part, each, events)
        if not part.has_logprobs:
            self.logprobs(part, raws.get("logprobs"), events)
        rest = {f"part.{name}": each for name, each in _others(raws, _PART_FIELDS, "").items()}
        if rest and part.is_open:
            fields: Fields = {OWN + name: each for name, each in rest.items()}
            events.append(PartDelta(part.index, fields=fields))

    def done(self, raws: Raws, events: list[Event]) -> None:
        self._fields = self._fields or _others(raws, _MESSAGE_FIELDS)
        contents = _contents(raws.get("content"))
        for place, raw in zip(self.places(CONTENT, len(contents)), contents, strict=True):
            known = self._grown.get((CONTENT, place))
            if known is None or known.is_open:
                self.fill_part(place, raw, events)
        self.close(events)


class ReasoningItem(Item):
    """What the model thought: as it shows it, as it was, or sealed."""

    def __init__(self, parts: Parts, raws: Raws) -> None:
        super().__init__(parts, text_of(raws.get("id")), "reasoning")

    def thought(self, field: str, place: int, events: list[Event]) -> Grown:
        return self.part((field, place), PartKind.REASONING, events, field)

    def done(self, raws: Raws, events: list[Event]) -> None:
        for field in (SUMMARY, CONTENT):
            contents = items_of(raws.get(field))
            for place, raw in zip(self.places(field, len(contents)), contents, strict=True):
                known = self._grown.get((field, place))
                if known is None or known.is_open:
                    text = text_of(decode_raws(raw).get("text"))
                    self.fill(self.thought(field, place, events), text, events)
        encrypted = text_of(raws.get("encrypted_content")) or None
        rest = _others(raws, _REASONING_FIELDS)
        opened = [part for part in self._grown.values() if part.is_open]
        if not opened and (encrypted or rest or not self._grown):
            opened = [self.thought(SUMMARY, len(self._grown), events)]
        if encrypted or rest:
            delta = PartDelta(opened[-1].index, encrypted=encrypted, fields=rest or None)
            events.append(delta)
        self.close(events)


class CallItem(Item):
    """A call of a tool of the caller's."""

    def __init__(self, parts: Parts, raws: Raws, kind: str) -> None:
        super().__init__(parts, text_of(raws.get("id")), kind)
        self.names.add(text_of(raws.get("call_id")))
        self._call: Grown | None = None
        self._fields: Fields = {}
        self._early: list[str] = []

    def begin(self, raws: Raws, events: list[Event]) -> None:
        """Begin the call, if it is known what is called."""
        name = text_of(raws.get("name"))
        if not name or self._call is not None:
            return
        id_ = text_of(raws.get("call_id")) or self.id
        custom = self.kind == "custom_tool_call"
        index = self._parts.call(id_, name, self.id, events, custom=custom)
        self._call = self._grown[("", 0)] = Grown(index, PartKind.TOOL_CALL)
        self._beside(index, raws, events)
        for text in self._early:
            self.say(self._call, text, events)

    def open_index(self) -> int | None:
        if self._call is None or not self._call.is_open:
            return None
        self._call.size += 1
        return self._call.index

    def more(self, text: str, events: list[Event]) -> None:
        if self._call is None:
            self._early.append(text)
        else:
            self.say(self._call, text, events)

    def whole(self, text: str, events: list[Event]) -> None:
        """All that it is given, where that was not said bit by bit."""
        if self._call is not None:
            self.fill(self._call, text, events)

    def _beside(self, index: int, raws: Raws, events: list[Event]) -> None:
        """Say what stands beside the call, and was not said before."""
        fields = _others(raws, _CALL_FIELDS)
        fresh = {name: raw for name, raw in fields.items() if name not in self._fields}
        if fresh:
            self._fields |= fresh
            events.append(PartDelta(index, fields=fresh))

    def done(self, raws: Raws, events: list[Event]) -> None:
        self.begin(raws, events)
        if self._call is not None and self._call.is_open:
            self._beside(self._call.index, raws, events)
        self.whole(_given(raws.get(CALLS[self.kind])), events)
        self.close(events)


class OpaqueItem(Item):
    """What only this dialect has a word for: work of tools that the provider runs, say."""

    def __init__(self, parts: Parts, raw: Raw, raws: Raws, kind: str) -> None:
        super().__init__(parts, text_of(raws.get("id")), kind)
        self._raw = raw
        self._is_said = False

    def update(self, raw: Raw) -> None:
        self._raw = Raw(bytes(raw))

    @override
    def close(self, events: list[Event]) -> None:
        if not self._is_said:
            self._is_said = True
            self._parts.opaque(self._raw, self.kind, self.id, events)


AnyItem = MessageItem | ReasoningItem | CallItem | OpaqueItem


def make_item(parts: Parts, raw: Raw, raws: Raws) -> AnyItem:
    """The machine for an item of an answer."""
    kind = text_of(raws.get("type"))
    if kind == "message":
        return MessageItem(parts, raws)
    if kind == "reasoning":
        return ReasoningItem(parts, raws)
    if kind in CALLS:
        return CallItem(parts, raws, kind)
    return OpaqueItem(parts, Raw(bytes(raw)), raws, kind)


def finish_item(item: AnyItem, raw: Raw, raws: Raws, events: list[Event]) -> None:
    """Take what is said of an item at its end, and end it."""
    if isinstance(item, OpaqueItem):
        item.update(raw)
        item.close(events)
    else:
        item.done(raws, events)


def _others(raws: Raws, known: frozenset[str], own: str = OWN) -> Fields:
    """The fields of an item that nobody here knows, by the names under which they are kept."""
    return {
        own + name: Raw(bytes(raw))
        for name, raw in raws.items()
        if name not in known and not is_nothing(raw)
    }


def _contents(raw: Raw | None) -> list[Raw]:
    """The parts of a message; some servers say it as one text, which a request may, too."""
    if raw is not None and bytes(raw).startswith(b'"'):
        return [Raw(b'{"type":"output_text","text":' + bytes(raw) + b"}")]
    return items_of(raw)


def _given(raw: Raw | None) -> str:
    """Arguments are JSON text; a host may send the value itself."""
    if raw is None or bytes(raw) == b"null":
        return ""
    return text_of(raw) if bytes(raw).startswith(b'"') else bytes(raw).decode()
