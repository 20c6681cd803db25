"""Retirement: when a provider stops serving a model, as far as it has said so."""

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
        if not today or date.fromisoformat(retires.day) - date.fromisoformat(today) <= SOON:
            yield f"target {target} {in_words(retires, today)}"
