"""Steering: changes that people make to a running gateway through the admin listener: drains.

Drains are kept in a small file beside the journal, in wall-clock time, so that they hold over a
restart; where there is no journal they end with the process.
"""

import contextlib
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from understudy.chat.failure import Scope
from understudy.journal.entry import EventEntry
from understudy.routing.drain import Drain, Drains
from understudy.routing.topology import Domain

LARGEST_FILE = 2**20
LONGEST = 30 * 86_400.0
"""Seconds: a drain, and a way back, may take a month."""


class Refused(Exception):
    """The order cannot be carried out. `status` says whose fault it is, the message what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class DrainOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lead traffic away from `domain` within `over` seconds, and back `for_` seconds from now."""

    domain: str
    over: float = 300.0
    for_: float | None = msgspec.field(default=None, name="for")
    hard: bool = False


class ReturnOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lead traffic back to `domain` within `over` seconds."""

    domain: str
    over: float = 300.0


Order = TypeVar("Order", DrainOrder, ReturnOrder)


class Kept(msgspec.Struct, frozen=True):
    """A drain in the file: as `Drain`, with Unix times; `until` None: for ever."""

    domain: str
    began: float
    over: float
    first: float
    last: float
    until: float | None
    is_hard: bool


class Steering:
    """Carries out orders. `now` is the router's clock, `wall` gives Unix time. `note` is told of
    each, for the journal.
    """

    def __init__(
        self,
        drains: Drains,
        file: Path | None,
        now: Callable[[], float],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._drains = drains
        self._file = file
        self._now = now
        self._wall = wall
        self.note: Callable[[EventEntry], None] = lambda _: None
        self._log = structlog.get_logger("understudy.drain")

    def drain(self, body: bytes) -> dict[str, object]:
        """Begin a drain. Raises: Refused."""
        order = _read(body, DrainOrder)
        domain = self._domain(order.domain)
        over, now = _bounded("over", order.over), self._now()
        until = math.inf if order.for_ is None else now + _bounded("for", order.for_)
        standing = self._drains.active(now).get(domain)
        first = 1.0 if standing is None else standing.share(now)
        drain = Drain(now, over, first=first, until=until, is_hard=order.hard)
        self._drains.start(domain, drain, now)
        self._log.warning("draining a domain", domain=str(domain), **_facts(drain, now))
        self._tell("drain", domain, drain)
        self._keep()
        return {"domain": str(domain), **_facts(drain, now)}

    def give_back(self, body: bytes) -> dict[str, object]:
        """Begin the way back. Raises: Refused."""
        order = _read(body, ReturnOrder)
        over, now = _bounded("over", order.over), self._now()
        active = {str(domain): domain for domain in self._drains.active(now)}
        domain = active.get(order.domain)
        if domain is None:
            drained = ", ".join(active) or "none is"
            raise Refused(404, f"{order.domain[:200]} is not drained; drained: {drained}")
        self._drains.give_back(domain, over, now)
        drain = self._drains.active(now).get(domain) or Drain(now, 0.0, last=1.0)
        self._log.warning("giving back a domain", domain=str(domain), **_facts(drain, now))
        self._tell("return", domain, drain)
        self._keep()
        return {"domain": str(domain), **_facts(drain, now)}

    def view(self) -> dict[str, object]:
        """Return the drains, and the domains that there are."""
        now = self._now()
        known = self._drains.known()
        return {
            "drains": [
                {"domain": str(domain), "is_known": domain in known, **_facts(drain, now)}
                for domain, drain in self._drains.active(now).items()
            ],
            "domains": [str(domain) for domain in known],
        }

    def restore(self) -> None:
        """Take up the drains of the file. One that cannot be read is said, and left alone."""
        if self._file is None:
            return
        now, wall = self._now(), self._wall()
        try:
            with self._file.open("rb") as file:
                kept = msgspec.json.decode(file.read(LARGEST_FILE), type=list[Kept])
            found = {_parsed(each.domain): _drain(each, now - wall) for each in kept}
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self._log.error("drains not restored", file=str(self._file), error=str(error))
            return
        for domain, drain in found.items():
            if domain is not None and not drain.is_over(now):
                self._drains.start(domain, drain, now)
                self._log.warning("drain restored", domain=str(domain), **_facts(drain, now))
                self._tell("restored", domain, drain)

    def _tell(self, kind: str, domain: Domain, drain: Drain) -> None:
        facts = _facts(drain, self._now())
        words = f"{facts['what']}, over {drain.over:g} s"
        if facts["ends_in"] is not None:
            words += f", as before in {facts['ends_in']} s"
        self.note(EventEntry(self._wall(), kind, str(domain), words))

    def _domain(self, text: str) -> Domain:
        known = {str(domain): domain for domain in self._drains.known()}
        if text not in known:
            raise Refused(404, f"no domain {text[:200]!r}; known: {', '.join(known)}")
        return known[text]

    def _keep(self) -> None:
        """Write the file, whole or not at all. The order holds either way."""
        if self._file is None:
            return
        now, wall = self._now(), self._wall()
        kept = [
            _kept(domain, drain, wall - now) for domain, drain in self._drains.active(now).items()
        ]
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(msgspec.json.encode(kept))
            fresh.replace(self._file)
        except OSError as error:
            self._log.error("drains not kept", file=str(self._file), error=str(error))
            with contextlib.suppress(OSError):
                fresh.unlink()


def file_beside(journal: Path) -> Path:
    """Return where the drains of the gateway with that journal are kept."""
    return journal.with_name(f"{journal.stem}.drains.json")


def _read(body: bytes, kind: type[Order]) -> Order:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Refused(400, f"the order cannot be read: {error}") from None


def _bounded(name: str, seconds: float) -> float:
    if not 0.0 <= seconds <= LONGEST:
        raise Refused(400, f"{name} is {seconds:g} s, expected 0 to {LONGEST:g}")
    return seconds


def _facts(drain: Drain, now: float) -> dict[str, object]:
    """Return how a drain stands. `ends_in`: seconds until all is as before; None: for good."""
    end = drain.began + drain.over if drain.last >= 1.0 else drain.until + drain.over
    return {
        "share": round(drain.share(now), 4),
        "what": drain.words(now),
        "over": drain.over,
        "is_hard": drain.is_hard,
        "ends_in": None if math.isinf(end) else round(end - now, 1),
    }


def _kept(domain: Domain, drain: Drain, ahead: float) -> Kept:
    """Return a drain as the file has it; `ahead` is what Unix time is more than the clock's."""
    return Kept(
        domain=str(domain),
        began=drain.began + ahead,
        over=drain.over,
        first=drain.first,
        last=drain.last,
        until=None if math.isinf(drain.until) else drain.until + ahead,
        is_hard=drain.is_hard,
    )


def _drain(kept: Kept, behind: float) -> Drain:
    return Drain(
        began=kept.began + behind,
        over=kept.over,
        first=kept.first,
        last=kept.last,
        until=math.inf if kept.until is None else kept.until + behind,
        is_hard=kept.is_hard,
    )


def _parsed(text: str) -> Domain | None:
    kind, _, name = text.partition(":")
    try:
        return Domain(Scope(kind), name)
    except ValueError:
        return None
