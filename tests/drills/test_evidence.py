"""Evidence: what is kept, and how it is found again."""

from tests.drills.small import asked, attempt, case

from understudy.drills.evidence import request_of
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.sim.listening import Heard


def test_requests_are_found_by_their_time():
    evidence = case([asked(at) for at in (-1.0, 0.0, 5.0)]).evidence
    assert [one.at for one in evidence.between(0.0, 5.0)] == [0.0]
    assert len(evidence.between(None, None)) == 3


def test_what_is_at_the_full_rate():
    evidence = case().evidence
    evidence.dense = ((0.0, 10.0), (20.0, 30.0))
    assert [evidence.is_dense(at) for at in (-1, 0, 9.9, 10, 25, 30)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip


def test_an_attempt_nobody_is_to_blame_for_did_not_fail():
    assert attempt(outcome="any.http.500").failed
    assert not any(attempt(outcome=word).failed for word in ("ok", "abandoned", "outrun"))


def test_journal_and_client_are_put_together():
    first = AttemptEntry(1, "a/m", 0.0, 0.2, "any.http.500")
    second = AttemptEntry(2, "b/m", 0.2, 1.0, "ok", first_content=0.5, cost_usd=0.1)
    entry = RequestEntry("i", 0.0, 1.0, "c", "d", "r", True, "ok", 200, (first, second), "b/m")
    heard = Heard(200, True, True, 0, 0, 1, None, 70.0, 70.5, 71.0, 2, "b/m")
    found = request_of(entry, heard, 60.0, mistaken=False)
    assert (found.at, found.ended, found.first) == (10.0, 11.0, 0.5)
    assert [(one.began, one.spoke) for one in found.tries] == [(10.0, None), (10.2, 10.5)]
    assert found.named == found.target == "b/m"


def test_tokens_of_an_error_are_not_missed():
    entry = RequestEntry("i", 0.0, 1.0, "c", "d", "r", False, "failed", 502)
    heard = Heard(502, False, False, 24, 0, 0, "upstream", 0.0, None, 1.0, 0, "")
    assert request_of(entry, heard, 0.0, mistaken=False).missing == 0
