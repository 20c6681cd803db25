import pytest
from tests.routing.world import failure, limited, refused_key

from understudy.chat.failure import Failure, Scope
from understudy.routing.breaker import Breaker
from understudy.routing.evidence import FORGOTTEN, Evidence, Family, family_of
from understudy.routing.topology import Domain

A, B = Domain(Scope.HOST, "a"), Domain(Scope.HOST, "b")


def evidence() -> tuple[Evidence, dict[Domain, Breaker]]:
    breakers = {A: Breaker(), B: Breaker()}
    return Evidence(breakers), breakers


def test_failures_are_counted_until_something_works() -> None:
    made, breakers = evidence()
    made.note((A, B), failure(), 1.0, began=None)
    made.note((A,), failure(kind="any.http.502"), 4.0, began=None)
    trouble = made.of(Family.SILENT, A)
    assert trouble is not None
    assert (trouble.first, trouble.last, trouble.count, trouble.kind) == (
        1.0,
        4.0,
        2,
        "any.http.502",
    )
    breakers[A].last_success = 5.0
    assert made.of(Family.SILENT, A) is None
    assert made.of(Family.SILENT, B) is not None
    made.note((A,), failure(), 6.0, began=None)
    again = made.of(Family.SILENT, A)
    assert again is not None
    assert (again.first, again.count) == (6.0, 1)


def test_what_is_long_ago_is_counted_anew() -> None:
    made, _ = evidence()
    made.note((A,), failure(), 0.0, began=None)
    made.note((A,), failure(), FORGOTTEN, began=None)
    trouble = made.of(Family.SILENT, A)
    assert trouble is not None
    assert trouble.count == 1


def test_beginnings_say_nothing_about_answers_that_break() -> None:
    made, breakers = evidence()
    made.note((A,), failure(), 1.0, began=0.5)
    breakers[A].last_success = 2.0
    assert made.of(Family.BROKEN, A) is not None
    breakers[A].last_whole = 3.0
    assert made.of(Family.BROKEN, A) is None


@pytest.mark.parametrize(
    ("failed", "began", "family"),
    [
        (refused_key(), None, Family.REFUSED),
        (limited(), None, Family.LIMITED),
        (failure(Scope.MODEL, permanence="until_human", status=404), None, Family.GONE),
        (failure(kind="any.http.52x_530", status=530), None, Family.PAGED),
        (failure(), None, Family.SILENT),
        (failure(), 1.0, Family.BROKEN),
    ],
)
def test_failures_fall_into_families(failed: Failure, began: float | None, family: Family) -> None:
    assert family_of(failed, began=began) is family


def test_it_says_in_words_how_a_domain_has_been_doing() -> None:
    made, breakers = evidence()
    breakers[A].last_success = 2.0
    made.note((A,), failure(), 10.0, began=None)
    made.note((A,), failure(), 14.0, began=None)
    assert made.lines(Family.SILENT, (A, B), 20.0) == (
        "host:a: 2 x any.http.500 in 4 s, last worked 18 s ago",
        "host:b: never worked",
    )


def test_failures_of_the_last_half_minute_fade() -> None:
    made, breakers = evidence()
    breakers[A].succeed(breakers[A].permit, 1.0)
    for at in (1.0, 1.0, 1.0):
        made.note((A,), failure(), at, began=None)
    made.note((A,), failure(), 1.0, began=0.5)
    assert made.shares(A, 1.0) == (1, 4.0)
    assert made.shares(A, 16.0) == (1, 2.0)
    assert made.shares(A, 31.0) == (0, 0.0)
    assert made.shares(B, 1.0) == (0, 0.0)


def test_who_began_to_answer_after_its_last_failure_is_back() -> None:
    made, breakers = evidence()
    breakers[A].last_success = 2.0
    assert made.is_back(A, 1.0)
    assert not made.is_back(A, 2.0)
    for began in (None, 2.0):
        made.note((A,), failure(), 3.0, began=began)
        assert not made.is_back(A, 1.0)
    breakers[A].last_success = 4.0
    assert made.is_back(A, 1.0)


def test_an_answer_that_only_began_does_not_end_an_illness() -> None:
    made, breakers = evidence()
    for at, began in ((1.0, None), (3.0, 2.0), (4.0, None), (6.0, 5.0)):
        breakers[A].last_success = at - 0.5
        made.note((A,), failure(), at, began=began)
    ill, silent = made.of(Family.ILL, A), made.of(Family.SILENT, A)
    assert ill is not None
    assert ill.count == 4
    assert silent is None, "it has begun to answer since"
    breakers[A].last_whole = 7.0
    assert made.of(Family.ILL, A) is None


def test_who_failed_at_all_is_touched() -> None:
    made, breakers = evidence()
    made.note((A,), failure(), 1.0, began=None)
    breakers[A].last_success = 2.0
    assert made.touched(Family.SILENT, (A, B), 1.0) == {A}
    assert made.touched(Family.SILENT, (A, B), 1.5) == frozenset()
