import pytest
from tests.routing.world import NEEDS, R, failure, invalid, router, target, too_long

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Reaction, Scope
from understudy.routing import retry
from understudy.routing.chain import Chain
from understudy.routing.seat import Seat

A, A_KEY, A_ACCOUNT, A_REGION, A_OTHER, B, B_OTHER = (
    target("a/m"),
    target("a/m#2"),
    target("a/m#3", account="second"),
    target("a/m#4", key="a#1", region="a/eu"),
    target("a/n"),
    target("b/m"),
    target("b/n"),
)


def chain(*targets, needs: Needs = NEEDS) -> Chain:
    made, route = router(*targets)
    return made.begin(route, needs, 0.0)


def names(reactions: tuple[Reaction, ...], *targets, charged: Scope = Scope.HOST) -> list[str]:
    """The targets that fit after the first of `targets` failed."""
    first, *others = chain(*targets).seats
    found = retry.first_match(reactions, first, failure(charged, reactions), others)
    return [seat.name for seat in found]


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [
        (R.NEXT_KEY, ["a/m#2", "a/m#3"]),
        (R.NEXT_ACCOUNT, ["a/m#3"]),
        (R.NEXT_REGION, ["a/m#4"]),
        (R.OTHER_HOST, ["b/m"]),
        (R.OTHER_MODEL, ["b/n"]),
        (R.RETRY_SAME, []),
    ],
)
def test_a_reaction_is_a_difference_from_what_failed(
    reaction: Reaction, expected: list[str]
) -> None:
    every = (A, A_KEY, A_ACCOUNT, A_REGION, A_OTHER, B, B_OTHER)
    assert names((reaction,), *every) == expected


def test_the_first_reaction_that_anybody_fits_is_taken() -> None:
    assert names((R.NEXT_KEY, R.OTHER_HOST), A, A_OTHER, B) == ["b/m"]
    assert names((R.OTHER_MODEL, R.OTHER_HOST), A, B, B_OTHER) == ["b/n"]


def test_another_model_is_sought_outside_of_what_failed_first() -> None:
    assert names((R.OTHER_MODEL,), A, A_OTHER, B_OTHER) == ["b/n"]
    assert names((R.OTHER_MODEL,), A, A_OTHER) == ["a/n"]
    assert names((R.OTHER_MODEL,), A, A_OTHER, B_OTHER, charged=Scope.MODEL) == ["a/n", "b/n"]


def test_another_host_without_the_model_is_better_than_none() -> None:
    assert names((R.OTHER_HOST,), A, A_OTHER, B_OTHER) == ["b/n"]
    assert names((R.NEXT_KEY,), A, B_OTHER) == []
    assert names((R.OTHER_HOST,), A) == []


def test_the_list_ends_where_the_answer_is_passed_on() -> None:
    moves, ending = retry.allowed(invalid(R.OTHER_HOST), refusal_fails_over=False)
    assert (moves, ending) == ((R.OTHER_HOST,), "pass_through")
    moves, ending = retry.allowed(
        failure(reactions=(R.OTHER_HOST, R.GIVE_UP, R.OTHER_MODEL)), refusal_fails_over=True
    )
    assert (moves, ending) == ((R.OTHER_HOST,), "give_up")


def test_what_only_others_can_do_is_skipped() -> None:
    moves, ending = retry.allowed(
        failure(reactions=(R.REFRESH_CREDENTIAL, R.FIX_REQUEST, R.NEXT_KEY)),
        refusal_fails_over=False,
    )
    assert (moves, ending) == ((R.NEXT_KEY,), "no_target")
    assert retry.allowed(failure(reactions=()), refusal_fails_over=False) == ((), "pass_through")


def refusal(
    *reactions: Reaction, kind: str = "toy.stop.refusal", domain: str = "request"
) -> Failure:
    return failure(Scope.NONE, reactions, kind=kind, domain=domain, status=None)


@pytest.mark.parametrize(
    ("failed", "refuses"),
    [
        (refusal(R.PASS_THROUGH, R.OTHER_MODEL), True),
        (refusal(R.OTHER_HOST, R.PASS_THROUGH, kind="toy.400.content_filter"), True),
        (refusal(R.PASS_THROUGH), False),
        (refusal(R.PASS_THROUGH, R.OTHER_HOST, domain="host"), False),
        (refusal(), False),
        (too_long(), False),
    ],
)
def test_a_refusal_is_told_from_a_failure_by_the_data(failed: Failure, refuses: bool) -> None:
    assert retry.is_refusal(failed) == refuses


def test_a_refusal_moves_on_only_where_the_route_says_so() -> None:
    refused = refusal(R.PASS_THROUGH, R.OTHER_MODEL)
    assert retry.allowed(refused, refusal_fails_over=False) == ((), "pass_through")
    assert retry.allowed(refused, refusal_fails_over=True) == ((R.OTHER_MODEL,), "pass_through")


def test_what_an_answer_already_begun_may_do() -> None:
    moves = (R.OTHER_HOST,)
    assert retry.resumes(failure(after_first_token=R.RESUME), ())
    assert not retry.resumes(failure(after_first_token=R.PASS_THROUGH), moves)
    assert retry.resumes(failure(), moves)
    assert not retry.resumes(failure(), (R.RETRY_SAME,))


def noted(one: Chain, seat: Seat, failed: Failure) -> int:
    retry.note(one, seat, failed)
    return one.larger_than


def test_a_prompt_that_was_too_long_asks_for_a_larger_window() -> None:
    known, unknown = target("a/m", window=8000), target("b/m")
    one = chain(known, unknown, needs=Needs(input_tokens=9000))
    assert noted(one, one.seats[0], failure()) == 0
    assert noted(one, one.seats[0], too_long()) == 8000
    assert noted(one, one.seats[1], too_long()) == 8000
    one = chain(unknown, needs=Needs(input_tokens=9000))
    assert noted(one, one.seats[0], too_long()) == 4500


def test_what_stops_a_chain() -> None:
    one = chain(A)
    assert retry.stop(one, 0.0) is None
    assert retry.stop(one, one.deadline) == "deadline"
    for _ in range(2):
        retry.note(one, one.seats[0], invalid())
    assert retry.stop(one, 0.0) == "pass_through"
    one = chain(A)
    for _ in range(6):
        retry.note(one, one.seats[0], failure())
    assert retry.stop(one, 0.0) == "attempts"
