"""Check: every way in which an answer can be spoilt is counted as what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.cli.demo_check import Verdict, compare
from understudy.sim.words import digest, text

SAID = text(digest("hello"), 40)


def test_the_same_is_clean():
    assert compare(SAID, SAID) == Verdict(expected=40)
    assert compare(SAID, SAID).is_clean


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        ("", Verdict(40, lost=40)),
        (SAID[:80], Verdict(40, lost=20)),
        (SAID[:40] + SAID[60:], Verdict(40, lost=5)),
        (SAID[:60] + SAID[40:], Verdict(40, twice=5)),
        (SAID + " " + SAID, Verdict(40, twice=40)),
        (SAID[:80] + " zzz" + SAID[80:], Verdict(40, wrong=1)),
        (SAID[:80] + SAID[81:], Verdict(40, lost=2, wrong=1)),  # two words run into one
    ],
)
def test_what_is_spoilt_is_counted(heard, verdict):
    found = compare(SAID, heard)
    assert found == verdict
    assert not found.is_clean


@given(st.integers(1, 39), st.integers(1, 39))
def test_a_bad_seam_is_never_clean(end, start):
    heard = text(digest("hello"), end) + SAID[4 * start :]
    assert compare(SAID, heard).is_clean is (end == start)


def test_verdicts_add_up():
    assert Verdict(1, 2, 3, 4) + Verdict(10, 20, 30, 40) == Verdict(11, 22, 33, 44)
