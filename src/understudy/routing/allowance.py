"""Allowances: what each caller may use, and whether its next request is let in.

Rates are leaky buckets: what was used drains evenly, so after a rest a whole minute's worth may
come at once. Days and months are UTC's. While a request runs, what it may come to is set aside; at
its end what it came to counts instead. One rule for tokens and dollars: a request is let in while
anything is left. So a limit is overshot by one request at most, however many come at once, and one
that is larger than the whole limit is not shut out for ever.
"""

import enum
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

MINUTE = 60.0
DAY = 86_400.0

SOON = 1.0
"""Seconds after which to come again where it only takes that other requests end."""

MOST_FORMER = 1000
"""Callers without a limit whose counters are kept: a reload may give them one again."""


class Limit(enum.Enum):
    """The limits, by the names that the configuration has for them."""

    REQUESTS = "requests_per_minute"
    CONCURRENT = "concurrent_requests"
    TOKENS = "tokens_per_minute"
    TOKENS_A_DAY = "tokens_per_day"
    USD_A_DAY = "usd_per_day"
    USD_A_MONTH = "usd_per_month"


_WHOLE = frozenset({Limit.REQUESTS, Limit.CONCURRENT})
_ANYTHING = 2e-9
_ROUNDING = 1e-9
"""Less than a billionth of a dollar, or of a request, is nothing."""


class Limits(msgspec.Struct, frozen=True):
    """What one caller may use; None: as much as it likes."""

    requests_per_minute: int | None = None
    concurrent_requests: int | None = None
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None
    usd_per_day: float | None = None
    usd_per_month: float | None = None

    @property
    def is_of_requests(self) -> bool:
        """Whether nothing but requests is counted."""
        return (
            self.tokens_per_minute is None
            and self.tokens_per_day is None
            and self.usd_per_day is None
            and self.usd_per_month is None
        )

    @property
    def is_lasting(self) -> bool:
        """Whether anything is counted for longer than a minute."""
        return any((self.tokens_per_day, self.usd_per_day, self.usd_per_month))


UNLIMITED = Limits()


class Use(msgspec.Struct, frozen=True, gc=False):
    """What a request came to, or may come to."""

    tokens: int = 0
    usd: float = 0.0


class Spent(msgspec.Struct, frozen=True):
    """What a caller had used before this process began."""

    day_tokens: int = 0
    day_usd: float = 0.0
    month_usd: float = 0.0


class Over(msgspec.Struct, frozen=True):
    """Why a request is not let in: `used` of `allowed`; `wait` is seconds."""

    limit: Limit
    allowed: float
    used: float
    wait: float


class Moment(msgspec.Struct, frozen=True, gc=False):
    """`now` is monotonic, `wall` Unix seconds; `day` and `month` are counted from some first."""

    now: float
    wall: float
    day: int
    month: int

    def until_tomorrow(self) -> float:
        return (self.day + 1) * DAY - self.wall

    def until_next_month(self) -> float:
        first = datetime.fromtimestamp(self.wall, UTC).replace(day=1)
        following = (first + timedelta(days=32)).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        return following.timestamp() - self.wall


def month_of(day: int) -> int:
    """Number the month of a day, which is counted from 1970-01-01."""
    date = datetime.fromtimestamp(day * DAY, UTC)
    return date.year * 12 + date.month


def first_day(month: int) -> int:
    """Return the first day of a month, as `month_of` counts both."""
    year, index = divmod(month - 1, 12)
    return int(datetime(year, index + 1, 1, tzinfo=UTC).timestamp() // DAY)


class Bucket:
    """What was used, draining at a minute's limit a minute."""

    def __init__(self, now: float) -> None:
        self.level = 0.0
        self._at = now

    def drain(self, limit: int | None, now: float) -> None:
        """Bring it to this moment; without a limit there is nothing to remember."""
        rate = math.inf if limit is None else limit / MINUTE
        past, self._at = now - self._at, now
        self.level = max(0.0, self.level - past * rate) if past > 0.0 else self.level

    def wait(self, room: float, limit: int) -> float:
        """Return the seconds until the level is at most `room`."""
        return max(0.0, (self.level - room) * MINUTE / limit)


class Ticket(msgspec.Struct, frozen=True):
    """Leave for one request, to be given back once, with what came of it."""

    account: "Account"
    reserved: Use


class Account:
    """One caller's counters."""

    def __init__(self, limits: Limits, moment: Moment) -> None:
        self.limits = limits
        self.running = 0
        self.refused: Counter[Limit] = Counter()
        self.day_tokens = 0
        self.day_usd = 0.0
        self.month_usd = 0.0
        self._day = moment.day
        self._month = moment.month
        self._requests = Bucket(moment.now)
        self._tokens = Bucket(moment.now)
        self._reserved_tokens = 0
        self._reserved_usd = 0.0

    def enter(self, wanted: Use, moment: Moment) -> Ticket | Over:
        """Let a request in, or say which limit keeps it out longest."""
        self._turn(moment)
        over = max(self._overs(moment), key=lambda each: each.wait, default=None)
        if over is not None:
            self.refused[over.limit] += 1
            return over
        self.running += 1
        self._requests.level += 1.0
        self._reserved_tokens += wanted.tokens
        self._reserved_usd += wanted.usd
        return Ticket(self, wanted)

    def leave(self, reserved: Use, used: Use, moment: Moment) -> None:
        """A request has ended; what it used counts from now on."""
        self._turn(moment)
        self.running -= 1
        self._reserved_tokens -= reserved.tokens
        self._reserved_usd = self._reserved_usd - reserved.usd if self.running else 0.0
        self._tokens.level += used.tokens
        self.day_tokens += used.tokens
        self.day_usd += used.usd
        self.month_usd += used.usd

    def restore(self, spent: Spent, moment: Moment) -> None:
        """Take over what somebody else kept count of; what is known already is not added to it."""
        self._turn(moment)
        self.day_tokens = max(self.day_tokens, spent.day_tokens)
        self.day_usd = max(self.day_usd, spent.day_usd)
        self.month_usd = max(self.month_usd, spent.month_usd)

    def used(self, moment: Moment) -> Iterator[tuple[Limit, float, float]]:
        """Yield each limit that is set, with what is used of it, set aside included."""
        self._turn(moment)
        limits, tokens, usd = self.limits, self._reserved_tokens, self._reserved_usd
        for limit, allowed, used in (
            (Limit.REQUESTS, limits.requests_per_minute, self._requests.level),
            (Limit.CONCURRENT, limits.concurrent_requests, self.running),
            (Limit.TOKENS, limits.tokens_per_minute, self._tokens.level + tokens),
            (Limit.TOKENS_A_DAY, limits.tokens_per_day, self.day_tokens + tokens),
            (Limit.USD_A_DAY, limits.usd_per_day, self.day_usd + usd),
            (Limit.USD_A_MONTH, limits.usd_per_month, self.month_usd + usd),
        ):
            if allowed is not None:
                yield limit, allowed, used

    def _overs(self, moment: Moment) -> Iterator[Over]:
        for limit, allowed, used in self.used(moment):
            # Of requests a whole one must be left, of tokens and dollars anything.
            least = 1.0 if limit in _WHOLE else _ANYTHING
            if used + least > allowed + _ROUNDING:
                yield Over(limit, allowed, used, self._wait(limit, allowed, moment))

    def _wait(self, limit: Limit, allowed: float, moment: Moment) -> float:
        """Return the seconds until there is room again; SOON where running requests hold it."""
        match limit:
            case Limit.REQUESTS:
                return self._requests.wait(allowed - 1.0, int(allowed))
            case Limit.TOKENS:
                room = allowed - self._reserved_tokens
                return SOON if room <= 0 else max(SOON, self._tokens.wait(room, int(allowed)))
            case Limit.TOKENS_A_DAY:
                return moment.until_tomorrow() if self.day_tokens >= allowed else SOON
            case Limit.USD_A_DAY:
                return moment.until_tomorrow() if self.day_usd >= allowed else SOON
            case Limit.USD_A_MONTH:
                return moment.until_next_month() if self.month_usd >= allowed else SOON
            case Limit.CONCURRENT:
                return SOON

    def _turn(self, moment: Moment) -> None:
        """Bring the counters to this moment.

        A clock that goes back over midnight by a little begins no day anew.
        """
        limits = self.limits
        self._requests.drain(limits.requests_per_minute, moment.now)
        self._tokens.drain(limits.tokens_per_minute, moment.now)
        if not self._day - 1 <= moment.day <= self._day:
            self._day, self.day_tokens, self.day_usd = moment.day, 0, 0.0
        if not self._month - 1 <= moment.month <= self._month:
            self._month, self.month_usd = moment.month, 0.0


class View(msgspec.Struct, frozen=True):
    """How one caller stands, for people. `used` and `allowed` are by the names of limits."""

    caller: str
    allowed: dict[str, float]
    used: dict[str, float]
    refused: dict[str, int]


class Allowances:
    """All callers'. Those that the configuration names are the only ones: it bounds how many."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._month = (0, 0)

    def moment(self, now: float, wall: float) -> Moment:
        """Say what time it is."""
        day = int(wall // DAY)
        if self._month[0] != day:
            self._month = (day, month_of(day))
        return Moment(now, wall, day, self._month[1])

    def adopt(self, limits: Mapping[str, Limits], moment: Moment) -> frozenset[str]:
        """Take over other limits; counters stay. Returns the callers that had no limit before: what
        they have used so far is not known here.
        """
        fresh = set()
        for name, account in self._accounts.items():
            if name not in limits:
                account.limits = UNLIMITED
        for name, each in limits.items():
            # Who has a limit stands behind those who had one: see `_forget`.
            account = self._accounts.pop(name, Account(UNLIMITED, moment))
            if account.limits == UNLIMITED and each != UNLIMITED:
                fresh.add(name)
            account.limits = each
            self._accounts[name] = account
        self._forget(len(limits))
        return frozenset(fresh)

    def restore(self, caller: str, spent: Spent, moment: Moment) -> None:
        """Say what a caller has used as somebody else counts, if it has a limit."""
        account = self._accounts.get(caller)
        if account is not None and account.limits != UNLIMITED:
            account.restore(spent, moment)

    @property
    def is_lasting(self) -> bool:
        """Whether anybody has a limit of a day or a month."""
        return any(account.limits.is_lasting for account in self._accounts.values())

    def limits(self, caller: str) -> Limits | None:
        """Return the limits of a caller, None where there are none."""
        account = self._accounts.get(caller)
        return None if account is None or account.limits == UNLIMITED else account.limits

    def enter(self, caller: str, wanted: Use, moment: Moment) -> Ticket | Over:
        """Let a request in of a caller that has limits, or say what keeps it out."""
        return self._accounts[caller].enter(wanted, moment)

    def views(self, moment: Moment) -> Iterator[View]:
        """Yield how each caller stands that has a limit."""
        for name, account in self._accounts.items():
            if account.limits != UNLIMITED:
                rows = list(account.used(moment))
                yield View(
                    name,
                    {limit.value: allowed for limit, allowed, _ in rows},
                    {limit.value: used for limit, _, used in rows},
                    {limit.value: count for limit, count in account.refused.items()},
                )

    def _forget(self, current: int) -> None:
        """Drop the counters of those who have had no limit for longest."""
        while len(self._accounts) > current + MOST_FORMER:
            del self._accounts[next(iter(self._accounts))]
