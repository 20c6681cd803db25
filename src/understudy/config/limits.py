"""What may stand in the TOML file about what callers may use, and what is made of it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self

import msgspec

from understudy.config.errors import Unfit, join_names
from understudy.config.schema_route import about
from understudy.config.secret import show
from understudy.config.values import Address
from understudy.routing.allowance import UNLIMITED, Limits
from understudy.routing.topology import Target, Topology

NO_LIMIT = "unlimited"
_TOP = 2**53
"""Whole numbers above it are not exact as JSON has them."""


class _Most(msgspec.Struct, frozen=True):
    """As much as is allowed; `value` None: as much as one likes."""

    WORD: ClassVar[str]
    EXPECTED: ClassVar[str]
    NUMBERS: ClassVar[tuple[type[int] | type[float], ...]]
    value: float | None

    @classmethod
    def parse(cls, value: object) -> Self:
        if value == NO_LIMIT:
            return cls(None)
        if isinstance(value, bool) or not isinstance(value, cls.NUMBERS) or not 0 < value < _TOP:
            hint = "to keep a caller out, remove its key" if value == 0 else ""
            raise Unfit(show(value), cls.EXPECTED, hint)
        return cls(value)


class Count(_Most, frozen=True):
    """How many of something."""

    WORD = 'a whole number or "unlimited"'
    EXPECTED = 'a whole number from 1, or "unlimited"'
    NUMBERS = (int,)


class Money(_Most, frozen=True):
    """US dollars."""

    WORD = 'a number above 0 or "unlimited"'
    EXPECTED = 'US dollars above 0, or "unlimited"'
    NUMBERS = (int, float)


class LimitsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each caller may use. Under `[limits]` it holds for every caller that does not say
    otherwise under `[keys.NAME.limits]`. What is not limited is left out, or `"unlimited"`.
    """

    requests_per_minute: Annotated[
        Count | None,
        about(
            "Requests of any kind. What was not used comes back evenly, so after a rest a whole "
            "minute's may come at once."
        ),
    ] = None
    concurrent_requests: Annotated[
        Count | None, about("Requests in progress at the same time, open web sockets included.")
    ] = None
    tokens_per_minute: Annotated[
        Count | None,
        about("Tokens read and written, cached ones included. They come back evenly, too."),
    ] = None
    tokens_per_day: Annotated[Count | None, about("Tokens of a calendar day (UTC).")] = None
    usd_per_day: Annotated[
        Money | None,
        about(
            "US dollars of a calendar day (UTC), by the prices of the catalogue and of this file. "
            "What has no price costs nothing here."
        ),
    ] = None
    usd_per_month: Annotated[Money | None, about("US dollars of a calendar month (UTC).")] = None


def limits_of(default: LimitsTable, own: LimitsTable) -> Limits:
    """Return what holds where a caller has limits of its own: they go over the default's."""
    chosen: dict[str, float | None] = {}
    for name in Limits.__struct_fields__:
        said = getattr(own, name) or getattr(default, name)
        chosen[name] = None if said is None else said.value
    return msgspec.convert(chosen, Limits)


def all_limits(
    default: LimitsTable, own: Mapping[str, LimitsTable], anyone: str
) -> dict[str, Limits]:
    """Return the limits of each caller that has any. `anyone` calls where nobody needs a key."""
    tables = {anyone: LimitsTable(), **own}
    limits = {name: limits_of(default, table) for name, table in tables.items()}
    return {name: each for name, each in limits.items() if each != UNLIMITED}


def unpriced(limits: Mapping[str, Limits], topology: Topology, *, keeps: bool) -> Iterator[str]:
    """Warn where a limit counts less than it seems to. `keeps`: there is a journal."""
    spends = [each for each in limits.values() if each.usd_per_day or each.usd_per_month]
    unknown = [name for name, target in topology.targets.items() if _is_unpriced(target)]
    if spends and unknown:
        yield (
            f"limits in dollars do not count what {join_names(unknown)} would cost: no price is "
            "known (see models.MODEL.price)"
        )
    lasting = [each for each in limits.values() if each.tokens_per_day or each in spends]
    if lasting and not keeps:
        yield (
            "limits of a day or a month begin anew with each start: journal.enabled is off, "
            "so nobody remembers what was used"
        )


def _is_unpriced(target: Target) -> bool:
    """Whether somebody may be paid for it; nobody is for what runs on this machine."""
    origin = target.origin
    return not target.price.is_known and not Address(origin.host, origin.port).is_loopback
