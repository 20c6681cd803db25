"""What breakers did, as far as anybody looked."""

from tests.drills.small import asked, attempt, case, shut

from understudy.drills import checks
from understudy.drills.breakers import measure
from understudy.drills.evidence import Look
from understudy.drills.selector import Selector

LOOKS = [
    Look(0.0, ()),
    Look(10.0, (shut("host", "a"),)),
    Look(20.0, (shut("host", "a", 30.0), shut("key", "a#1", 400.0))),
    Look(30.0, ()),
    Look(40.0, (shut("host", "a"),)),
]
HERE = case(looks=LOOKS)


def test_a_breaker_is_charged_in_time():
    assert measure(HERE, checks.Charged("host", "a", within=10)).value == 10.0
    assert not measure(HERE, checks.Charged("host", "a", within=9)).ok
    assert measure(HERE, checks.Charged("host|key", "a#1", within=20)).ok
    assert not measure(HERE, checks.Charged("host", "b")).ok


def test_how_long_breakers_were_open():
    assert measure(HERE, checks.Uncharged("key")).value == 10.0
    assert measure(HERE, checks.Uncharged("key", end=0.3)).ok
    assert measure(HERE, checks.Uncharged("lab|edge")).ok
    assert not measure(case(), checks.Uncharged("key")).ok


def test_openings_are_counted_once_each():
    assert measure(HERE, checks.Openings(("host",), at_most=2)).ok
    assert not measure(HERE, checks.Openings(("host", "key"), at_most=2)).ok


def test_the_longest_time():
    assert measure(HERE, checks.OpenFor("key", at_most=400)).ok
    assert not measure(HERE, checks.OpenFor("key", at_most=399)).ok
    assert not measure(HERE, checks.OpenFor("key", at_least=401)).ok


def test_keys_answer_again():
    first = asked(61, attempt("a/m", began=61.0))
    second = asked(80, attempt("a/n#2", began=80.0))
    check = checks.NotRetired(Selector(provider="a"), at=1, within=30)
    assert measure(case([first, second]), check).value == 20.0
    lost = measure(case([first]), check)
    assert not lost.ok
    assert lost.measured == "never: a#2"
    broken = asked(80, attempt("a/n#2", began=80.0, outcome="any.http.401"))
    assert not measure(case([first, broken]), check).ok
