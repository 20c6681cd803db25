"""What a signal means: the first row of the taxonomy that it fits, as a `Failure`. Never raises.

The rows of the provider come first, in their order, then those of `*`. One thing goes before that
order: a row of `*` that knows the message outranks a row that asks for nothing but a status, for a
block page of the network edge must not be taken for the provider's own 403. A row of the surface
"http" needs a signal of that surface; of the other rows the fields alone decide, for no flag, event
or finish word is used on two surfaces. Whoever sees `html_body` need not know where the data files
it.
"""

import math
import re
from collections.abc import Iterable, Sequence

import msgspec

from understudy.chat.failure import Failure, Fault, Progress, Reaction, Scope, Signal, Surface
from understudy.providers.taxonomy import ANY_PROVIDER, Row

MAX_SEARCHED = 4096
"""Characters of a message that patterns look at: error pages can be large."""

MAX_MESSAGE = 2000
"""Characters of a message that a failure keeps."""


class _Verdict(msgspec.Struct, frozen=True):
    """What follows from a row, in the words of `Failure`."""

    kind: str
    domain: str
    charge: Scope
    permanence: str
    reactions: tuple[Reaction, ...]
    after_first_token: Reaction | None
    cooldown: float
    fault: Fault


class _Condition(msgspec.Struct, frozen=True):
    """A row made ready. `rank` is its place among all, the rows of `*` last."""

    rank: int
    verdict: _Verdict
    needs_http: bool
    statuses: frozenset[int] | None
    codes: frozenset[str] | None
    types: frozenset[str] | None
    events: frozenset[str] | None
    finishes: frozenset[str] | None
    flags: frozenset[str] | None
    pattern: re.Pattern[str] | None
    is_common: bool

    @property
    def is_bare(self) -> bool:
        """Whether it asks for a status and nothing else."""
        asked = (self.codes, self.types, self.events, self.finishes, self.flags, self.pattern)
        return self.statuses is not None and all(each is None for each in asked)

    def holds(self, signal: Signal) -> bool:
        return (
            (self.statuses is None or signal.status in self.statuses)
            and (self.codes is None or signal.code in self.codes)
            and (self.types is None or signal.type in self.types)
            and (self.events is None or signal.event in self.events)
            and (self.finishes is None or signal.finish in self.finishes)
            and (self.flags is None or signal.flag in self.flags)
            and (not self.needs_http or signal.surface is Surface.HTTP)
            and (
                self.pattern is None
                or self.pattern.search(signal.message[:MAX_SEARCHED]) is not None
            )
        )


class _Table:
    """One provider's conditions and those of `*`, filed under the rarest thing each asks for."""

    def __init__(self, conditions: Iterable[_Condition]) -> None:
        self._by_word: dict[tuple[str, str], list[_Condition]] = {}
        self._by_status: dict[int, list[_Condition]] = {}
        self._rest: list[_Condition] = []
        self._telling: list[_Condition] = []
        self._named: list[_Condition] = []
        for condition in conditions:
            self._file(condition)
            if condition.is_common and condition.pattern is not None:
                self._telling.append(condition)
            if condition.needs_http and (condition.codes or condition.types):
                named = msgspec.structs.replace(condition, needs_http=False, statuses=None)
                self._named.append(named)

    def find(self, signal: Signal) -> _Verdict | None:
        found = next((each for each in self._candidates(signal) if each.holds(signal)), None)
        if found is None:
            return None
        if found.is_bare:
            found = next((each for each in self._telling if each.holds(signal)), found)
        return found.verdict

    def find_named(self, signal: Signal) -> _Verdict | None:
        """The first verdict on a response with the signal's code or type, whatever its status."""
        if signal.code is None and signal.type is None:
            return None
        return next((each.verdict for each in self._named if each.holds(signal)), None)

    def _candidates(self, signal: Signal) -> Sequence[_Condition]:
        found: list[Sequence[_Condition]] = []
        if signal.status is not None:
            found.append(self._by_status.get(signal.status, ()))
        for name, word in (
            ("flag", signal.flag),
            ("event", signal.event),
            ("finish", signal.finish),
        ):
            if word is not None:
                found.append(self._by_word.get((name, word), ()))
        if self._rest:
            found.append(self._rest)
        if len(found) == 1:
            return found[0]
        return sorted((each for some in found for each in some), key=lambda each: each.rank)

    def _file(self, condition: _Condition) -> None:
        for name, words in (
            ("flag", condition.flags),
            ("event", condition.events),
            ("finish", condition.finishes),
        ):
            if words is not None:
                for word in words:
                    self._by_word.setdefault((name, word), []).append(condition)
                return
        if condition.statuses is None:
            self._rest.append(condition)
            return
        for status in condition.statuses:
            self._by_status.setdefault(status, []).append(condition)


class Classifier:
    """Immutable once built; one for a process. Raises: ValueError for rows with unknown words."""

    def __init__(self, rows: Iterable[Row]) -> None:
        conditions: dict[str, list[_Condition]] = {ANY_PROVIDER: []}
        ranked = sorted(rows, key=lambda row: row.provider == ANY_PROVIDER)
        for rank, row in enumerate(ranked):
            conditions.setdefault(row.provider, []).append(_condition(row, rank))
        common = conditions[ANY_PROVIDER]
        self._common = _Table(common)
        self._tables = {
            provider: _Table([*own, *common])
            for provider, own in conditions.items()
            if provider != ANY_PROVIDER
        }

    def classify(self, provider: str, signal: Signal, progress: Progress) -> Failure:
        """Say what `signal` means. `provider` is the taxonomy's name; others have `*` only."""
        table = self._tables.get(provider, self._common)
        verdict = table.find(signal)
        if verdict is None:
            verdict = _embedded(table, signal) or _default(signal)
        return Failure(
            kind=verdict.kind,
            fault=verdict.fault,
            domain=verdict.domain,
            charge=verdict.charge,
            progress=progress,
            message=signal.message[:MAX_MESSAGE] or _words(signal),
            permanence=verdict.permanence,
            reactions=_hinted(verdict, signal),
            after_first_token=verdict.after_first_token,
            status=signal.status,
            code=signal.code,
            type=signal.type,
            retry_after=_seconds(signal.retry_after),
            cooldown=verdict.cooldown,
        )


def _embedded(table: _Table, signal: Signal) -> _Verdict | None:
    """An error object inside a good response means what it would have meant as the response.

    It may carry the status that it should have been, or a code or a type that rows name.
    """
    if signal.surface is Surface.HTTP:
        return None
    status = signal.status
    if status is None or not _is_error(status):
        status = _number(signal.code)
    if status is not None and _is_error(status):
        seen = msgspec.structs.replace(signal, surface=Surface.HTTP, status=status)
        verdict: _Verdict | None = table.find(seen) or _default(seen)
    else:
        verdict = table.find_named(signal)
    if verdict is None or verdict.after_first_token is not None:
        return verdict
    after = Reaction.RESUME if verdict.fault is Fault.UPSTREAM else Reaction.PASS_THROUGH
    return msgspec.structs.replace(verdict, after_first_token=after)


def _default(signal: Signal) -> _Verdict:
    """What is in no row: a 4xx is the request's, the gateway's own its own, the rest the host's."""
    if signal.surface is Surface.GATEWAY:
        return _unlisted("default.gateway", "gateway", Fault.GATEWAY, (Reaction.GIVE_UP,))
    status = signal.status if signal.surface is Surface.HTTP else None
    if status is not None and 400 <= status <= 499:
        return _unlisted("default.http.4xx", "request", Fault.CLIENT, (Reaction.PASS_THROUGH,))
    elsewhere = (Reaction.OTHER_HOST, Reaction.OTHER_MODEL, Reaction.RETRY_SAME)
    name = signal.surface.value
    if status is not None:
        name = "http.5xx" if 500 <= status <= 599 else "http.other"
    return _unlisted(f"default.{name}", "host", Fault.UPSTREAM, elsewhere)


def _unlisted(kind: str, domain: str, fault: Fault, reactions: tuple[Reaction, ...]) -> _Verdict:
    is_upstream = fault is Fault.UPSTREAM
    return _Verdict(
        kind=kind,
        domain=domain,
        charge=Scope.HOST if is_upstream else Scope.NONE,
        permanence="transient" if is_upstream else "permanent",
        reactions=reactions,
        after_first_token=Reaction.RESUME if is_upstream else Reaction.PASS_THROUGH,
        cooldown=5.0 if is_upstream else 0.0,
        fault=fault,
    )


def _hinted(verdict: _Verdict, signal: Signal) -> tuple[Reaction, ...]:
    """The provider's word on whether to try it again (`x-should-retry`) outweighs the row's."""
    reactions = verdict.reactions
    if signal.should_retry is False:
        return tuple(each for each in reactions if each is not Reaction.RETRY_SAME)
    if (
        signal.should_retry
        and verdict.fault is Fault.UPSTREAM
        and verdict.permanence in {"transient", "until_reset"}
        and Reaction.RETRY_SAME not in reactions
    ):
        return (*reactions, Reaction.RETRY_SAME)
    return reactions


def _seconds(hint: float | None) -> float | None:
    """A wait that makes sense; some hosts say -1 or 0 when they do not know."""
    return hint if hint is not None and math.isfinite(hint) and hint > 0 else None


def _words(signal: Signal) -> str:
    """A message for a failure that came without one."""
    if signal.status is not None:
        return f"status {signal.status} without a message"
    word = signal.flag or signal.event or signal.finish or signal.code or signal.type
    return (word or signal.surface.value).replace("_", " ")[:MAX_MESSAGE]


def _condition(row: Row, rank: int) -> _Condition:
    match = row.match
    pattern = match.message_re
    return _Condition(
        rank=rank,
        verdict=_verdict(row),
        needs_http=row.surface == Surface.HTTP.value,
        statuses=_numbers(match.status),
        codes=_strings(match.code),
        types=_strings(match.type),
        events=_strings(match.event),
        finishes=_strings(match.finish),
        flags=_strings(match.flag),
        pattern=None if pattern is None else re.compile(pattern, re.IGNORECASE),
        is_common=row.provider == ANY_PROVIDER,
    )


def _verdict(row: Row) -> _Verdict:
    charge = _scope(row.counts_against)
    reactions = tuple(Reaction(word) for word in row.reaction)
    after = row.after_first_token
    return _Verdict(
        kind=row.id,
        domain=row.domain,
        charge=charge,
        permanence=row.permanence,
        reactions=reactions,
        after_first_token=None if after is None else Reaction(after),
        cooldown=row.cooldown_s,
        fault=_fault(row.domain, charge, reactions),
    )


def _fault(domain: str, charge: Scope, reactions: tuple[Reaction, ...]) -> Fault:
    """Who must change something.

    Whatever moves a breaker is the upstream's. A reference to state that an account does not have
    is the caller's, though the data calls it the account's: nobody but the caller can mend it.
    """
    if charge is not Scope.NONE:
        return Fault.UPSTREAM
    if domain == "gateway":
        return Fault.GATEWAY
    mendable = {Reaction.FIX_REQUEST, Reaction.PASS_THROUGH}
    if domain in {"request", "client"} or mendable.issuperset(reactions):
        return Fault.CLIENT
    return Fault.UPSTREAM


def _scope(word: str) -> Scope:
    match word:
        case "network":
            return Scope.EDGE
        case "request" | "client" | "gateway":
            return Scope.NONE
        case _:
            return Scope(word)


def _numbers(value: int | tuple[int, ...] | None) -> frozenset[int] | None:
    if value is None:
        return None
    return frozenset((value,) if isinstance(value, int) else value)


def _strings(value: str | tuple[str, ...] | None) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset((value,) if isinstance(value, str) else value)


def _is_error(status: int) -> bool:
    return 400 <= status <= 599


def _number(text: str | None) -> int | None:
    if text is None or len(text) != 3 or not (text.isascii() and text.isdecimal()):
        return None
    return int(text)
