"""Selectors: which targets a fault line or a check means."""

from fnmatch import fnmatchcase

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where a target stands: what selectors look at."""

    target: str
    provider: str
    lab: str
    host: str
    region: str
    model: str
    account: str
    key: str


class Selector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which targets: each field is a pattern (`eu-*`, or several: `gpt-4|gpt-5*`)."""

    provider: str = "*"
    lab: str = "*"
    host: str = "*"
    region: str = "*"
    model: str = "*"
    account: str = "*"
    key: str = "*"

    def matches(self, place: Place) -> bool:
        return all(
            pattern == "*" or fits(pattern, getattr(place, field))
            for field, pattern in msgspec.structs.asdict(self).items()
        )


def fits(pattern: str, value: str) -> bool:
    """Whether a value fits one of the patterns between the bars."""
    return any(fnmatchcase(value, each.strip()) for each in pattern.split("|"))
