import pytest

from understudy.routing import ramp
from understudy.routing.drain import Drain
from understudy.routing.ramp import LENGTH, LONGEST, Comeback


@pytest.mark.parametrize(
    ("after", "share"),
    [(0.0, 0.1), (9.9, 0.1), (10.0, 0.25), (19.9, 0.25), (20.0, 0.5), (29.9, 0.5), (30.0, 1.0)],
)
def test_a_first_comeback_takes_four_steps_in_thirty_seconds(after: float, share: float) -> None:
    back = Comeback(100.0)
    assert back.share(100.0 + after) == share
    assert back.is_over(100.0 + after) == (share == 1.0)


def test_who_fell_again_starts_lower_and_takes_longer() -> None:
    first, second, tenth = (Comeback(0.0, falls) for falls in (1, 2, 10))
    assert second.share(0.0) == first.share(0.0) / 2
    assert tenth.share(0.0) == pytest.approx(0.01)
    assert not second.is_over(2 * LENGTH - 0.1)
    assert second.is_over(2 * LENGTH)
    assert not tenth.is_over(LONGEST - 0.1)
    assert tenth.is_over(LONGEST), "bounded: it is never away for ever"


def test_a_share_only_grows() -> None:
    for falls in range(8):
        shares = [Comeback(0.0, falls).share(at / 4) for at in range(600)]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_turns_multiply_and_the_longest_bar_holds() -> None:
    half = Drain(0.0, over=10.0, first=1.0, last=0.0)
    assert ramp.share((), 5.0) == 1.0
    assert ramp.share((half, Comeback(5.0)), 5.0) == pytest.approx(0.05)
    shut = Drain(0.0, over=0.0, last=0.0, until=50.0, is_hard=True)
    assert ramp.barred_for((half, shut), 20.0) == 30.0
    assert ramp.barred_for((half,), 20.0) == 0.0


def test_only_a_comeback_ends_when_the_domain_falls() -> None:
    led_away = Drain(0.0, over=10.0, last=0.0)
    assert ramp.lasting((Comeback(0.0), led_away)) == (led_away,)


def test_what_is_over_is_forgotten() -> None:
    early, late = Comeback(0.0), Comeback(20.0)
    assert ramp.going_on((early, late), 30.0) == (late,)


def test_a_domain_is_coming_back_until_it_has_all_of_its_traffic() -> None:
    led_away = Drain(0.0, over=10.0, last=0.0)
    steps = [ramp.step_of((led_away, Comeback(0.0)), at) for at in (0.0, 10.0, 29.9, 30.0)]
    assert steps == [0, 1, 2, None]
    assert ramp.step_of((led_away,), 1.0) is None
