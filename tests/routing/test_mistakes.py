"""Mistakes of one caller move nothing for the others; what a host gets wrong is found nevertheless.

In virtual time over the real router: honest callers in turn, and one whose requests are refused.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.test_blast_radius import shut
from tests.routing.world import R, failure, invalid, router, target, too_long

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.failure import Failure, Fault, Scope
from understudy.routing.steps import Ended, Lease, Retry

SIZES = (100, 1_000, 10_000, 40_000)
SHAPES = tuple(
    Needs(frozenset({each}), size)
    for each in (Capability.STREAMING, Capability.TOOLS)
    for size in SIZES
)
HONEST = ("ann", "bob", "cas")
REQUESTS = 60
"""Of honest callers, one every two seconds: so few that their successes alone prove little."""

Answers: TypeAlias = Mapping[str, Failure]
"""How targets fail; those not named answer."""


def refused(status: int) -> Failure:
    return failure(
        Scope.NONE,
        (R.FIX_REQUEST, R.PASS_THROUGH),
        kind=f"any.http.{status}",
        fault=Fault.CLIENT,
        domain="request",
        permanence="permanent",
        status=status,
    )


class Scene:
    """Targets a/m, b/m and c/m, which have answered requests of every shape of `known` callers."""

    def __init__(self, known: Sequence[str] = HONEST) -> None:
        self.made, self.route = router(target("a/m"), target("b/m"), target("c/m"))
        for number, needs in enumerate(SHAPES if known else ()):
            self.ask(known[number % len(known)], needs, {}, 0.0)

    def ask(self, caller: str, needs: Needs, answers: Answers, now: float) -> list[str]:
        """Play one request to its end; returns who was asked, and last how it ended."""
        made, asked, only = self.made, list[str](), None
        chain = made.begin(self.route, needs, now, caller=caller)
        while isinstance(lease := made.lease(chain, now, only=only), Lease):
            name = lease.target.name
            asked.append(name)
            outcome = answers.get(name, Ended.SUCCEEDED)
            if not isinstance(outcome, Failure):
                made.first_content(lease, now)
            made.close(lease, outcome, now)
            if not isinstance(outcome, Failure):
                return [*asked, "ok"]
            step = made.after(chain, lease, outcome, now, committed=False)
            if not isinstance(step, Retry):
                return [*asked, "failed"]
            only = name if step.same_target else None
        return [*asked, "nobody"]

    def honest(self, number: int, now: float, *, is_troubled: bool) -> list[str]:
        """One honest request; in trouble, one in twenty fails at the first host."""
        fails = is_troubled and number % 20 == 7
        answers = {"a/m": failure()} if fails else {}
        return self.ask(HONEST[number % 3], SHAPES[number % len(SHAPES)], answers, now)


wrong = st.sampled_from([invalid(), invalid(R.OTHER_HOST), refused(413), refused(422), too_long()])
mistakes = st.lists(
    st.tuples(
        st.sampled_from(SHAPES),
        st.fixed_dictionaries({"a/m": wrong}, optional={"b/m": wrong, "c/m": wrong}),
    ),
    min_size=1,
    max_size=8,
)


def play(kinds: Sequence[tuple[Needs, Answers]], *, each: int, is_troubled: bool) -> list[object]:
    """What honest callers see while another sends `each` such requests for one of theirs."""
    scene, seen, sent = Scene(), list[object](), 0
    for number in range(REQUESTS):
        now = 1.0 + number * 2.0
        for _ in range(each):
            needs, answers = kinds[sent % len(kinds)]
            scene.ask("mallory", needs, answers, now)
            sent += 1
        seen.append(scene.honest(number, now, is_troubled=is_troubled))
    return seen


@pytest.mark.parametrize("is_troubled", [False, True], ids=["calm", "troubled"])
@settings(max_examples=25, deadline=None)
@given(kinds=mistakes, each=st.sampled_from([1, 4, 12]))
def test_no_mistakes_of_one_caller_move_another(
    is_troubled: bool,
    kinds: list[tuple[Needs, Answers]],
    each: int,
) -> None:
    quiet = play(kinds, each=0, is_troubled=is_troubled)
    assert play(kinds, each=each, is_troubled=is_troubled) == quiet


def test_requests_that_one_host_alone_refuses_are_led_past_it_for_their_caller_only() -> None:
    scene = Scene()
    for number in range(400):
        now = 1.0 + number * 0.1
        bad = {"a/m": invalid()}
        needs = SHAPES[number % len(SHAPES)]
        assert scene.ask("mallory", needs, bad, now) == ["a/m", "b/m", "ok"], "at no cost"
        if not number % 10:
            assert scene.honest(number, now, is_troubled=False) == ["a/m", "ok"]
    assert shut(scene.made, 42.0) == []


def test_requests_that_all_hosts_refuse_leave_half_of_the_retries_to_others() -> None:
    scene = Scene()
    bad = {name: invalid() for name in ("a/m", "b/m", "c/m")}
    ends = [scene.ask("mallory", SHAPES[number % 8], bad, 1.0) for number in range(500)]
    assert ends[0] == ["a/m", "b/m", "failed"], "the first host might have been mistaken"
    assert ends[-1] == ["a/m", "failed"]
    assert scene.made.snapshot(1.0).budget.left >= 0.5 * (20 + 0.1 * 500)
    for _ in range(30):
        assert scene.ask("ann", SHAPES[0], {"a/m": failure()}, 1.5)[-1] == "ok"
        scene.ask("bob", SHAPES[0], {}, 1.5)


@pytest.mark.parametrize("callers", [HONEST, ("ann", "bob"), ("",)], ids=str)
def test_a_host_that_refuses_everybody_is_left(callers: tuple[str, ...]) -> None:
    scene = Scene(callers)
    for number in range(9):
        caller = callers[number % len(callers)]
        end = scene.ask(caller, SHAPES[number % 8], {"a/m": invalid()}, 10.0 + number)
        assert end[-1] == "ok"
    assert shut(scene.made, 18.5) == ["model:a/m"]


def test_what_was_never_tried_there_is_believed_of_several_callers_and_not_of_one() -> None:
    for callers, found in ((HONEST, ["model:a/m"]), (("ann",), [])):
        fresh = Scene(known=())
        for number in range(9):
            caller = callers[number % len(callers)]
            bad = {"a/m": invalid(R.OTHER_HOST)}
            assert fresh.ask(caller, SHAPES[number % 8], bad, 10.0 + number)[-1] == "ok"
        assert shut(fresh.made, 18.5) == found
