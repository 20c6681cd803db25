"""The ledger: turns what happened to one request into its journal entry."""

from collections.abc import Sequence

from understudy.chat.failure import Failure
from understudy.chat.usage import Usage
from understudy.exchange.asked import Asked
from understudy.exchange.attempt import Attempt
from understudy.exchange.messages import Command, SendData
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.operations.kinds import Operation
from understudy.providers.price import cost_usd
from understudy.routing.inquiry import Charged
from understudy.routing.steps import Ended, Outcome
from understudy.routing.topology import Route


class Ledger:
    """Collects attempts; `entry` closes the books."""

    def __init__(self, asked: Asked, now: float, *, recorded_bytes: int) -> None:
        self.route = "unknown"
        self.operation = Operation.CHAT.value
        self.stream = False
        self.records_bodies = False
        self.first_content: float | None = None
        self.response_bytes = 0
        self.usage: Usage | None = None
        self.cost_usd: float | None = None
        self._asked = asked
        self._began = now
        self._attempts: list[AttemptEntry] = []
        self._body: list[bytes] = []
        self._room = recorded_bytes

    def open(self, route: Route, *, stream: bool) -> None:
        """Note what was asked for, once that is known."""
        self.route = route.name
        self.stream = stream
        self.operation = route.operation.value
        self.records_bodies = route.record

    def note(self, commands: Sequence[Command]) -> None:
        """Note bytes that go to the client."""
        for command in commands:
            if type(command) is SendData:
                self._sent(command.data)

    def _sent(self, data: bytes) -> None:
        self.response_bytes += len(data)
        if self.records_bodies and self._room > 0:
            self._body.append(data[: self._room])
            self._room -= len(data)

    def attempt(
        self, attempt: Attempt, outcome: Outcome, now: float, charged: Charged | None = None
    ) -> float | None:
        """Enter one attempt that is over; its usage and cost are added to the request's.

        Returns its cost in US dollars, None where that is not known.
        """
        began = self._began
        usage = attempt.usage
        cost = cost_usd(attempt.billed or usage, attempt.units, attempt.lease.target.price)
        if usage is not None:
            self.usage = usage if self.usage is None else self.usage + usage
        if cost is not None:
            self.cost_usd = (self.cost_usd or 0.0) + cost
        failure = outcome if isinstance(outcome, Failure) else None
        losses = attempt.losses
        self._attempts.append(
            AttemptEntry(
                number=attempt.number,
                target=attempt.lease.target.name,
                started=attempt.started - began,
                ended=now - began,
                outcome="ok" if outcome is Ended.SUCCEEDED else _word(outcome),
                connected=_since(attempt.connected, began),
                head=_since(attempt.head_at, began),
                first_content=_since(attempt.first_content, began),
                status=None if attempt.head is None else attempt.head.status,
                charge=None if failure is None else failure.charge.value,
                message=None if failure is None else failure.message[:500],
                usage=usage,
                cost_usd=cost,
                losses=tuple([loss.token for loss in losses]) if losses else (),
                is_hedge=attempt.is_hedge,
                is_standby=attempt.lease.is_standby,
                charged=_domain(charged),
                rule=_rule(charged, outcome),
            )
        )
        return cost

    def attempts(self) -> tuple[AttemptEntry, ...]:
        return tuple(self._attempts)

    def entry(
        self,
        outcome: str,
        status: int,
        now: float,
        *,
        failure: str | None,
        seams: Sequence[int] = (),
    ) -> RequestEntry:
        """Close the books. `target` is whoever answered last, if anybody did."""
        asked = self._asked
        answered = [entry for entry in self._attempts if entry.outcome == "ok"]
        losses = {token for entry in answered for token in entry.losses}
        return RequestEntry(
            id=asked.id,
            at=asked.at,
            duration=now - self._began,
            caller=asked.caller,
            dialect=asked.dialect,
            route=self.route,
            stream=self.stream,
            outcome=outcome,
            status=status,
            attempts=tuple(self._attempts),
            target=answered[-1].target if answered else None,
            failure=failure,
            first_content=_since(self.first_content, self._began),
            usage=self.usage,
            cost_usd=self.cost_usd,
            losses=tuple(sorted(losses)) if losses else (),
            seam=seams[0] if seams else None,
            seams=tuple(seams),
            request_bytes=len(asked.body),
            response_bytes=self.response_bytes,
            request_body=asked.body if self.records_bodies else None,
            response_body=b"".join(self._body) if self.records_bodies else None,
            operation=self.operation,
        )


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        return outcome.kind
    return "ok" if outcome is Ended.SUCCEEDED else outcome.value


def _domain(charged: Charged | None) -> str | None:
    return None if charged is None or charged.domain is None else str(charged.domain)


def _rule(charged: Charged | None, outcome: Outcome) -> str | None:
    """What decided who is charged, where it was not the failure's own row."""
    return None if charged is None or charged.rule == _word(outcome) else charged.rule


def _since(moment: float | None, began: float) -> float | None:
    return None if moment is None else moment - began
