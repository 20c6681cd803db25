"""Invariants: what holds for every exchange, whatever happens. Checked beside it, never by it.

`Watch` is for production: integers only, a few comparisons a request. `Referee` is for the
simulated world, where every command of every exchange is looked at. Both raise `InvariantBroken`:
a bug of ours, never the caller's or a provider's doing.
"""

from understudy.exchange.messages import (
    CancelAttempt,
    Close,
    Command,
    Record,
    SendData,
    SendHead,
    StartAttempt,
)
from understudy.journal.entry import RequestEntry
from understudy.routing.policy import denial
from understudy.routing.topology import Route, Topology

_NOTHING, _BEGUN, _OVER = range(3)

UNANSWERED = "client_gone"
"""The outcome of the only exchange that ends without a head."""


class InvariantBroken(AssertionError):
    """The gateway was about to do what it must never do."""


class Watch:
    """One head, data after it, one end, nothing behind that; and books that agree.

    Call each method before its command is carried out.
    """

    __slots__ = ("_outcome", "_place", "_started")

    def __init__(self) -> None:
        self._place = _NOTHING
        self._started = 0
        self._outcome: str | None = None

    def starts(self, attempt: int) -> None:
        if self._place == _OVER or attempt != self._started + 1:
            raise InvariantBroken(f"attempt {attempt} starts after {self._started} at {self.place}")
        self._started = attempt

    def heads(self) -> None:
        if self._place != _NOTHING:
            raise InvariantBroken(f"a head at {self.place}")
        self._place = _BEGUN

    def sends(self) -> None:
        if self._place != _BEGUN:
            raise InvariantBroken(f"data at {self.place}")

    def records(self, entry: RequestEntry) -> None:
        """Every attempt was entered once it was over, which is where its lease is closed."""
        if self._outcome is not None:
            raise InvariantBroken("a request is recorded twice")
        if len(entry.attempts) != self._started:
            found = f"{len(entry.attempts)} of {self._started}"
            raise InvariantBroken(f"{found} attempts are in the books")
        self._outcome = entry.outcome

    def closes(self) -> None:
        if self._place == _OVER or self._outcome is None:
            raise InvariantBroken(f"an end at {self.place} that is not in the books")
        if self._place == _NOTHING and self._outcome != UNANSWERED:
            raise InvariantBroken("an answer without a head")
        self._place = _OVER

    def attempts(self) -> range:
        """The numbers of all attempts that were started."""
        return range(1, self._started + 1)

    @property
    def place(self) -> str:
        """Where the answer is, for people."""
        return ("nothing sent", "the body", "the end")[self._place]


class Referee:
    """All that can be seen of one exchange from outside. `see` every command before it is done,
    and say with `over` when an attempt ended by itself.
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._watch = Watch()
        self._live: set[int] = set()
        self._done: set[int] = set()
        self._targets: list[str] = []
        self._status = 0
        self._heirs: set[int] = set()
        self._entry: RequestEntry | None = None

    def over(self, attempt: int) -> None:
        """An attempt's response has ended, or its connection has."""
        self._live.discard(attempt)
        self._done.add(attempt)

    def see(self, command: Command, route: Route | None) -> None:
        """Raises: InvariantBroken."""
        if type(command) is SendData:
            self._watch.sends()
        elif type(command) is SendHead:
            self._watch.heads()
            self._status = command.status
        elif type(command) is StartAttempt:
            self._watch.starts(command.attempt)
            self._start(command, route)
        elif type(command) is CancelAttempt:
            _require(command.attempt in self._live, f"attempt {command.attempt} is not live")
            self.over(command.attempt)
        elif type(command) is Record:
            self._watch.records(command.entry)
            self._entry = command.entry
            self._audit(command.entry)
        elif type(command) is Close:
            self._watch.closes()
            self._end()

    def settle(self) -> None:
        """All commands of one input are done: at most one attempt may speak to the client."""
        if self._status and len(self._live) > 1:
            raise InvariantBroken(f"attempts {sorted(self._live)} are live after the commit")

    def _start(self, command: StartAttempt, route: Route | None) -> None:
        _require(route is not None, "an attempt without a route")
        assert route is not None
        name = command.target
        target = self.topology.targets.get(name)
        _require(name in route.targets, f"{name} is no target of route {route.name}")
        _require(target is not None, f"{name} is configured no more")
        assert target is not None
        reason = denial(route.policy, target)
        _require(reason is None, f"{name} is forbidden: {reason}")
        self._live.add(command.attempt)
        self._targets.append(name)
        if self._status:
            _require(self._status < 300, "an attempt after an error was sent")
            self._heirs.add(command.attempt)

    def _audit(self, entry: RequestEntry) -> None:
        numbers = [attempt.number for attempt in entry.attempts]
        _require(
            sorted(numbers) == list(range(1, len(numbers) + 1)), f"attempts {numbers} in the books"
        )
        for attempt in entry.attempts:
            booked, asked = attempt.target, self._targets[attempt.number - 1]
            _require(booked == asked, f"{asked} was asked, {booked} is in the books")
            _require(attempt.started <= attempt.ended <= entry.duration, "times run backwards")
        answered = [attempt for attempt in entry.attempts if attempt.outcome == "ok"]
        _require(len(answered) <= 1, "two attempts answered")
        _require(bool(answered) == (entry.outcome == "ok"), f"{entry.outcome}, and who answered?")
        spoke = [
            attempt
            for attempt in entry.attempts
            if attempt.number in self._heirs and attempt.first_content is not None
        ]
        _require(not spoke or entry.seam is not None, "bytes of two attempts, and no seam")

    def _end(self) -> None:
        entry = self._entry
        assert entry is not None
        is_left_to_drain = entry.outcome == "ok" and len(self._live) == 1
        _require(not self._live or is_left_to_drain, f"attempts {sorted(self._live)} go on")
        if entry.outcome == "ok":
            _require(self._status in range(200, 300), f"answered with status {self._status}")
        elif entry.outcome in ("failed", "rejected"):
            _require(self._status >= 300, f"{entry.outcome} with status {self._status}")
        _require(self._status == entry.status, f"status {self._status}, booked as {entry.status}")


def _require(holds: bool, what: str) -> None:  # noqa: FBT001
    if not holds:
        raise InvariantBroken(what)
