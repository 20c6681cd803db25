import pytest
from tests.routing.world import (
    NEEDS,
    Play,
    R,
    failure,
    invalid,
    limited,
    open_host,
    policy,
    refused_key,
    router,
    target,
    too_long,
)

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Fault, Progress, Reaction, Scope
from understudy.routing.steps import Ended, GiveUp, Lease, NoTarget, Resume, Retry

ELSEWHERE = Retry(0.0)
PREFILL = frozenset({Capability.PREFILL})
PLAIN = frozenset(Capability) - PREFILL
A, B, C = target("a/m"), target("b/m"), target("c/m")


def play(*targets, needs: Needs = NEEDS, **fields) -> Play:
    return Play(*router(*targets, **fields), needs=needs)


# Another target


def test_the_next_target_is_asked_at_once() -> None:
    told = play(A, B)
    told.lease("a/m")
    assert told.fails(failure(retry_after=20.0)) == ELSEWHERE
    told.lease("b/m")
    told.ok()


def test_the_same_model_elsewhere_comes_before_another_model_in_between() -> None:
    told = play(A, target("b/n"), C)
    told.lease("a/m")
    assert told.fails(failure()) == ELSEWHERE
    told.lease("c/m")
    assert told.fails(failure()) == ELSEWHERE
    told.lease("b/n")


def test_a_refused_key_goes_to_the_next_key_first() -> None:
    told = play(A, B, target("a/m#2"))
    told.lease("a/m")
    assert told.fails(refused_key()) == ELSEWHERE
    told.lease("a/m#2")


def test_a_spent_account_skips_keys_of_the_same_account() -> None:
    told = play(A, target("a/m#2"), B, target("a/m#3", account="second"))
    told.lease("a/m")
    assert told.fails(limited(20.0)) == ELSEWHERE
    told.lease("a/m#3")
    told.ok()


def test_a_chain_ends_with_its_targets() -> None:
    told = play(A, B)
    told.lease("a/m")
    told.fails(failure(reactions=(R.OTHER_HOST,)))
    told.lease("b/m")
    assert told.fails(failure(reactions=(R.OTHER_HOST,))) == GiveUp("no_target")


def test_a_chain_ends_with_its_attempts() -> None:
    told = play(A, B, C, max_attempts=2)
    told.lease("a/m")
    told.fails(failure())
    told.lease("b/m")
    assert told.fails(failure()) == GiveUp("attempts")


def test_the_last_attempt_goes_to_a_host_that_has_not_failed_yet() -> None:
    keys = [target(f"a/m#{n}", account=f"{n}") for n in range(1, 4)]
    told = play(*keys, B, max_attempts=3)
    told.lease("a/m#1")
    assert told.fails(limited()) == ELSEWHERE
    told.lease("a/m#2")
    assert told.fails(limited()) == ELSEWHERE
    told.lease("b/m")


def test_a_chain_ends_with_its_deadline() -> None:
    told = play(A, B, deadline=10.0)
    told.lease("a/m")
    assert told.fails(failure(), after=10.0) == GiveUp("deadline")


# The same target again


def test_the_same_target_is_asked_again_only_where_there_is_no_other() -> None:
    told = play(A, B)
    told.lease("a/m")
    assert told.fails(failure(reactions=(R.RETRY_SAME, R.OTHER_HOST))) == ELSEWHERE
    told.lease("b/m")
    step = told.fails(failure(reactions=(R.RETRY_SAME, R.OTHER_HOST)))
    assert step == Retry(0.125, same_target=True)
    told.lease("b/m")
    step = told.fails(failure(reactions=(R.RETRY_SAME, R.OTHER_HOST)))
    assert step == Retry(0.25, same_target=True), "half of an interval that doubles"


def test_a_hint_is_waited_for() -> None:
    told = play(A)
    told.lease("a/m")
    step = told.fails(failure(Scope.NONE, retry_after=3.0))
    assert step == Retry(3.125, same_target=True)


def test_a_limit_of_the_only_target_is_waited_out() -> None:
    told = play(A)
    told.lease("a/m")
    assert told.fails(limited(4.0)) == Retry(4.125, same_target=True)
    told.lease("a/m")
    told.ok()


def test_nobody_is_kept_waiting_past_patience_or_deadline() -> None:
    told = play(A)
    told.lease("a/m")
    assert told.fails(limited(31.0)) == GiveUp("no_target", 31.0)
    told = play(A, deadline=4.0)
    told.lease("a/m")
    assert told.fails(limited(4.0)) == GiveUp("deadline", 4.0)


def test_a_pooled_connection_that_was_closed_is_replaced_at_once() -> None:
    closed = failure(Scope.NONE, (R.RETRY_SAME,), status=None, progress=Progress.NOT_SENT)
    told = play(A, B)
    told.lease("a/m")
    assert told.fails(closed) == Retry(0.0, same_target=True)
    told.lease("a/m")
    assert told.fails(closed) == Retry(0.0), "once is enough where somebody else is left"
    told = play(A)
    told.lease("a/m")
    told.fails(closed)
    told.lease("a/m")
    assert told.fails(closed) == Retry(0.25, same_target=True)


def test_whoever_is_left_is_better_than_no_answer() -> None:
    """Two models of one host: nothing says that the second stands apart from what failed."""
    told = play(A, target("a/n"))
    told.lease("a/m")
    broken = failure(Scope.NONE, (R.RETRY_SAME, R.OTHER_HOST))
    assert told.fails(broken) == Retry(0.125, same_target=True)
    told.lease("a/m")
    assert told.fails(broken) == ELSEWHERE
    told.lease("a/n")


def test_nobody_else_is_asked_for_what_is_the_callers_mistake() -> None:
    told = play(A, target("a/n"))
    told.lease("a/m")
    mistake = failure(Scope.NONE, (R.OTHER_HOST,), fault=Fault.CLIENT)
    assert isinstance(told.fails(mistake), GiveUp)


def test_a_provider_that_says_not_to_retry_is_not_asked_again() -> None:
    told = play(A)
    told.lease("a/m")
    # The classifier takes `retry_same` away when the answer says x-should-retry: false.
    assert told.fails(failure(reactions=(R.OTHER_HOST, R.OTHER_MODEL))) == GiveUp("no_target")


# The caller's faults


def test_an_invalid_request_is_passed_on() -> None:
    told = play(A, B)
    told.lease("a/m")
    assert told.fails(invalid()) == GiveUp("pass_through")


def test_where_another_host_may_differ_one_more_is_asked_and_no_third() -> None:
    told = play(A, B, C)
    told.lease("a/m")
    assert told.fails(invalid(R.OTHER_HOST)) == ELSEWHERE
    told.lease("b/m")
    assert told.fails(invalid(R.OTHER_HOST)) == GiveUp("pass_through")


def test_a_prompt_that_is_too_long_goes_to_a_larger_window_only() -> None:
    small, same = target("a/m", window=100), target("b/n", window=100)
    told = play(small, same, target("c/n", window=1000))
    told.lease("a/m")
    assert told.fails(too_long()) == ELSEWHERE
    told.lease("c/n")
    told = play(small, same, target("c/n"))
    told.lease("a/m")
    assert told.fails(too_long()) == GiveUp("pass_through")


@pytest.mark.parametrize("may", [True, False])
def test_a_refusal_is_an_answer_unless_the_route_says_otherwise(may: bool) -> None:
    told = play(A, target("b/n"), policy=policy(refusal_fails_over=may))
    told.lease("a/m")
    refusal = failure(
        Scope.NONE, (R.PASS_THROUGH, R.OTHER_MODEL), kind="toy.refusal", domain="request"
    )
    assert told.fails(refusal) == (ELSEWHERE if may else GiveUp("pass_through"))


# After the first content


def test_an_answer_goes_on_where_it_can_be_continued() -> None:
    told = play(A, target("b/m", capabilities=PLAIN), C)
    told.lease("a/m")
    step = told.fails(failure(after_first_token=R.RESUME), committed=True, rest=PREFILL)
    assert step == Resume(0.0, PREFILL)
    told.lease("c/m")
    told.ok()


@pytest.mark.parametrize(
    ("after_first_token", "reactions", "resumable", "reason"),
    [
        (R.RESUME, (R.OTHER_HOST,), False, "not_resumable"),
        (R.PASS_THROUGH, (R.OTHER_HOST, R.PASS_THROUGH), True, "pass_through"),
        (None, (R.RETRY_SAME,), True, "no_target"),
        (None, (R.GIVE_UP,), True, "give_up"),
    ],
)
def test_otherwise_an_answer_that_broke_is_broken(
    after_first_token: Reaction | None,
    reactions: tuple[Reaction, ...],
    resumable: bool,
    reason: str,
) -> None:
    told = play(A, B)
    told.lease("a/m")
    failed = failure(reactions=reactions, after_first_token=after_first_token)
    assert told.fails(failed, committed=True, rest=PREFILL if resumable else None) == GiveUp(reason)


def test_without_a_target_that_can_continue_nothing_is_retried() -> None:
    told = play(A, target("b/m", capabilities=PLAIN))
    told.lease("a/m")
    step = told.fails(failure(after_first_token=R.RESUME), committed=True, rest=PREFILL)
    assert step == GiveUp("no_target")


# The budget


def test_the_budget_ends_a_storm_of_retries() -> None:
    made, route = router(A, B)
    steps = []
    for call in range(100):
        told = Play(made, route, now=call * 0.01)
        told.lease("a/m")
        # A fault without a charge opens no breaker, so nothing but the budget stops it.
        steps.append(told.fails(failure(Scope.NONE, (R.OTHER_HOST,))))
    assert steps[:20] == [ELSEWHERE] * 20
    assert 25 <= steps.count(ELSEWHERE) <= 30
    assert set(steps[20:]) == {ELSEWHERE, GiveUp("budget")}


def test_moving_away_from_what_has_just_gone_down_is_free() -> None:
    made, route = router(A, B)
    crowd = [Play(made, route) for _ in range(200)]
    for told in crowd:
        told.lease("a/m")
    for told in crowd:
        assert told.fails(failure(), after=1.0) == ELSEWHERE
        told.lease("b/m")
        told.ok()
    assert made.snapshot(1.0).budget.retries < 10


# When everything is down


def test_who_only_rests_on_a_guess_is_less_bad_than_who_is_down() -> None:
    made, route = router(A, B)
    for call in range(5):
        told = Play(made, route, now=call * 0.1)
        told.lease("a/m")
        told.fails(failure())
    told = Play(made, route, now=1.0)
    told.lease("b/m")
    told.fails(limited(cooldown=60.0))
    told = Play(made, route, now=2.0)
    assert told.lease("b/m").is_desperate, "a reopens much sooner, but is down"


def test_the_least_bad_target_is_asked_and_one_more_at_another_host() -> None:
    again = target("b/m#2")
    made, route = router(A, B, again, C, target("d/m"))
    for at, name in enumerate(("b/m", "c/m", "d/m")):
        open_host(made, name, at / 2)
    told = Play(made, route, now=2.0)
    told.lease("a/m")
    assert told.fails(failure(reactions=(R.OTHER_HOST,))) == ELSEWHERE
    assert told.lease("b/m").is_desperate, "it reopens first"
    assert told.fails(failure(reactions=(R.OTHER_HOST,))) == ELSEWHERE
    assert told.lease("c/m").is_desperate, "b is down, whichever key asks"
    step = told.fails(failure(reactions=(R.OTHER_HOST,)))
    assert step == GiveUp("no_target"), "the first is still up: come back at any time"


def test_a_second_host_that_is_down_is_no_matter_of_the_retry_budget() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    open_host(made, "b/m", 0.5)
    before = made.snapshot(1.0).budget.retries
    asked = []
    for _ in range(20):
        told = Play(made, route, now=1.0)
        told.step = ELSEWHERE
        while told.step == ELSEWHERE:
            found = made.lease(told.chain, 1.0)
            if isinstance(found, NoTarget):
                break
            told.leased = found
            asked.append(found.target.name)
            told.fails(failure())
    assert made.snapshot(1.0).budget.retries == before, "what asks in despair has a budget itself"
    assert "b/m" in asked
    assert len(asked) <= 10, "a tenth of the requests, and five"


def test_a_target_that_its_provider_told_to_wait_is_not_asked_early() -> None:
    made, route = router(A, B)
    told = Play(made, route)
    told.lease("a/m")
    told.fails(limited(50.0))
    told.lease("b/m")
    assert told.fails(limited(40.0)) == GiveUp("no_target", 40.0)
    late = Play(made, route, now=10.0)
    assert late.refused().retry_after == 30.0


def test_a_guessed_rest_may_be_cut_short_once() -> None:
    made, route = router(A)
    Play(made, route).lease("a/m")
    told = Play(made, route)
    told.lease("a/m")
    told.fails(limited(None, cooldown=20.0))
    desperate = Play(made, route, now=1.0)
    assert desperate.lease("a/m").is_desperate
    assert desperate.fails(limited(None)) == Retry(20.125, same_target=True)
    assert isinstance(desperate.lease("a/m"), Lease)


def test_what_is_down_is_not_waited_for() -> None:
    made, route = router(A)
    open_host(made, "a/m", 0.0)
    told = Play(made, route, now=1.0)
    told.lease("a/m")
    step = told.fails(failure(reactions=(R.RETRY_SAME,)))
    assert step == GiveUp("no_target", 4.0)


def test_a_total_outage_costs_its_providers_a_tenth_of_the_requests() -> None:
    made, route = router(A, B)
    open_host(made, "a/m", 0.0)
    open_host(made, "b/m", 0.0)
    asked = 0
    for call in range(200):
        chain = made.begin(route, NEEDS, 0.5 + call * 0.02)
        lease = made.lease(chain, 0.5 + call * 0.02)
        if isinstance(lease, Lease):
            asked += 1
            assert lease.is_desperate
            made.close(lease, Ended.ABANDONED, 0.5 + call * 0.02)
        else:
            assert lease.retry_after is not None
            assert 0.0 < lease.retry_after <= 5.0
    assert 20 <= asked <= 26, "a tenth, and the reserve of five"


def test_a_poor_target_is_good_enough_where_nothing_else_is_left() -> None:
    made, route = router(A, B)
    for call in range(135):
        told = Play(made, route, now=call * 0.1)
        lease = told.lease("a/m")
        made.close(lease, failure(), told.now) if call % 15 == 14 else told.ok()
    view = next(each for each in made.snapshot(13.5).domains if str(each.domain) == "host:a")
    assert view.is_soft
    told = Play(made, route, now=13.5)
    told.lease("b/m")
    assert told.fails(failure()) == ELSEWHERE
    assert not told.lease("a/m").is_desperate
