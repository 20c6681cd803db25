"""Supply: what a host says in an answer's header fields about how much more it will take, and when.

Which fields a host has, and how it writes times, is in its file of the catalogue (`SupplyFields`).
A target carries them ready to be compared (`Gauge`), for every answer is looked at: one that is no
failure only for whether something has come to nothing.

Values are read with distrust: what is missing, doubled or no plain number is not known.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from understudy.chat.failure import Supply
from understudy.chat.hints import http_date
from understudy.wire.http import Headers

Times: TypeAlias = Literal["duration", "milliseconds", "seconds", "date", "unix_milliseconds"]
"""How a host writes when there is more: `6m0s`, `500`, `1.5`, or a moment (RFC 3339; Unix time)."""

TENTH: Final = 0.1
"""What must be back of a limit that fills evenly before it is used again, as a part of all."""

LONGEST_REFILL: Final = 60.0
"""Seconds after which it is used again in any case: of a day's limit a tenth takes hours."""

_DIGITS: Final = re.compile(rb"\d{1,15}")
_NUMBER: Final = re.compile(rb"\d{1,9}(?:\.\d{1,16})?")
_DURATION: Final = re.compile(
    rb"(?=\d)(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?"
    rb"(?:(\d{1,9}(?:\.\d{1,9})?)ms)?"
)
_SECONDS: Final = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)


class Counter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One limit, by the fields that tell of it, in lower case. `unit`: what it counts.

    `limit` is how much there is, `remaining` how much is left, `reset` when there is more; where
    no field says that, it begins anew after `period` seconds.
    """

    unit: str
    remaining: str
    limit: str | None = None
    reset: str | None = None
    period: float | None = None


class SupplyFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a kind of host tells of its limits.

    Each holds for one model in one account. `refills`: they fill evenly, and `reset` is when they
    are full.
    """

    counters: tuple[Counter, ...]
    times: Times = "duration"
    is_refilled: bool = msgspec.field(name="refills", default=False)


class Dial(msgspec.Struct, frozen=True):
    """A `Counter` as bytes."""

    unit: str
    remaining: bytes
    limit: bytes
    reset: bytes
    period: float | None


class Gauge(msgspec.Struct, frozen=True):
    """Reads the fields of one kind of host. `names` are those that say how much is left."""

    dials: tuple[Dial, ...]
    names: frozenset[bytes]
    times: Times
    is_refilled: bool

    def is_spent(self, headers: Headers) -> bool:
        """Return whether nothing is left of something. Asked of every answer: no more than that."""
        names = self.names
        for name, value in headers:  # noqa: SIM110 - `any` takes twice as long
            if value == b"0" and name in names:
                return True
        return False

    def read(self, headers: Headers) -> Supply | None:
        """Return what the fields say; None where they say nothing."""
        said: dict[bytes, bytes] = {}
        for name, value in headers:
            said[name] = b"" if name in said else value.strip()
        left = {dial: _count(said, dial.remaining) for dial in self.dials}
        told = {dial: count for dial, count in left.items() if count is not None}
        if not told:
            return None
        spent = [dial for dial, count in told.items() if count == 0]
        waits = [self._wait(dial, said) for dial in spent]
        known = [wait for wait in waits if wait is not None]
        return Supply(
            spent=" and ".join(dict.fromkeys(dial.unit for dial in spent)),
            wait=max(known) if known and len(known) == len(waits) else None,
            is_ample=all(
                2 * count >= (_count(said, dial.limit) or math.inf) for dial, count in told.items()
            ),
        )

    def _wait(self, dial: Dial, said: Mapping[bytes, bytes]) -> float | None:
        """Return in how many seconds there is more, None where that is not known."""
        value = said.get(dial.reset, b"")
        wait = dial.period if not value else _seconds(self.times, value, said.get(b"date"))
        if wait is None or wait <= 0.0:
            return None
        return min(wait * TENTH, LONGEST_REFILL) if self.is_refilled else wait


def gauge(fields: SupplyFields | None) -> Gauge | None:
    """Make the fields of a kind of host ready; None for one that tells of no limits."""
    if fields is None:
        return None
    dials = tuple(
        Dial(
            each.unit,
            each.remaining.encode(),
            (each.limit or "").encode(),
            (each.reset or "").encode(),
            each.period,
        )
        for each in fields.counters
    )
    names = frozenset(dial.remaining for dial in dials)
    return Gauge(dials, names, fields.times, fields.is_refilled)


def _count(said: Mapping[bytes, bytes], name: bytes) -> int | None:
    value = said.get(name, b"")
    return int(value) if _DIGITS.fullmatch(value) else None


def _seconds(times: Times, value: bytes, since: bytes | None) -> float | None:
    """Read how long it is until then; a moment counts from the answer's own `date`."""
    match times:
        case "duration":
            found = _DURATION.fullmatch(value)
            if found is None:
                return None
            parts = zip(found.groups(), _SECONDS, strict=True)
            return sum(float(part) * unit for part, unit in parts if part is not None)
        case "milliseconds":
            return float(value) / 1000 if _NUMBER.fullmatch(value) else None
        case "seconds":
            return float(value) if _NUMBER.fullmatch(value) else None
        case "date":
            then, now = _moment(value), http_date(since)
            return None if then is None or now is None else (then - now).total_seconds()
        case "unix_milliseconds":
            now = http_date(since)
            if now is None or not _DIGITS.fullmatch(value):
                return None
            return int(value) / 1000 - now.timestamp()
        case _:
            assert_never(times)


def _moment(value: bytes) -> datetime | None:
    """Read a moment as RFC 3339 has it."""
    try:
        moment = datetime.fromisoformat(value.decode("ascii"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
