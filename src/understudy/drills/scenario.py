"""Scenario: an incident as values, as its file says it. Times are minutes from the first fault on.

`reading` makes one from a file and says what is wrong with it, `timeline` says what happens when,
`judge` whether its checks hold. docs/drills.md describes the file.
"""

import enum
from typing import Final

import msgspec

from understudy.drills.checks import Check
from understudy.drills.selector import Place, Selector
from understudy.routing.topology import Growth, OnBreak
from understudy.sim.provider import Prefill

LEAST: Final = 30.0
"""Seconds of health before the first fault, at the full rate."""


class Certainty(enum.Enum):
    """Who says so: the vendor, independent measurement, one report, or only this file."""

    VENDOR = "A"
    MEASURED = "B"
    REPORTED = "C"
    ASSUMED = "D"


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is known of the incident, and where from (`source`: a URL)."""

    text: str
    certainty: Certainty
    source: str = ""


class Ramp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast a provider lets an account grow: by `percent` in `over` minutes, and at will up to
    `above` tokens of prompts (bytes / 3) a minute. The gateway is told.
    """

    percent: float = 50.0
    over: float = 15.0
    above: float = 1_000_000.0

    @property
    def growth(self) -> Growth:
        return Growth(1.0 + self.percent / 100.0, self.over * 60.0, self.above)


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A simulated provider. `accounts`: whose each of its keys is (a key for every entry).

    `delay` is in seconds before the first token, `rate` in tokens a second. `taxonomy` is whose
    rows of the failure taxonomy apply.
    """

    name: str
    dialect: str
    lab: str
    models: tuple[str, ...]
    host: str = ""
    region: str = ""
    edge: str = ""
    accounts: tuple[str, ...] = ("one", "two")
    taxonomy: str = "*"
    prefill: Prefill = Prefill.CONTINUE
    delay: float = 0.3
    rate: float = 60.0
    price: float = 10.0
    labels: dict[str, str] = {}
    ramp: Ramp | None = None

    @property
    def where(self) -> str:
        """Who runs it; a provider of its own where nobody is named."""
        return self.host or self.name


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What applications ask for. `targets` are `provider/model`, each with all keys; `share` is
    how much of the traffic goes here, as a weight. `require` is the route's policy.
    """

    name: str
    targets: tuple[str, ...]
    share: float = 1.0
    deadline: float = 60.0
    on_break: OnBreak = OnBreak.RESUME
    hedge: bool = False
    require: dict[str, tuple[str, ...]] = {}


class Traffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What clients ask: `rps` requests a second, the share `whole` of them not streamed, the share
    `mistakes` of them wrong whoever reads them. They ask in `dialects` in turn (left
    out: those that the providers speak).
    """

    rps: float = 20.0
    whole: float = 0.3
    mistakes: float = 0.0
    tokens: int = 18
    chunk: int = 6
    dialects: tuple[str, ...] = ()


class Bursts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault that comes and goes: minutes of health and of fault, each drawn between two."""

    up: tuple[float, float]
    down: tuple[float, float]


class FaultLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong from `begin` to `end`, for the share `p` of the requests that `where` meets.

    Exactly one of these: `fault` (as `understudy simulate` reads it), `mix` (several, by weight),
    `network` (no new connection: "dns_failure", "connect_refused", "tls_failure", "silence"),
    or `healthy` (nothing, whatever other lines say: they are read from the top).
    Two numbers for `p` are a ramp. `streamed`: only streams are met, or only whole answers.
    """

    begin: float
    end: float
    where: Selector
    fault: str | None = None
    mix: dict[str, float] = {}
    network: str | None = None
    healthy: bool = False
    p: float | tuple[float, float] = 1.0
    streamed: bool | None = None
    bursts: Bursts | None = None


class Deed(enum.Enum):
    """What an operator does. `drain` leads traffic away from a domain, `return` back to it."""

    DRAIN = "drain"
    RETURN = "return"


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that an operator does at a minute: `domain` as `kind:name`, `over` minutes."""

    at: float
    do: Deed
    domain: str
    over: float = 0.0


class Unchecked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the incident would also ask, and why no check of this file does."""

    what: str
    why: str


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One incident. `calm` are the healthy minutes after the last fault."""

    name: str
    title: str
    facts: tuple[Fact, ...]
    providers: tuple[Provider, ...]
    routes: tuple[Route, ...]
    faults: tuple[FaultLine, ...]
    checks: tuple[Check, ...]
    traffic: Traffic = Traffic()
    actions: tuple[Action, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    calm: float = 5.0

    @property
    def dialects(self) -> tuple[str, ...]:
        """What clients speak."""
        spoken = self.traffic.dialects or (provider.dialect for provider in self.providers)
        return tuple(dict.fromkeys(spoken))

    @property
    def minutes(self) -> float:
        """How long it lasts, with the calm after it."""
        ends = [line.end for line in self.faults] + [a.at + a.over for a in self.actions]
        return max(ends) + self.calm


def warm_up(scenario: Scenario) -> float:
    """Seconds of health before the first fault: what is usual is measured there, and how much was
    sent before is known by its end.
    """
    over = max((p.ramp.over for p in scenario.providers if p.ramp is not None), default=0.0)
    return LEAST + 60.0 * over


def places(scenario: Scenario) -> tuple[Place, ...]:
    """Where every target of the scenario stands, under the names that configuration gives them."""
    return tuple(
        Place(
            target=f"{provider.name}/{model}" + (f"#{number}" if number > 1 else ""),
            provider=provider.name,
            lab=provider.lab,
            host=provider.where,
            region=provider.region,
            model=model,
            account=f"{provider.where}/{account}",
            key=f"{provider.name}#{number}",
        )
        for provider in scenario.providers
        for model in provider.models
        for number, account in enumerate(provider.accounts, 1)
    )
