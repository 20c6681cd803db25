"""Reports."""

from tests.drills.small import asked, attempt, case, shut

from understudy.drills.evidence import Look
from understudy.drills.judge import judge
from understudy.drills.report import Mode, again, lines, report


def made(*requests, looks=(), mode=Mode.QUICK):
    here = case(requests, looks)
    return report(here.scenario, here.evidence, judge(here.scenario, here.evidence), 7, mode)


def test_figures():
    found = made(asked(-50), asked(1, attempt("b/m")), asked(2, complete=False))
    assert (found.requests, found.complete, found.attempts) == (3, 2, 3)
    assert found.targets == {"a/m": 2, "b/m": 1}
    assert not found.ok
    assert found.minutes == 3.0


def test_who_answered_when():
    found = made(asked(-50), asked(100, attempt("b/m")))
    bands = {band.label: band.cells for band in found.shares}
    assert bands["a/m"][2] == 1.0
    assert bands["b/m"][32] == 1.0
    assert bands["b/m"][31] is None


def test_spells_of_breakers():
    looks = [Look(0.0, ()), Look(30.0, (shut("host", "a"),)), Look(60.0, ())]
    (spell,) = made(asked(1), looks=looks).spells
    assert (spell.domain, spell.begin, spell.end) == ("host:a", 0.5, 1.0)


def test_text_says_figures_bounds_and_how_to_play_it_again():
    found = made(asked(1, complete=False))
    text = "\n".join(lines(found, again(found)))
    assert "FAIL  client_success" in text
    assert "0 % (0 of 1)" in text
    assert ">= 0.9999" in text
    assert "understudy drill small --seed 7" in text
    assert "no breaker opened" in text
    assert again(made(mode=Mode.FULL)).endswith("--full")
