"""Where the parts of an answer stand: in which item of the output, and where in it.

Streams and whole answers are laid out alike, part by part in the order of their start.
"""

import msgspec

from understudy.chat.events import PartKind, PartStarted
from understudy.chat.loss import Change, Loss
from understudy.dialects.openai_responses.ids import FOREIGN, item_id
from understudy.dialects.openai_responses.schema import CONTENT, NAME, SUMMARY

_MESSAGE = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})
_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc"}


class Place(msgspec.Struct, frozen=True, gc=False):
    """`output` is the item's number, `inner` that of the part among those of its kind in it.

    `kind` is the item's type, `is_first` whether the part begins it.
    """

    output: int
    inner: int
    item: str
    kind: str
    is_first: bool


class _Item:
    def __init__(self, output: int, id_: str, kind: str, name: str | None) -> None:
        self.output = output
        self.id = id_
        self.kind = kind
        self.name = name
        self.counts: dict[str, int] = {}


class Layout:
    """Places the parts of one answer. `customs` are the tools whose input is free text."""

    def __init__(self, response: str, customs: frozenset[str]) -> None:
        self._response = response
        self._customs = customs
        self._count = 0
        self._last: _Item | None = None
        self._names: set[str] = set()

    def place(self, start: PartStarted) -> Place:
        """The place of a part that is sayable."""
        kind = self.kind(start)
        item = self._last
        is_first = item is None or not _goes_on(item, start, kind)
        if item is None or is_first:
            item = self._last = self._new(start, kind)
        counter = CONTENT if kind != "reasoning" else field_of(start)
        inner = item.counts.get(counter, 0)
        item.counts[counter] = inner + 1
        return Place(item.output, inner, item.id, kind, is_first)

    def kind(self, start: PartStarted) -> str:
        """The type of item that a part stands in."""
        if start.kind in _MESSAGE:
            return "message"
        if start.kind is PartKind.REASONING:
            return "reasoning"
        if start.kind is PartKind.TOOL_CALL:
            is_custom = start.is_custom or start.name in self._customs
            return "custom_tool_call" if is_custom else "function_call"
        return "opaque"

    def _new(self, start: PartStarted, kind: str) -> _Item:
        output = self._count
        self._count += 1
        id_ = start.item
        if id_ is None or id_ in self._names:
            prefix = _PREFIXES.get(kind, "item")
            if kind == "reasoning" and start.field not in (SUMMARY, CONTENT):
                prefix = FOREIGN
            id_ = item_id(prefix, self._response, output)
        self._names.add(id_)
        return _Item(output, id_, kind, start.item)


def field_of(start: PartStarted) -> str:
    """Where in a reasoning item a thought is said: other dialects' as what its author shows."""
    return CONTENT if start.field == CONTENT else SUMMARY


def unsayable(start: PartStarted) -> Loss | None:
    """Why a part cannot be said here, or not as it is; None where it can."""
    where = f"parts[{start.index}]"
    if start.choice:
        return Loss(f"choices[{start.choice}]", "one answer at a time")
    if start.kind is PartKind.IMAGE or (start.kind is PartKind.OPAQUE and not is_own(start)):
        return Loss(where, f"no word for a part of kind {start.kind.value}")
    if start.kind is PartKind.AUDIO:
        return Loss(where, "speech, said as its transcript", Change.CHANGED)
    return None


def is_own(start: PartStarted) -> bool:
    """Whether a part is an item of this dialect, kept whole."""
    return start.dialect == NAME and start.raw is not None


def _goes_on(item: _Item, start: PartStarted, kind: str) -> bool:
    """Whether a part belongs into the item that was begun last."""
    if kind != item.kind or kind not in ("message", "reasoning"):
        return False
    if start.item is None and item.name is None:
        return kind == "message"
    return start.item == item.name
