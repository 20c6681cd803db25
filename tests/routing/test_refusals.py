import pytest
from tests.routing.world import R, failure, invalid, too_long

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Fault, Scope
from understudy.routing.breaker import Breaker
from understudy.routing.refusals import HEARD_WITHIN, Refusal, Refusals, is_bad_request
from understudy.routing.shape import remember, shape_of
from understudy.routing.topology import Domain

MODEL = Domain(Scope.MODEL, "a/m")


ALONE = ("",)
TWO = ("x", "y")


def refusal(
    at: float, shape: int = 0, caller: str = "", *, status: int = 400, had_worked: bool = True
) -> Refusal:
    return Refusal(at, shape_of(Needs(input_tokens=1 << shape)), status, caller, had_worked)


def refused(
    times: int, *, shapes: int = 3, apart: float = 1.0, callers: tuple[str, ...] = ALONE
) -> Refusals:
    """So many refusals, of these shapes and callers in turn."""
    made = Refusals()
    for number in range(times):
        caller = callers[number % len(callers)]
        made.note(MODEL, refusal(number * apart, number % shapes, caller))
    return made


def succeed(breaker: Breaker, now: float, times: int) -> None:
    for _ in range(times):
        breaker.succeed(breaker.permit, now)


def serve(made: Refusals, now: float, *callers: str) -> None:
    for caller in callers:
        remember(made.proven(MODEL), Needs(), caller, now)


def test_five_of_three_shapes_within_a_minute_are_a_wave() -> None:
    words = refused(5).wave(MODEL, Breaker(), 5.0)
    assert words == (
        "5 requests of 3 shapes from 1 of 1 callers got 400 in 5 s that work elsewhere, "
        "beside 0 successes"
    )


@pytest.mark.parametrize(
    ("made", "now"),
    [(refused(4), 4.0), (refused(9, shapes=2), 9.0), (refused(5, apart=20.0), 90.0)],
    ids=["few", "alike", "long ago"],
)
def test_fewer_or_alike_or_long_ago_they_are_none(made: Refusals, now: float) -> None:
    assert made.wave(MODEL, Breaker(), now) == ""


@pytest.mark.parametrize(("good", "is_wave"), [(2, True), (3, False)])
def test_of_a_lone_caller_refusals_are_twice_the_successes(good: int, is_wave: bool) -> None:
    breaker = Breaker()
    succeed(breaker, 3.0, good)
    assert bool(refused(5).wave(MODEL, breaker, 5.0)) is is_wave


@pytest.mark.parametrize(("good", "is_wave"), [(5, True), (6, False)])
def test_of_several_callers_there_are_no_more_successes(good: int, is_wave: bool) -> None:
    breaker = Breaker()
    succeed(breaker, 3.0, good)
    assert bool(refused(5, callers=TWO).wave(MODEL, breaker, 5.0)) is is_wave


def test_a_lone_caller_is_believed_where_the_like_had_worked_there() -> None:
    made = Refusals()
    for number in range(20):
        made.note(MODEL, refusal(number * 0.1, number % 5, had_worked=False))
    assert made.wave(MODEL, Breaker(), 2.0) == ""


def test_one_of_several_callers_is_never_enough() -> None:
    made = refused(60, shapes=10, apart=0.1, callers=("hostile",))
    assert made.wave(MODEL, Breaker(), 6.0), "nobody else is known"
    serve(made, 5.0, "other")
    assert made.wave(MODEL, Breaker(), 6.0) == ""
    made.note(MODEL, refusal(6.0, 1, "other", had_worked=False))
    assert made.wave(MODEL, Breaker(), 6.0) == "", "others make a mistake now and then"
    made.note(MODEL, refusal(6.0, 2, "other", had_worked=False))
    assert "from 2 of 2 callers" in made.wave(MODEL, Breaker(), 6.0)


def test_among_more_callers_it_takes_three_of_them() -> None:
    made = refused(30, callers=TWO, apart=0.1)
    serve(made, 1.0, "z")
    assert made.wave(MODEL, Breaker(), 3.0) == ""
    made.note(MODEL, refusal(3.0, 1, "z"))
    assert "from 3 of 3 callers" in made.wave(MODEL, Breaker(), 3.0)


def test_who_was_served_long_ago_is_no_user_any_more() -> None:
    made = refused(5)
    serve(made, -HEARD_WITHIN, "other")
    assert made.wave(MODEL, Breaker(), 5.0)


def test_one_caller_cannot_crowd_out_what_others_have_seen() -> None:
    made = refused(4, callers=TWO)
    for number in range(500):
        made.note(MODEL, refusal(4.0 + number * 0.01, number % 6, "hostile"))
    made.note(MODEL, refusal(9.5, 3, "z"))
    assert "from 4 of 4 callers" in made.wave(MODEL, Breaker(), 10.0)


def test_successes_of_long_before_do_not_hide_it() -> None:
    breaker = Breaker()
    succeed(breaker, 0.0, 100)
    made = Refusals()
    for number in range(5):
        made.note(MODEL, refusal(10.0 + number, number))
    assert made.wave(MODEL, breaker, 15.0)
    assert made.wave(Domain(Scope.MODEL, "b/m"), Breaker(), 15.0) == ""


def test_limits_of_one_model_count_beside_refusals_but_not_alone() -> None:
    made = Refusals()
    for number in range(5):
        made.note(MODEL, refusal(float(number), number, status=429))
    assert made.wave(MODEL, Breaker(), 5.0) == ""
    for number in (5, 6):
        made.note(MODEL, refusal(float(number), number))
    words = made.wave(MODEL, Breaker(), 7.0)
    assert words.startswith("5 requests of 5 shapes from 1 of 1 callers got 400 and 429")


def test_what_worked_there_within_a_day_is_known_by_its_shape() -> None:
    made = Refusals()
    remember(made.proven(MODEL), Needs(input_tokens=300), "", 0.0)
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
