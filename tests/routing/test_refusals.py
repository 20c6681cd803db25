import pytest
from tests.routing.world import R, failure, invalid, too_long

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Fault, Scope
from understudy.routing.breaker import Breaker
from understudy.routing.refusals import Refusals, is_bad_request
from understudy.routing.shape import remember
from understudy.routing.topology import Domain

MODEL = Domain(Scope.MODEL, "a/m")


def refused(times: int, *, shapes: int = 3, apart: float = 1.0) -> Refusals:
    made = Refusals()
    for number in range(times):
        made.note(MODEL, Needs(input_tokens=1 << (number % shapes)), number * apart)
    return made


def succeed(breaker: Breaker, now: float, times: int) -> None:
    for _ in range(times):
        breaker.succeed(breaker.permit, now)


def test_five_of_three_shapes_within_a_minute_are_a_wave() -> None:
    words = refused(5).wave(MODEL, Breaker(), 5.0)
    assert words == (
        "5 requests of 3 shapes got 400 in 5 s that work elsewhere or had worked there, "
        "beside 0 successes"
    )


@pytest.mark.parametrize(
    ("made", "now"),
    [(refused(4), 4.0), (refused(9, shapes=2), 9.0), (refused(5, apart=20.0), 90.0)],
    ids=["few", "alike", "long ago"],
)
def test_fewer_or_alike_or_long_ago_they_are_none(made: Refusals, now: float) -> None:
    assert made.wave(MODEL, Breaker(), now) == ""


def test_mistakes_among_many_successes_are_no_wave() -> None:
    breaker = Breaker()
    succeed(breaker, 3.0, 6)
    assert refused(5).wave(MODEL, breaker, 5.0) == ""
    assert refused(5).wave(Domain(Scope.MODEL, "b/m"), Breaker(), 5.0) == ""


def test_successes_of_long_before_do_not_hide_it() -> None:
    breaker = Breaker()
    succeed(breaker, 0.0, 100)
    made = Refusals()
    for number in range(5):
        made.note(MODEL, Needs(input_tokens=1 << number), 10.0 + number)
    assert made.wave(MODEL, breaker, 15.0)


def test_limits_of_one_model_count_beside_refusals_but_not_alone() -> None:
    made = Refusals()
    for number in range(5):
        made.note(MODEL, Needs(input_tokens=1 << number), float(number), status=429)
    assert made.wave(MODEL, Breaker(), 5.0) == ""
    for number in (5, 6):
        made.note(MODEL, Needs(input_tokens=1 << number), float(number))
    assert made.wave(MODEL, Breaker(), 7.0).startswith("5 requests of 5 shapes got 400 and 429")


def test_what_worked_there_within_a_day_is_known_by_its_shape() -> None:
    made = Refusals()
    remember(made.worked(MODEL), Needs(input_tokens=300), 0.0)
    assert made.has_worked(MODEL, Needs(input_tokens=400), 86_000.0)
    assert not made.has_worked(MODEL, Needs(input_tokens=400), 87_000.0)
    assert not made.has_worked(MODEL, Needs(input_tokens=4000), 1.0)
    made.keep(())
    assert not made.has_worked(MODEL, Needs(input_tokens=400), 1.0)


@pytest.mark.parametrize(
    ("failed", "is_one"),
    [
        (invalid(), True),
        (too_long(), False),
        (failure(), False),
        (failure(status=400), False),
        (failure(Scope.NONE, (R.FIX_REQUEST,), fault=Fault.CLIENT, status=422), False),
        (
            failure(
                Scope.NONE,
                (R.PASS_THROUGH, R.OTHER_MODEL),
                fault=Fault.CLIENT,
                domain="request",
                status=400,
                kind="toy.400.content_policy",
            ),
            False,
        ),
    ],
)
def test_only_a_bare_400_is_doubted(failed: Failure, is_one: bool) -> None:
    assert is_bad_request(failed) == is_one
