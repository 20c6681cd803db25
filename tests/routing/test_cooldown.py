import math

import pytest
from tests.routing.world import failure, limited, refused_key

from understudy.chat.failure import Scope
from understudy.routing import cooldown
from understudy.routing.cooldown import Rest, has_worked


@pytest.mark.parametrize("said", [None, 0.0, -1.0, -0.001, math.nan, math.inf, -math.inf])
def test_a_hint_that_makes_no_sense_is_unknown(said: float | None) -> None:
    assert cooldown.hint(limited(said)) is None


def test_a_hint_is_cut_to_an_hour() -> None:
    assert cooldown.hint(limited(0.25)) == 0.25
    assert cooldown.hint(limited(86_400.0)) == 3600.0


def test_a_limit_rests_for_its_hint() -> None:
    assert cooldown.rest(limited(7.5)) == Rest(7.5, is_known=True)


def test_a_limit_without_a_hint_rests_for_the_cooldown_of_its_row() -> None:
    assert cooldown.rest(limited(-1.0, cooldown=20.0)) == Rest(20.0, is_known=False)
    assert cooldown.rest(limited(None, cooldown=0.0)) is None


def test_a_whole_host_is_not_put_to_rest_for_long_by_one_answer() -> None:
    overloaded = failure(Scope.HOST, status=503, retry_after=900.0)
    assert cooldown.rest(overloaded) == Rest(60.0, is_known=True)


def test_an_ordinary_failure_asks_for_no_rest() -> None:
    assert cooldown.rest(failure(Scope.HOST, cooldown=5.0)) is None
    assert cooldown.rest(failure(Scope.NONE, retry_after=3.0)) is None


def test_what_a_human_must_mend_is_a_floor_and_not_a_rest() -> None:
    assert cooldown.rest(refused_key(600.0)) is None
    assert cooldown.floor(refused_key(600.0)) == 600.0
    assert cooldown.floor(refused_key(1e9)) == 86_400.0
    assert cooldown.floor(refused_key(math.nan)) == 0.0
    assert cooldown.floor(failure(cooldown=15.0)) == 0.0


def test_only_quotas_are_limits() -> None:
    assert cooldown.is_limit(limited())
    assert cooldown.is_limit(failure(Scope.MODEL, status=429))
    assert not cooldown.is_limit(failure(Scope.HOST, status=429))
    assert not cooldown.is_limit(failure(Scope.ACCOUNT, status=503))
    assert not cooldown.is_limit(failure(Scope.ACCOUNT, status=429, permanence="until_human"))


def test_what_succeeded_within_a_day_has_worked() -> None:
    assert has_worked(0.0, 86_399.0)
    assert not has_worked(0.0, 86_400.0)
    assert not has_worked(float("-inf"), 0.0)
