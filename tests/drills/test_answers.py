"""What clients got."""

import pytest
from tests.drills.small import TEXT, asked, attempt, case

from understudy.drills import checks
from understudy.drills.answers import measure, measure_time, measure_ways


def test_success_is_a_whole_answer():
    found = case([asked(1), asked(2, complete=False), asked(3, mistaken=True, complete=False)])
    assert measure(found, checks.ClientSuccess(at_least=0.5)).ok
    assert not measure(found, checks.ClientSuccess(at_least=0.51)).ok
    assert not measure(case(), checks.ClientSuccess()).ok


def test_tokens():
    found = case([asked(1, missing=2), asked(2, duplicated=3)])
    assert measure(found, checks.NoMissing()).value == 2
    assert measure(found, checks.NoDuplicates()).value == 3
    assert measure(case([asked(1)]), checks.NoMissing()).ok


def test_right_answers_are_exact():
    found = case([asked(1), asked(2, exact=False), asked(3, exact=False, complete=False)])
    assert measure(found, checks.RightAnswers()).value == 0.5


def test_a_victim_is_a_stream_that_had_begun():
    cut = attempt("a/m", outcome="any.transport.reset", spoke=0.2)
    early = attempt("a/m", outcome="any.transport.reset", spoke=None)
    good, bad = asked(1, cut, attempt("b/m")), asked(2, cut, attempt("b/m"), exact=False)
    found = measure(case([good, bad, asked(3, early, attempt("b/m"))]), checks.Resumed())
    assert (found.value, found.ok) == (0.5, False)
    assert measure(case([good]), checks.Resumed()).ok


def test_errors_have_a_name():
    clear = asked(1, complete=False, status=503, error="no_target")
    bare = asked(2, complete=False, status=200, error="")
    assert measure(case([clear]), checks.ClearErrors()).ok
    assert not measure(case([clear, bare]), checks.ClearErrors()).ok


def test_late_streams_are_those_beyond_what_is_usual():
    found = case([asked(-9), asked(1), asked(2, first=1.5)])
    assert measure_time(found, checks.Late(begin=0, at_most=0.5)).ok
    assert not measure_time(found, checks.Late(begin=0, at_most=0.4)).ok


def test_late_streams_of_some_bursts_stand_for_those_of_all():
    found = case([asked(-9), asked(1, first=1.5)])
    found.evidence.small = (0.0, 50.0, 100.0, 150.0)
    found.evidence.dense = ((-60.0, 20.0),)
    measured = measure_time(found, checks.Late(begin=0, end=4))
    assert measured.value == pytest.approx(4 / (6 * 0.7 * 240))
    assert "1 of 4 changes" in measured.measured


def test_what_is_added_to_the_first_token():
    found = case([asked(-9), asked(1, first=0.9), asked(2, first=0.9)])
    assert measure_time(found, checks.FirstToken(begin=0)).value == pytest.approx(2.0)


def test_races():
    loser = attempt("a/m", outcome="outrun", ended=1.9)
    winner = attempt("b/m", is_hedge=True, spoke=0.7)
    found = case([asked(1, loser, winner)])
    assert measure_time(found, checks.Hedges(at_least=1)).ok
    assert not measure_time(found, checks.Hedges(at_most=0)).ok
    assert measure_time(found, checks.Losers()).value == pytest.approx(1.2)
    assert not measure_time(case([asked(1)]), checks.Losers()).ok


def test_attempts_leave_out_the_start_of_a_stretch_and_take_the_worst():
    twice = (attempt("a/m", outcome="any.http.500"), attempt("b/m"))
    start = [asked(0.05 * k, *twice) for k in range(180)]
    calm = [asked(20 + 0.1 * k) for k in range(900)]
    late = [asked(140 + 0.1 * k, *twice) for k in range(50)]
    later = [asked(150 + 0.1 * k) for k in range(150)]
    found = case(start + calm + late + later)
    assert measure_ways(found, checks.Attempts(end=2)).value == 1.0
    assert measure_ways(found, checks.Attempts()).value == pytest.approx(1.25)


def test_attempts_outside_of_a_routes_policy():
    text = TEXT.replace('"b/m"]', '"b/m"]\nrequire = { region = ["eu"] }')
    inside, outside = asked(1, attempt("b/m")), asked(2, attempt("a/m"), attempt("b/m"))
    assert measure_ways(case([inside], text=text), checks.PolicyKept()).ok
    assert measure_ways(case([inside, outside], text=text), checks.PolicyKept()).value == 1


def test_mistakes_come_back_after_few_attempts():
    bad = attempt(outcome="any.http.400", status=400)
    busy = attempt(outcome="any.http.429", status=429)

    def mistake(*tries, status=400):
        return asked(1, *tries, mistaken=True, status=status)

    once, twice, unread = mistake(bad), mistake(busy, bad, bad), mistake(busy, status=429)
    assert measure_ways(case([once, twice, unread]), checks.Mistakes()).ok
    thrice, hidden = mistake(bad, bad, bad), mistake(bad, busy, status=429)
    found = measure_ways(case([once, thrice, hidden]), checks.Mistakes())
    assert found.value == pytest.approx(1 / 3)
    assert not measure_ways(case([unread]), checks.Mistakes()).ok


def test_receipts_name_who_answered():
    assert measure_ways(case([asked(1)]), checks.Named()).ok
    assert not measure_ways(case([asked(1, named="b/m")]), checks.Named()).ok
