"""Prices: what a model costs at a host, and what one answer came to."""

from collections.abc import Iterable
from typing import Final

import msgspec

from understudy.chat.usage import Usage
from understudy.operations.units import Units

_MILLION: Final = 1e6


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """US dollars at the standard tier. None: not known, so not charged for and not filtered on.

    The first five are for a million tokens, of short prompts; `image_input` is for those of the
    pictures that are read, where they cost something else. `search`: one query of a rerank.
    `picture`: one that is drawn. `characters`: a million of those read out. `minute`: of sound
    that is written down.
    """

    input: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    output: float | None = None
    image_input: float | None = None
    search: float | None = None
    picture: float | None = None
    characters: float | None = None
    minute: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything that is billed has a price: tokens both ways, or another measure."""
        tokens = self.input is not None and self.output is not None
        units = (self.search, self.picture, self.characters, self.minute)
        return tokens or any(each is not None for each in units)


def cost_usd(usage: Usage | None, units: Units, price: Price) -> float | None:
    """Price one answer in US dollars, or None where nothing that it is billed by has a price."""
    tokens, others = _tokens_usd(usage, price), units_usd(units, price)
    if tokens is None or others is None:
        return others if tokens is None else tokens
    return tokens + others


def units_usd(units: Units, price: Price) -> float | None:
    """Price what is billed besides tokens; None where it has no price, or there is none."""
    rows = (
        (units.searches, price.search, 1.0),
        (units.pictures, price.picture, 1.0),
        (units.characters, price.characters, _MILLION),
        (units.seconds, price.minute, 60.0),
    )
    costs = [count * cost / per for count, cost, per in rows if count and cost is not None]
    return sum(costs) if costs else None


def dearest(prices: Iterable[Price]) -> Price:
    """Return the highest of several prices, measure by measure."""
    known = [msgspec.structs.astuple(price) for price in prices]
    highest = [
        max((cost for cost in costs if cost is not None), default=None)
        for costs in zip(*known, strict=True)
    ]
    return Price(*highest)


def _tokens_usd(usage: Usage | None, price: Price) -> float | None:
    """A cache price that is not known counts as the full input price: never too little."""
    if usage is None or price.input is None:
        return None
    if price.output is None and usage.output_tokens:
        return None
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    seen = price.input if price.image_input is None else price.image_input
    pictures = min(usage.image_input_tokens, usage.input_tokens)
    return (
        (usage.input_tokens - pictures) * price.input
        + pictures * seen
        + usage.cache_read_tokens * read
        + usage.cache_write_tokens * write
        + usage.output_tokens * (price.output or 0.0)
    ) / _MILLION
