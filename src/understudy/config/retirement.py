"""Retirement: when a provider stops serving a model, as far as it has said so."""

import enum
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from understudy.providers.facts import ModelFacts

SOON: Final = timedelta(days=90)
"""How long before its end a model is warned of: time enough to rehearse another."""


class Retirement(msgspec.Struct, frozen=True):
    """The last `day` of a model at a provider, as ISO 8601, and its heir where one was named."""

    day: str
    heir: str | None = None


class Stage(enum.Enum):
    """Where a model stands on its way to its end, as far as one was announced."""

    SERVED = "served"
    ENDING = "ending"
    ENDED = "ended"


def stage(day: str | None, today: str) -> Stage:
    """Say how near the last `day` is. `today` may be "" where the day is not known."""
    if day is None or not today:
        return Stage.SERVED if day is None else Stage.ENDING
    if day <= today:
        return Stage.ENDED
    is_soon = date.fromisoformat(day) - date.fromisoformat(today) <= SOON
    return Stage.ENDING if is_soon else Stage.SERVED


def retirement(facts: ModelFacts) -> Retirement | None:
    """Return when the provider retires a model; None when no day was announced."""
    return None if facts.retires is None else Retirement(facts.retires, facts.replaced_by)


def in_words(retires: Retirement, today: str) -> str:
    """Say what happens when. `today` may be "" where the day is not known."""
    verb = "was retired on" if retires.day <= today else "retires on"
    heir = f", replaced by {retires.heir}" if retires.heir else ""
    return f"{verb} {retires.day}{heir}"


def warnings(retirements: Mapping[str, Retirement], today: str) -> Iterator[str]:
    """Warn of every target that is retired, or will be soon."""
    for target, retires in retirements.items():
        if stage(retires.day, today) is not Stage.SERVED:
            yield f"target {target} {in_words(retires, today)}"
