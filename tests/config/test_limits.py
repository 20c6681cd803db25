"""What callers may use, as the file says it."""

import hashlib

import pytest
from tests.config.world import TWO, only, read, refuse

from understudy.config.limits import LimitsTable, limits_of
from understudy.config.settings import ANYONE
from understudy.routing.allowance import UNLIMITED, Limits

HASH = "sha256:" + hashlib.sha256(b"a-caller-key-of-the-shop").hexdigest()
SHOP = f'[keys.shop]\nhash = "{HASH}"\n'
OWN = "[keys.shop.limits]\n"
ALL = """
[limits]
requests_per_minute = 60
concurrent_requests = 4
tokens_per_minute = 100_000
tokens_per_day = 2_000_000
usd_per_day = 5
usd_per_month = 99.5
"""


def test_nothing_is_limited_unless_somebody_says_so():
    assert read(TWO + SHOP).limits == {}
    assert limits_of(LimitsTable(), LimitsTable()) == UNLIMITED


def test_what_all_may_use_holds_for_each_that_says_nothing():
    settings = read(TWO + SHOP + ALL)
    every = Limits(60, 4, 100_000, 2_000_000, 5.0, 99.5)
    assert settings.limits["shop"] == every
    assert settings.limited() == {"shop": every}


def test_where_nobody_needs_a_key_it_holds_for_anyone():
    settings = read(TWO + ALL)
    assert settings.limited() == settings.limits
    assert set(settings.limits) == {ANYONE.name}


def test_a_caller_may_have_more_or_less_or_no_limit():
    own = 'usd_per_day = 20.5\nrequests_per_minute = "unlimited"\n'
    limits = read(TWO + SHOP + OWN + own + ALL).limits["shop"]
    assert limits == Limits(None, 4, 100_000, 2_000_000, 20.5, 99.5)


def test_only_one_caller_may_be_limited():
    settings = read(TWO + SHOP + OWN + "concurrent_requests = 1\n")
    assert settings.limits == {"shop": Limits(concurrent_requests=1)}


@pytest.mark.parametrize(
    ("field", "found", "expected"),
    [
        ("requests_per_minute = 0", "0", "from 1"),
        ("requests_per_minute = 1.5", "1.5", "a whole number"),
        ("requests_per_minute = true", "true", "a whole number"),
        ('tokens_per_day = "many"', '"many"', '"unlimited"'),
        ("usd_per_day = -1", "-1", "dollars above 0"),
        ("usd_per_month = nan", "nan", "dollars above 0"),
        ("usd_per_month = inf", "inf", "dollars above 0"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_place(field, found, expected):
    problem = only(refuse(TWO + SHOP + OWN + field))
    assert problem.path == f"keys.shop.limits.{field.partition(' ')[0]}"
    assert problem.line == (TWO + SHOP + OWN + field).count("\n") + 1
    assert found in problem.found
    assert expected in problem.expected


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("rpm_limit", "requests_per_minute"),
        ("tpm_limit", "tokens_per_minute"),
        ("max_parallel_requests", "concurrent_requests"),
        ("max_budget", "usd_per_month"),
        ("tokens_per_min", "tokens_per_minute"),
    ],
)
def test_what_others_call_them_is_understood_as_a_hint(theirs, ours):
    assert ours in only(refuse(TWO + f"[limits]\n{theirs} = 5")).hint


def test_a_limit_of_nothing_says_how_to_keep_a_caller_out():
    assert "remove its key" in only(refuse(TWO + "[limits]\nusd_per_day = 0")).hint


def test_what_dollars_do_not_count_is_said():
    unpriced = TWO + '[providers.openai.models.odd]\n[routes.odd]\ntargets = ["openai/odd"]\n'
    said = [each for each in read(unpriced + ALL).warnings if "dollars" in each]
    assert len(said) == 1
    assert "openai/odd" in said[0]
    assert not [each for each in read(TWO + ALL).warnings if "dollars" in each]
    assert not [each for each in read(unpriced).warnings if "dollars" in each]


def test_what_nobody_remembers_is_said():
    forgetful = "[journal]\nenabled = false\n"
    assert any("begin anew" in each for each in read(TWO + ALL + forgetful).warnings)
    rates = "[limits]\nrequests_per_minute = 5\n"
    assert not any("begin anew" in each for each in read(TWO + rates + forgetful).warnings)
