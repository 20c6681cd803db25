"""The journal on the command line: what is shown, what is JSON, and what is said where there is
none.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.journal.entries import AT, entry, failed_over, write

from understudy.cli.journal import _follow, journal
from understudy.journal.entry import EventEntry
from understudy.journal.schema import VERSION
from understudy.journal.store import Bodies, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "j.db"
    write(place, entry(1), failed_over(2), entry(3, outcome="failed", failure="any.down"))
    return place


def run(*arguments: object, **environment: str) -> Result:
    empty = {"UNDERSTUDY_JOURNAL": "", "XDG_STATE_HOME": "", "HOME": "/nonexistent"}
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(journal, words, env={**empty, **environment})


def test_tail_shows_one_request_a_line_the_newest_last(path: Path):
    result = run("--journal", path, "tail")
    assert result.exit_code == 0
    head, *rows = result.output.splitlines()
    assert head.split()[:2] == ["ended", "outcome"]
    assert [row.split()[-1] for row in rows] == ["us-test-1", "us-test-2", "us-test-3"]
    assert "2 (any.overloaded)" in rows[1]


def test_tail_shows_as_many_as_asked_for(path: Path):
    rows = run("tail", "--journal", path, "-n", 1).output.splitlines()[1:]
    assert [row.split()[-1] for row in rows] == ["us-test-3"]


def test_tail_in_json_is_one_object_a_line(path: Path):
    rows = [
        json.loads(line) for line in run("tail", "--journal", path, "--json").output.splitlines()
    ]
    assert [row["id"] for row in rows] == ["us-test-1", "us-test-2", "us-test-3"]
    assert [each["outcome"] for each in rows[1]["attempts"]] == ["any.overloaded", "ok"]


def test_following_goes_on_with_what_comes_each_once(path: Path):
    following = _follow(path, 3)
    write(path, entry(3), entry(4), entry(5))
    assert [each.id for each in next(following)] == ["us-test-4", "us-test-5"]
    write(path, entry(6))
    assert [each.id for each in next(following)] == ["us-test-6"]


def test_following_goes_on_in_a_journal_begun_anew(path: Path):
    following = _follow(path, 3)
    write(path, entry(4))
    next(following)
    path.rename(path.with_name("j.db.corrupt-1"))
    write(path, entry(5))
    assert [each.id for each in next(following)] == ["us-test-5"]


def test_show_says_all_of_one_request(path: Path):
    text = run("show", "us-test-2", "--journal", path).output
    for words in (
        "us-test-2: ok, status 200",
        "assistant (toy, stream)",
        "here/small",
        "there/large#2",
        "any.overloaded",
        "too busy",
        "120 read (20 cached), 40 written",
        "$0.5000",
    ):
        assert words in text


def test_show_in_json_has_bodies_and_spans(path: Path):
    with closing(Store(path, AT)) as store:
        store.write([(entry(9), Bodies(b'{"a":1}', b"\xff"))])
    found = json.loads(run("show", "us-test-9", "--journal", path, "--json").output)
    assert found["request_body"] == '{"a":1}'
    assert found["response_body"] == "\N{REPLACEMENT CHARACTER}"
    assert found["attempts"][0]["target"] == "here/small"
    request, attempt = found["spans"]
    assert request["attributes"]["gen_ai.request.model"] == "assistant"
    assert attempt["attributes"]["gen_ai.usage.input_tokens"] == 120


def test_an_id_that_is_not_there_is_a_failure(path: Path):
    result = run("show", "us-nobody", "--journal", path)
    assert result.exit_code == 1
    assert "found no request 'us-nobody'" in result.stderr


def test_stats_add_up(path: Path):
    text = run("stats", "--journal", path).output
    assert "3 requests, 4 attempts" in text
    assert "ok 2, failed 1" in text
    assert "any.overloaded 1" in text
    assert "100.00%" in text
    assert "0.00%" in text


def test_stats_in_json(path: Path):
    found = json.loads(run("stats", "--journal", path, "--json").output)
    assert found["failed_over"] == 1
    assert found["targets"][0]["target"] == "here/small"
    assert found["targets"][0]["first_content"]["count"] == 3


def test_stats_since_leave_out_what_is_older(path: Path):
    assert run("stats", "--journal", path, "--since", "1h").output == "no requests\n"
    result = run("stats", "--journal", path, "--since", "soon")
    assert result.exit_code == 2
    assert 'found "soon", expected a time above zero' in result.stderr


def test_the_environment_names_the_journal_and_an_option_overrules_it(path: Path, tmp_path: Path):
    other = tmp_path / "other.db"
    write(other, entry(7))
    state = tmp_path / "state"
    write(state / "understudy" / "journal.db", entry(8))
    assert "us-test-8" in run("tail", XDG_STATE_HOME=str(state)).output
    both = {"XDG_STATE_HOME": str(state), "UNDERSTUDY_JOURNAL": str(other)}
    assert "us-test-7" in run("tail", **both).output
    assert "us-test-1" in run("tail", "--journal", path, **both).output


@pytest.mark.parametrize("words", [("tail",), ("show", "x"), ("stats",), ("tail", "-f")])
def test_where_there_is_no_journal_it_is_said(words: tuple[str, ...], tmp_path: Path):
    result = run("--journal", tmp_path / "none.db", *words)
    assert result.exit_code == 1
    assert f"found no journal at {tmp_path / 'none.db'}" in result.stderr
    assert result.stdout == ""


def test_a_newer_journal_is_refused(path: Path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    result = run("stats", "--journal", path)
    assert result.exit_code == 1
    assert "a newer Understudy wrote it" in result.stderr


def test_events_are_what_people_changed(path: Path):
    with closing(Store(path, AT)) as store:
        store.note([EventEntry(AT, "drain", "host:a", "is being drained, over 300 s")])
    head, row = run("--journal", path, "events").output.splitlines()
    assert head.split() == ["at", "what", "domain", "so", "it"]
    assert row.endswith("drain  host:a  is being drained, over 300 s")
    told = json.loads(run("--journal", path, "events", "--json").output)
    assert told["about"] == "host:a"
