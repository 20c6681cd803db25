"""Every row of the failure taxonomy against a router that has somewhere to go for each reaction."""

import pytest
from tests.routing.world import Play, router, target, views

from understudy.chat.endpoint import Capability
from understudy.chat.failure import Failure, Fault, Progress, Reaction, Scope
from understudy.providers.taxonomy import Row, load_taxonomy
from understudy.routing import retry
from understudy.routing.steps import GiveUp, Lease, Resume, Retry

ROWS = load_taxonomy().rows
MOVES = {
    Reaction.NEXT_KEY: "a/m#2",
    Reaction.NEXT_ACCOUNT: "a/m#3",
    Reaction.NEXT_REGION: "a/m#4",
    Reaction.OTHER_HOST: "b/m",
    Reaction.OTHER_MODEL: "c/n",
}
TARGETS = (
    target("a/m", window=1000),
    target("a/m#2", window=2000),
    target("a/m#3", account="second", window=2000),
    target("a/m#4", account="a", key="a#1", region="a/eu", window=2000),
    target("b/m", window=2000),
    target("c/n", window=2000),
)


def failed(row: Row) -> Failure:
    charge = Scope(row.counts_against)
    fault = Fault.UPSTREAM
    if charge is Scope.NONE and row.domain in {"request", "client", "gateway"}:
        fault = Fault.GATEWAY if row.domain == "gateway" else Fault.CLIENT
    return Failure(
        kind=row.id,
        fault=fault,
        domain=row.domain,
        charge=charge,
        progress=Progress.SENT,
        message="",
        permanence=row.permanence,
        reactions=tuple(Reaction(word) for word in row.reaction),
        after_first_token=Reaction(row.after_first_token) if row.after_first_token else None,
        status=row.example.status,
        cooldown=row.cooldown_s,
    )


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_row_leads_where_its_reactions_say(row: Row) -> None:
    failure = failed(row)
    made, route = router(*TARGETS)
    told = Play(made, route)
    told.lease("a/m")
    before = views(made, 0.0)
    step = told.fails(failure)
    if failure.charge is Scope.NONE or failure.fault is Fault.CLIENT:
        assert views(made, 0.0) == before, "nobody is charged"
    moves, ending = retry.allowed(failure, refusal_fails_over=False)
    reachable = [move for move in moves if move in MOVES]
    if reachable:
        assert step == Retry(0.0)
        found = made.lease(told.chain, told.now)
        assert isinstance(found, Lease)
        assert found.target.name in _expected(failure, reachable)
    elif Reaction.RETRY_SAME in moves:
        is_stale = row.example.flag == "reused_connection_closed"  # nothing is wrong: at once
        assert step == Retry(0.0 if is_stale else 0.125, same_target=True)
    else:
        assert isinstance(step, GiveUp)
        assert step.reason == ending


def _expected(failure: Failure, moves: list[Reaction]) -> set[str]:
    """The first move's own target, or one that is as far away (another account is another key)."""
    first = MOVES[moves[0]]
    if moves[0] is Reaction.NEXT_KEY:
        return {first, "a/m#3"}
    # The region's target shares key and account with what failed: shut when those are charged.
    if moves[0] is Reaction.NEXT_REGION and failure.charge in {Scope.KEY, Scope.ACCOUNT}:
        return {MOVES[move] for move in moves[1:]}
    # A host, or a model at it, that one answer condemns takes its regions and accounts along.
    if failure.permanence in {"until_human", "permanent"} and failure.charge is not Scope.KEY:
        return {MOVES[move] for move in moves}
    return {first}


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_row_after_the_first_token_resumes_only_if_it_says_so(row: Row) -> None:
    made, route = router(*TARGETS)
    told = Play(made, route)
    told.lease("a/m")
    failure = failed(row)
    step = told.fails(failure, committed=True, rest=frozenset({Capability.PREFILL}))
    assert not isinstance(step, Retry)
    if failure.after_first_token not in {None, Reaction.RESUME}:
        assert isinstance(step, GiveUp)
    elif failure.after_first_token is Reaction.RESUME:
        assert isinstance(step, Resume)
