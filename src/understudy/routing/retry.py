"""Retry: what the reactions of a failure mean for the targets of a route. Knows no health.

A reaction names a difference from the target that failed:

| reaction     | a target that fits it                                                          |
| ------------ | ------------------------------------------------------------------------------ |
| next_key     | same host and model, another key                                               |
| next_account | same host and model, another account                                           |
| next_region  | same host and model, another region                                            |
| other_host   | same model, another host; any model at another host where the list says no more |
| other_model  | another model, if possible outside of what failed                              |
| retry_same   | the same target, later                                                         |

`pass_through`, `give_up` and `accept` end the list: nothing behind them is looked at. What only
the exchange or an operator could do (`fix_request`, `refresh_credential`) is skipped here.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from understudy.chat.failure import Failure, Fault, Reaction, Scope
from understudy.routing.chain import Chain
from understudy.routing.charge import domain_of
from understudy.routing.policy import least_tokens
from understudy.routing.seat import Seat

MAX_CLIENT_FAULTS: Final = 1
"""Further attempts after a fault of the caller: one other target may see it differently."""

# Causes in the taxonomy's ids ("provider.status-or-event.cause").
_REFUSED: Final = frozenset({"content_filter", "content_policy"})
_STALE: Final = "reused_connection_closed"


def allowed(failure: Failure, *, refusal_fails_over: bool) -> tuple[tuple[Reaction, ...], str]:
    """Return the reactions that are moves to a target, in order, and the word for their end.

    A refusal on grounds of content is an answer: it moves on only where the route says so, and
    then as if `pass_through` were not in the list.
    """
    refused = is_refusal(failure)
    if refused and not refusal_fails_over:
        return (), Reaction.PASS_THROUGH.value
    moves: list[Reaction] = []
    for reaction in failure.reactions:
        match reaction:
            case Reaction.PASS_THROUGH if refused:
                continue
            case Reaction.PASS_THROUGH | Reaction.GIVE_UP | Reaction.ACCEPT:
                return tuple(moves), reaction.value
            case Reaction.FIX_REQUEST | Reaction.REFRESH_CREDENTIAL | Reaction.RESUME:
                continue
            case (
                Reaction.RETRY_SAME
                | Reaction.NEXT_KEY
                | Reaction.NEXT_ACCOUNT
                | Reaction.NEXT_REGION
                | Reaction.OTHER_HOST
                | Reaction.OTHER_MODEL
            ):
                moves.append(reaction)
            case _:
                assert_never(reaction)
    if refused or failure.fault is Fault.CLIENT or not failure.reactions:
        return tuple(moves), Reaction.PASS_THROUGH.value
    return tuple(moves), "no_target"


def resumes(failure: Failure, moves: Sequence[Reaction]) -> bool:
    """Return whether an answer already begun may go on elsewhere after this failure."""
    after = failure.after_first_token
    if after is not None:
        return after is Reaction.RESUME
    return any(move is not Reaction.RETRY_SAME for move in moves)


def is_refusal(failure: Failure) -> bool:
    """Return whether the provider refused the content, rather than failed."""
    if failure.domain != "request" or not failure.reactions:
        return False
    first = failure.reactions[0] is Reaction.PASS_THROUGH and len(failure.reactions) > 1
    return first or failure.cause in _REFUSED


def is_too_long(failure: Failure) -> bool:
    """Return whether the prompt did not fit the context window."""
    return failure.is_too_long


def is_stale(failure: Failure) -> bool:
    """Return whether a pooled connection turned out to be closed: nothing is wrong with anybody."""
    return failure.cause == _STALE


def note(chain: Chain, seat: Seat, failure: Failure) -> None:
    """Remember in the chain what the failure says about the request itself."""
    chain.failures.append((seat.name, failure))
    chain.wanted = ()
    if failure.fault is Fault.CLIENT:
        chain.client_faults += 1
    if is_too_long(failure):
        # Without a known window, the prompt's own least size is the best lower bound.
        too_small = seat.window or max(1, least_tokens(chain.needs))
        chain.larger_than = max(chain.larger_than, too_small)


def stop(chain: Chain, now: float) -> str | None:
    """Return why no further attempt is made whoever is up, None when one may be."""
    if now >= chain.deadline:
        return "deadline"
    if chain.is_poison:
        return "query_of_death"
    if chain.client_faults > MAX_CLIENT_FAULTS:
        return Reaction.PASS_THROUGH.value
    stale = any(is_stale(failure) for _, failure in chain.failures)  # one is no attempt
    if len(chain.failures) - stale >= chain.route.max_attempts:
        return "attempts"
    return None


def first_match(
    moves: Sequence[Reaction], failed: Seat, failure: Failure, seats: Sequence[Seat]
) -> list[Seat]:
    """Return the seats that fit the first move that any fits, in the route's order."""
    if not seats:
        return []
    for move in moves:
        found = _matching(move, failed, failure, seats)
        if found:
            return found
    if Reaction.OTHER_HOST in moves:
        # Only the same model elsewhere was asked for, and nobody has it: another will have to do.
        return [seat for seat in seats if _differs(seat, failed, Scope.HOST)]
    return []


def _matching(move: Reaction, failed: Seat, failure: Failure, seats: Sequence[Seat]) -> list[Seat]:
    match move:
        case Reaction.NEXT_KEY:
            return _beside(failed, Scope.KEY, seats)
        case Reaction.NEXT_ACCOUNT:
            return _beside(failed, Scope.ACCOUNT, seats)
        case Reaction.NEXT_REGION:
            return _beside(failed, Scope.REGION, seats)
        case Reaction.OTHER_HOST:
            return [
                seat
                for seat in seats
                if seat.model == failed.model and _differs(seat, failed, Scope.HOST)
            ]
        case Reaction.OTHER_MODEL:
            others = [seat for seat in seats if seat.model != failed.model]
            outside = [seat for seat in others if _differs(seat, failed, failure.charge)]
            return outside or others
        case _:
            return []


def _beside(failed: Seat, kind: Scope, seats: Sequence[Seat]) -> list[Seat]:
    """Seats with the same model at the same host that differ in their domain of that kind."""
    return [
        seat
        for seat in seats
        if seat.model == failed.model
        and not _differs(seat, failed, Scope.HOST)
        and _differs(seat, failed, kind)
    ]


def _differs(seat: Seat, failed: Seat, kind: Scope) -> bool:
    own, other = failed.domain(kind), seat.domain(kind)
    if own is None and other is None:
        domain = domain_of(failed, kind)
        return domain is None or domain not in seat.domains
    return own != other
