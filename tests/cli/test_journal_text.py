"""The journal for people: nothing in it steers a terminal, nothing unknown looks like zero."""

import msgspec
from tests.journal.entries import BADLY, entry, failed_over

from understudy.cli.journal_text import HEAD, details, figures, plain, row
from understudy.journal.stats import AttemptRow, RequestRow, add_up


def test_a_row_has_a_cell_for_each_head():
    assert len(row(entry())) == len(HEAD)
    assert row(failed_over())[3:9] == (
        "assistant",
        "here/small",
        "2 (any.overloaded)",
        "0.85 s",
        "1.60 s",
        "$0.5000",
    )


def test_what_is_not_known_is_a_dash():
    cells = row(entry(target=None, first_content=None, cost_usd=None, attempts=()))
    assert cells[4:9] == ("-", "0", "-", "1.00 s", "-")


def test_what_a_provider_wrote_cannot_steer_the_terminal():
    evil = msgspec.structs.replace(BADLY, message="\x1b[2J\x1b]0;owned\x07\r\nok")
    said = entry(attempts=(evil,), response_body=b"line\n\x1b[31mred\x9b")
    text = "\n".join(details(said))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\x9b" not in text
    assert "line\n" in text
    assert plain("né 日本 ok") == "né 日本 ok"


def test_details_tell_failure_seam_and_losses_where_there_are_any():
    text = "\n".join(details(entry(failure="any.cut", seam=1234, losses=("a", "~b"))))
    assert "any.cut" in text
    assert "after byte 1,234" in text
    assert "a, ~b" in text
    calm = "\n".join(details(entry()))
    assert "seam" not in calm
    assert "losses" not in calm
    assert "redacted" not in calm


def test_figures_of_nothing_are_one_line():
    assert list(figures(add_up(0.0, [], []))) == ["no requests"]


def test_figures_say_what_failures_added():
    request = RequestRow("assistant", "ok", None, 2, 0.9, 1.5, 0.5, 0, 0, 0.6)
    other = RequestRow("assistant", "failed", "any.down", 1, None, 1.0, None, 0, 0, None)
    attempts = [
        AttemptRow("there/large", "any.overloaded", None, None, None, None),
        AttemptRow("here/small", "ok", 0.3, 0.5, 1000, 40),
    ]
    text = "\n".join(figures(add_up(0.0, [request, other], attempts)))
    assert "2 requests, 2 attempts" in text
    assert "1, answering attempt began after p50 0.60 s" in text
    assert "why requests failed\n  any.down  1" in text
    assert "1,000 + 40" in text
    assert "any.overloaded 1" in text
