"""The turnstile: lets callers in as their limits allow, and counts what came of it.

There is none where nobody has a limit. What callers used before this process began is read from
the journal when the limits are adopted, and not again: it never costs a request anything.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec
import structlog

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.chat.failure import Failure
from understudy.chat.usage import Usage
from understudy.config.settings import Settings
from understudy.dialects.base import Dialect, Glance
from understudy.exchange import words
from understudy.exchange.asked import Asked
from understudy.journal.calendar import Calendar
from understudy.journal.entry import RequestEntry
from understudy.journal.spending import Spending
from understudy.operations.kinds import Operation
from understudy.operations.units import NOTHING, Units
from understudy.providers.price import Price, cost_usd, dearest
from understudy.routing.allowance import (
    DAY,
    Allowances,
    Moment,
    Over,
    Spent,
    Ticket,
    Use,
    View,
    first_day,
)
from understudy.routing.topology import Route

if TYPE_CHECKING:
    from understudy.shell.plane import Plane

UNSAID = 1024
"""Tokens of an answer that are set aside where the request does not say how long it may be."""

PICTURED = 16_384
"""Tokens that a request with pictures, documents or sound has at most: its bytes say nothing."""

STREAMED, WHOLE = 128, 4
"""Bytes of an answer to a token, where nobody says what was used: a stream has much around each."""

RECOUNTED_EVERY = 10.0
"""Seconds between two looks at what the journal has, in which several processes can overspend."""

RECORDED_EVERY = 1.0
LOGGED_EVERY = 60.0
"""Seconds. All refusals of a caller are counted; so often one is written down, and one logged."""

FREE = Price(input=0.0, output=0.0)

_SEEN = frozenset({Capability.VISION, Capability.DOCUMENTS, Capability.AUDIO_INPUT})
_TEXTUAL = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.RERANK, Operation.MODERATION})
"""What is billed by the tokens of a text; of the others' tokens no guess is made."""

Past = Callable[[int], Iterable[Spending]]
"""What each caller used on each day from one on; days are counted from 1970-01-01."""


class Estimate(msgspec.Struct, frozen=True, gc=False):
    """What a request may come to, at the dearest of its route's targets."""

    input: int = 0
    output: int = 0
    units: Units = NOTHING
    price: Price = FREE

    def use(self, output: int) -> Use:
        """Return what it is with so many tokens written."""
        usage, price = Usage(self.input, output_tokens=output), self.price
        return Use(self.input + output, cost_usd(usage, self.units, price) or 0.0)


class Pass:
    """Leave for one request, until it is over. `glance` is what was read of it, if anything was."""

    __slots__ = ("_estimate", "_ticket", "_turnstile", "glance")

    def __init__(
        self, turnstile: "Turnstile", ticket: Ticket, estimate: Estimate, glance: Glance | None
    ) -> None:
        self.glance = glance
        self._turnstile = turnstile
        self._ticket: Ticket | None = ticket
        self._estimate = estimate

    def ended(self, entry: RequestEntry) -> None:
        """The request is over, as its entry says."""
        self._close(came_to(entry, self._estimate))

    def lost(self) -> None:
        """It broke off, and nobody knows what it came to: what was set aside counts."""
        if self._ticket is not None:
            self._close(self._ticket.reserved)

    def _close(self, used: Use) -> None:
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            ticket.account.leave(ticket.reserved, used, self._turnstile.moment())


class Turnstile:
    """One for a process, over the limits that its configuration has."""

    def __init__(self, plane: "Plane", past: Past, wall: Callable[[], float] = time.time) -> None:
        self._plane = plane
        self._past = past
        self._wall = wall
        # A clock that leaps to another month must not give everybody a fresh one at once.
        self._calendar = Calendar(wall(), plane.now(), patience=DAY)
        self._allowances = Allowances()
        self._prices: dict[str, Price] = {}
        self._record_at: dict[str, float] = {}
        self._log_at: dict[str, float] = {}
        self._log = structlog.get_logger("understudy.limits")

    def moment(self) -> Moment:
        now = self._plane.now()
        return self._allowances.moment(now, self._calendar.read(self._wall(), now))

    def adopt(self, settings: Settings) -> None:
        """Take over other limits. Who has one for the first time has used what the journal says."""
        moment = self.moment()
        self._prices = {}
        if self._allowances.adopt(settings.limited(), moment):
            self._learn(self._past(first_day(moment.month)))

    async def watch(self) -> None:
        """Look at the journal again and again: other processes may write the same one."""
        while True:
            await asyncio.sleep(RECOUNTED_EVERY)
            if self._allowances.is_lasting:
                since = first_day(self.moment().month)
                self._learn(await asyncio.to_thread(self._past, since))

    def _learn(self, rows: Iterable[Spending]) -> None:
        moment = self.moment()
        for caller, spent in _added_up(rows, moment).items():
            self._allowances.restore(caller, spent, moment)

    def enter(self, asked: Asked, dialect: Dialect | None) -> Pass | Failure | None:
        """Let a request in, or say why not; None where its caller has no limit."""
        limits = self._allowances.limits(asked.caller)
        if limits is None:
            return None
        # To read a long request costs more than all of the rest: only where its length matters.
        glance, route = (None, None) if limits.is_of_requests else self._seen(asked, dialect)
        estimate = Estimate() if glance is None else self._estimate(glance, route)
        moment = self.moment()
        entered = self._allowances.enter(asked.caller, estimate.use(estimate.output), moment)
        if isinstance(entered, Ticket):
            return Pass(self, entered, estimate, glance)
        failure = words.over_limit(entered, asked.id, moment.wall)
        self._tell(asked, dialect, failure, entered)
        return failure

    def views(self) -> tuple[View, ...]:
        """Say how each caller stands that has a limit."""
        return tuple(self._allowances.views(self.moment()))

    def _seen(self, asked: Asked, dialect: Dialect | None) -> tuple[Glance | None, Route | None]:
        """What is asked for, where that can be read: whoever cannot is told by the exchange."""
        if dialect is None:
            return None, None
        try:
            glance = dialect.glance(asked.body, asked.path)
        except InvalidRequest:
            return None, None
        return glance, self._plane.services.router.find(glance.model)

    def _estimate(self, glance: Glance, route: Route | None) -> Estimate:
        needs, tokens = glance.needs, 0
        if glance.operation in _TEXTUAL:
            tokens = needs.input_tokens
        if needs.capabilities & _SEEN:
            tokens = min(tokens, PICTURED)
        is_chat = tokens and glance.operation is Operation.CHAT
        output = (needs.output_tokens or UNSAID) if is_chat else 0
        units = NOTHING if glance.expected is None else glance.expected.units
        return Estimate(tokens, output, units, FREE if route is None else self._price(route))

    def _price(self, route: Route) -> Price:
        """What the dearest of a route's targets takes for each measure."""
        found = self._prices.get(route.name)
        if found is None:
            targets = self._plane.settings.topology.targets
            prices = [targets[name].price for name in route.targets if name in targets]
            found = self._prices[route.name] = dearest([*prices, FREE])
        return found

    def _tell(self, asked: Asked, dialect: Dialect | None, failure: Failure, over: Over) -> None:
        """Write a refusal down, and log it: each not more often than is good for them."""
        now, caller = self._plane.now(), asked.caller
        if now >= self._record_at.get(caller, now):
            self._record_at[caller] = now + RECORDED_EVERY
            glance, route = self._seen(asked, dialect)
            self._plane.record(_refusal(asked, failure, glance, route))
        if now >= self._log_at.get(caller, now):
            self._log_at[caller] = now + LOGGED_EVERY
            self._log.warning(
                "a caller is over its limit",
                caller=caller,
                limit=over.limit.value,
                used=round(over.used, 6),
                allowed=over.allowed,
            )


def came_to(entry: RequestEntry, estimate: Estimate) -> Use:
    """Return what a request came to: as the provider says, or guessed where nobody does.

    Nobody does for a client that left in mid-answer; who leaves has used what was done for it.
    """
    usage = entry.usage
    tokens = 0 if usage is None else usage.prompt_tokens + usage.output_tokens
    known = Use(tokens, entry.cost_usd or 0.0)
    has_left = entry.outcome == "client_gone" and bool(entry.attempts)
    if not has_left and (usage is not None or entry.outcome != "ok"):
        return known
    if entry.stream or not has_left:
        written = entry.response_bytes // (STREAMED if entry.stream else WHOLE)
    else:
        written = UNSAID
    guess = estimate.use(min(written, estimate.output))
    is_priced = entry.cost_usd is not None and not has_left
    usd = known.usd if is_priced else max(known.usd, guess.usd)
    return Use(max(known.tokens, guess.tokens), usd)


def _added_up(rows: Iterable[Spending], moment: Moment) -> dict[str, Spent]:
    """Return what each caller used this month, and today. Days to come are a clock's mistake."""
    spent: dict[str, Spent] = {}
    for row in rows:
        before = spent.get(row.caller, Spent())
        is_today = row.day == moment.day
        if row.day <= moment.day:
            spent[row.caller] = Spent(
                before.day_tokens + (row.tokens if is_today else 0),
                before.day_usd + (row.cost_usd if is_today else 0.0),
                before.month_usd + row.cost_usd,
            )
    return spent


def _refusal(
    asked: Asked, failure: Failure, glance: Glance | None, route: Route | None
) -> RequestEntry:
    return RequestEntry(
        id=asked.id,
        at=asked.at,
        duration=0.0,
        caller=asked.caller,
        dialect=asked.dialect,
        route="unknown" if route is None else route.name,
        stream=glance is not None and glance.stream,
        outcome="rejected",
        status=429,
        failure=failure.kind,
        request_bytes=len(asked.body),
        operation=Operation.CHAT.value if glance is None else glance.operation.value,
    )
