"""Evidence: what a drill saw. Times are the world's seconds since the first fault (before: < 0)."""

import bisect
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.sim.listening import Heard


class Try(msgspec.Struct, frozen=True, gc=False):
    """One attempt. `spoke`: when its first content came, None for never. `tokens` were said, and
    `read` of the prompt, counted as routing counts them (its bytes / 3).
    """

    target: str
    began: float
    ended: float
    outcome: str
    spoke: float | None
    is_hedge: bool
    tokens: int
    cost_usd: float
    status: int | None = None
    read: int = 0

    @property
    def failed(self) -> bool:
        return self.outcome not in ("ok", "abandoned", "outrun")


class Request(msgspec.Struct, frozen=True, gc=False):
    """One client's request. `first` is in seconds after it began; `named`: by its receipt."""

    at: float
    ended: float
    route: str
    stream: bool
    mistaken: bool
    status: int
    complete: bool
    exact: bool
    missing: int
    duplicated: int
    first: float | None
    target: str
    named: str
    error: str
    tries: tuple[Try, ...]


class Shut(msgspec.Struct, frozen=True, gc=False):
    """A domain that stopped calls at a moment of looking. `open_for` in seconds, rests with it."""

    kind: str
    name: str
    state: str
    open_for: float
    why: str


class Look(msgspec.Struct, frozen=True, gc=False):
    """One look at all breakers: those that are not closed, or rest."""

    at: float
    shut: tuple[Shut, ...]


class Evidence(msgspec.Struct):
    """All of a run. `dense` are the stretches at the full rate by which shares are judged."""

    requests: list[Request]
    looks: list[Look]
    dense: tuple[tuple[float, float], ...]
    marks: tuple[float, ...]
    small: tuple[float, ...]
    begin: float
    end: float

    def sorted(self) -> None:
        """Put requests into the order in which they came; they end in another."""
        self.requests.sort(key=lambda request: request.at)

    def between(self, begin: float | None, end: float | None) -> list[Request]:
        """The requests that came in these seconds (None: no bound)."""
        low = 0 if begin is None else self._index(begin)
        high = len(self.requests) if end is None else self._index(end)
        return self.requests[low:high]

    def looks_between(self, begin: float | None, end: float | None) -> Iterator[Look]:
        for look in self.looks:
            if (begin is None or look.at >= begin) and (end is None or look.at < end):
                yield look

    def is_dense(self, at: float) -> bool:
        return within(self.dense, at)

    def _index(self, at: float) -> int:
        return bisect.bisect_left(self.requests, at, key=lambda request: request.at)


def within(stretches: Sequence[tuple[float, float]], at: float) -> bool:
    """Whether a moment lies in one of the stretches, which are in order and apart."""
    place = bisect.bisect_right(stretches, (at, float("inf"))) - 1
    return place >= 0 and at < stretches[place][1]


def request_of(entry: RequestEntry, heard: Heard, zero: float, *, mistaken: bool) -> Request:
    """What is kept of one request, of the journal's view and the client's."""
    at = heard.began - zero
    return Request(
        at=at,
        ended=heard.ended - zero,
        route=entry.route,
        stream=entry.stream,
        mistaken=mistaken,
        status=heard.status,
        complete=heard.complete,
        exact=heard.is_exact,
        missing=heard.missing_tokens if heard.status == 200 else 0,
        duplicated=heard.duplicated_tokens if heard.status == 200 else 0,
        first=None if heard.first_content is None else heard.first_content - heard.began,
        target=entry.target or "",
        named=heard.target,
        error=heard.error or "",
        tries=tuple(_tries(entry.attempts, at, entry.request_bytes // 3)),
    )


def _tries(attempts: Iterable[AttemptEntry], at: float, read: int) -> Iterator[Try]:
    for attempt in attempts:
        said = 0 if attempt.usage is None else attempt.usage.output_tokens
        yield Try(
            target=attempt.target,
            began=at + attempt.started,
            ended=at + attempt.ended,
            outcome=attempt.outcome,
            spoke=None if attempt.first_content is None else at + attempt.first_content,
            is_hedge=attempt.is_hedge,
            tokens=said,
            cost_usd=attempt.cost_usd or 0.0,
            status=attempt.status,
            read=read,
        )
