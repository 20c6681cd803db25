"""Seat: a target as the router keeps it, with the breaker of every domain that it stands in."""

from collections.abc import Mapping
from typing import Protocol

from understudy.chat.failure import Scope
from understudy.routing.breaker import NEUTRAL, Breaker, Permit, State
from understudy.routing.latency import FirstToken
from understudy.routing.shape import Proven
from understudy.routing.topology import Domain, Target


class Counts(Protocol):
    """What keeps account of the tokens that are sent to a target (`growth.Meter`)."""

    def spend(self, tokens: int, now: float) -> None:
        """Count a request."""
        ...

    def has_room(self, tokens: int, now: float) -> bool:
        """Return whether a request of so many tokens may be sent now."""
        ...


class Seat:
    """One target's place in the router. `breakers[i]` is the breaker of `domains[i]`.

    `places` says where the domain of a kind is. `model` is the model whoever serves it, for
    telling "the same model elsewhere" from "another model"; `host` is who serves it. `meter` is
    there where its account's traffic may not grow at will. Seats share their breakers; breakers
    survive a reload, the seats themselves are built anew. `cells` says for some domains, by their
    place, where the breaker is that pays in their stead (see `modes`).
    """

    __slots__ = (
        "_generation",
        "_shared",
        "breakers",
        "capabilities",
        "cells",
        "domains",
        "host",
        "latency",
        "meter",
        "model",
        "name",
        "places",
        "proven",
        "target",
        "window",
    )

    def __init__(
        self, target: Target, breakers: Mapping[Domain, Breaker], latency: FirstToken
    ) -> None:
        self.target = target
        self.name = target.name
        self.domains = domains_of(target)
        self.breakers = tuple(breakers[domain] for domain in self.domains)
        self.places: dict[Scope, int] = {}
        for place, domain in enumerate(self.domains):
            self.places.setdefault(domain.kind, place)
        self.cells: dict[int, int] = {}
        self.latency = latency
        self.model = model_of(target)
        host = self.domain(Scope.HOST)
        self.host = target.origin.authority if host is None else host.name
        self.capabilities = target.endpoint.capabilities
        self.window = target.context_window
        self.proven = Proven()
        self.meter: Counts | None = None
        self._generation = -1
        self._shared: tuple[tuple[Domain, Permit], ...] = ()

    def behind(self, cells: Mapping[Domain, tuple[Domain, Breaker]]) -> "Seat":
        """Return it as those see it who have to pass a cell of some of its domains too."""
        breakers = dict(zip(self.domains, self.breakers, strict=True))
        seat = Seat(self.target, breakers, self.latency)
        seat.proven, seat.meter = self.proven, self.meter
        for place, domain in enumerate(self.domains):
            if domain in cells:
                name, breaker = cells[domain]
                seat.cells[place] = len(seat.domains)
                seat.domains = (*seat.domains, name)
                seat.breakers = (*seat.breakers, breaker)
        return seat

    def domain(self, kind: Scope) -> Domain | None:
        """Return the domain of that kind that the target stands in."""
        place = self.places.get(kind)
        return None if place is None else self.domains[place]

    def is_free(self, now: float) -> bool:
        """Return whether a call may pass every domain at `now` (perhaps as a probe)."""
        for breaker in self.breakers:
            if not breaker.is_clear and breaker.blocked_for(now) > 0.0:
                return False
        return True

    def is_sound(self) -> bool:
        """Return whether every domain is closed, rested, and has all of its traffic."""
        for breaker in self.breakers:  # noqa: SIM110 - `all` takes twice as long
            if not breaker.is_clear:
                return False
        return True

    def is_usable(self, now: float) -> bool:
        """Return whether all that blocks it is poor, not down: for those without a choice."""
        for breaker in self.breakers:
            if breaker.is_clear or breaker.blocked_for(now) <= 0.0:
                continue
            if not breaker.is_soft or breaker.resting_for(now) > 0.0 or breaker.is_barred(now):
                return False
        return True

    def is_resting(self, now: float) -> bool:
        """Return whether a provider said how long not to come, and that is not over yet."""
        return any(
            (breaker.rest_is_known and breaker.resting_for(now) > 0.0) or breaker.is_barred(now)
            for breaker in self.breakers
        )

    def is_spent(self, now: float) -> bool:
        """Return whether it is shut, and for nothing but quota that is used up."""
        shut = [each for each in self.breakers if each.blocked_for(now) > 0.0]
        return self.rests_for(now) is not None and all(each.rest_is_quota for each in shut)

    def rests_for(self, now: float) -> float | None:
        """Return for how long it rests, None where anything else keeps calls away, or nothing."""
        shut = [each for each in self.breakers if each.blocked_for(now) > 0.0]
        if any(each.state(now) is not State.CLOSED or each.is_barred(now) for each in shut):
            return None
        return max((each.resting_for(now) for each in shut), default=None)

    def share(self, now: float) -> float:
        """Return the share of requests that may prefer it; 0 where it is led away from."""
        share = 1.0
        for breaker in self.breakers:
            if not breaker.is_clear:
                share *= breaker.share(now)
        return share

    def has_room(self, tokens: int, now: float) -> bool:
        """Return whether its account may be sent a request of so many tokens."""
        return self.meter is None or self.meter.has_room(tokens, now)

    def blocked_for(self, now: float) -> float:
        """Return the seconds until a call may pass every domain, as far as is known now."""
        longest = 0.0
        for breaker in self.breakers:
            if not breaker.is_clear:
                longest = max(longest, breaker.blocked_for(now))
        return longest

    def badness(self, now: float) -> tuple[bool, float]:
        """Return whether something is down, and not only at rest, and for how long it is blocked.

        Who rests on a guess works, if anybody may ask: that is a better bet than what is down.
        """
        is_down = any(breaker.state(now) is not State.CLOSED for breaker in self.breakers)
        return is_down, self.blocked_for(now)

    def permits(self, now: float) -> tuple[tuple[tuple[Domain, Permit], ...], bool]:
        """Take a permit of every domain; a neutral one where the domain is shut.

        Returns them with whether any is a probe.
        """
        is_probe = False
        taken: list[tuple[Domain, Permit]] = []
        for domain, breaker in zip(self.domains, self.breakers, strict=True):
            permit = breaker.acquire(now) or NEUTRAL
            is_probe = is_probe or permit.probe > 0
            taken.append((domain, permit))
        return tuple(taken), is_probe

    def shared_permits(self) -> tuple[tuple[Domain, Permit], ...] | None:
        """Return the permits of a sound seat, None when it is not sound.

        They are the same for all calls of a generation, so they are made once for it.
        """
        generation = 0
        for breaker in self.breakers:
            if not breaker.is_clear:
                return None
            generation += breaker.permit.generation
        # Generations only grow, so an equal sum means that none of them has changed.
        if generation != self._generation:
            self._generation = generation
            self._shared = tuple(
                (domain, breaker.permit)
                for domain, breaker in zip(self.domains, self.breakers, strict=True)
            )
        return self._shared


def domains_of(target: Target) -> tuple[Domain, ...]:
    """Return the target's domains; a target without any is a domain of its own."""
    return target.domains or (Domain(Scope.MODEL, target.name),)


def model_of(target: Target) -> str:
    """Return what the model is called wherever it is served.

    The label `model` where the catalogue gave one, else the provider's name for it without the
    path before it (`meta-llama/llama-3.3-70b` is `llama-3.3-70b`).
    """
    label = target.labels.get("model")
    return label or target.endpoint.model.rpartition("/")[2].lower()
