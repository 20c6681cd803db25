"""Which regular expressions of the owner's are taken."""

import pytest

from understudy.journal.detectors import find
from understudy.journal.pattern import WINDOWS, InvalidPattern, custom_detector


@pytest.mark.parametrize(
    "pattern",
    [
        r"ACME-\d{4,}",
        r"(?:\d{3}-){2}\d{4}",
        r"[)(+*]+x",
        r"a++b*?c",
        r"(?i)foo|bar+",
        r"\(a+\)+",
        r"[^]]+",
        r"(?:x{2,5}){1,5}",
        "{}+",
        r"(?P<id>cust_[a-z]+)",
    ],
)
def test_a_harmless_pattern_is_taken(pattern):
    assert custom_detector(pattern).name == "custom"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+", "a repeat is repeated"),
        (r"(a|b)*c", "a choice is repeated"),
        (r"(\*+)+", "a repeat is repeated"),
        (r"((ab)*)*", "a repeat is repeated"),
        (r"(a{1,20}){30}", "a repeat is repeated"),
        (r"((a+)b)*", "a repeat is repeated"),
        (r"(a|b){1,}", "a choice is repeated"),
        (r".*a.*b.*c.*", "4 repeats"),
    ],
)
def test_one_that_may_take_very_long_is_refused_with_the_reason(pattern, why):
    with pytest.raises(InvalidPattern, match=why):
        custom_detector(pattern)


def test_what_is_no_regular_expression_is_refused():
    with pytest.raises(InvalidPattern, match=r"found '\(', expected a regular expression: missing"):
        custom_detector("(")


def test_the_more_repeats_the_smaller_the_parts_that_are_searched():
    windows = [custom_detector(pattern).window for pattern in ("a", "a+", "a+b+")]
    assert windows == list(WINDOWS)


def test_even_the_slowest_pattern_that_is_taken_ends_soon_on_the_worst_text():
    # Unbounded, this would take hours: the suite's limit of time is the assertion.
    assert find("a" * 16 * 1024, (custom_detector(r"a+a+b"),)) == []
