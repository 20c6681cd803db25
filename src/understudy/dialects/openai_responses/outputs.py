"""The items of an answer under way, by number, and which of them an event is about.

An event names its item by number, by id, or both. Some hosts name no number (llama.cpp), change the
id from event to event, or give one number to a message and to a call (open-responses-server 63).
"""

from collections.abc import Collection

from understudy.dialects.openai_responses.items import AnyItem
from understudy.dialects.openai_responses.schema import (
    Raws,
    decode_index,
    decode_raws,
    is_null,
    text_of,
)

_BEYOND = 1 << 20
"""From here on items are numbered whose own number another kind of item has."""


class OutOfOrder(Exception):
    """Something was said of an item that is not there, or was said before."""


class Outputs:
    """`items` by number, in the order in which they began; `done` are the numbers of those that
    ended.
    """

    def __init__(self) -> None:
        self.items: dict[int, AnyItem] = {}
        self.done: set[int] = set()

    def fresh(self, event: Raws, item: Raws) -> int:
        """The number of an item that begins."""
        kind = text_of(item.get("type"))
        number = _index(event)
        if number is None:
            named = self._named(event, None)
            return self._next() if named is None else named
        known = self.items.get(number)
        return number if known is None or known.kind == kind else self._beyond()

    def ended(self, event: Raws, item: Raws) -> int:
        """The number of an item that ends, which may be all that is said of it."""
        kind = text_of(item.get("type"))
        return self.find(event, {kind} if kind else None)

    def find(self, event: Raws, kinds: Collection[str] | None) -> int:
        """The number of the item of one of some kinds that an event is about, or that it begins."""
        number = _index(event)
        if number is not None and self._fits(number, kinds):
            return number
        named = self._named(event, kinds)
        if named is not None:
            return named
        known = None if number is None else self.items.get(number)
        if number is not None and (known is None or kinds is None or known.kind in kinds):
            return number
        last = next(reversed(self.items), None)
        if last is not None and self._fits(last, kinds):
            return last
        return self._next() if number is None else self._beyond()

    def is_thought(self, event: Raws) -> bool:
        """Whether an event is about a thought under way."""
        return self._fits(self.find(event, None), {"reasoning"})

    def _named(self, event: Raws, kinds: Collection[str] | None) -> int | None:
        """The number of an item that an event names by an id."""
        ids = _ids(event)
        for number, item in self.items.items():
            if not ids.isdisjoint(item.names) and (kinds is None or item.kind in kinds):
                return number
        return None

    def _fits(self, number: int, kinds: Collection[str] | None) -> bool:
        item = self.items.get(number)
        if item is None or number in self.done:
            return False
        return kinds is None or item.kind in kinds

    def _next(self) -> int:
        return max(self.items, default=-1) + 1

    def _beyond(self) -> int:
        return max(self._next(), _BEYOND)


def _index(event: Raws) -> int | None:
    raw = event.get("output_index")
    return None if raw is None or is_null(raw) else decode_index(raw)


def _ids(event: Raws) -> set[str]:
    item = decode_raws(event["item"]) if "item" in event else {}
    found = {text_of(event.get("item_id")), text_of(item.get("id")), text_of(item.get("call_id"))}
    return found - {""}
