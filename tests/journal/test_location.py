"""Where the journal is looked for."""

from pathlib import Path

from understudy.journal.location import default_path, journal_path


def test_state_directory_of_the_environment_is_honoured():
    assert default_path({"XDG_STATE_HOME": "/srv/state", "HOME": "/home/ann"}) == Path(
        "/srv/state/understudy/journal.db"
    )


def test_without_one_it_is_under_home():
    assert default_path({"HOME": "/home/ann"}) == Path(
        "/home/ann/.local/state/understudy/journal.db"
    )


def test_a_relative_state_directory_does_not_count():
    assert default_path({"XDG_STATE_HOME": "state", "HOME": "/home/ann"}) == Path(
        "/home/ann/.local/state/understudy/journal.db"
    )


def test_without_a_home_it_is_under_the_working_directory():
    assert default_path({}) == Path(".local/state/understudy/journal.db")


def test_what_is_given_comes_first_then_the_variable_then_the_usual_place():
    around = {"UNDERSTUDY_JOURNAL": "/data/j.db", "HOME": "/home/ann"}
    assert journal_path(Path("here.db"), around) == Path("here.db")
    assert journal_path(None, around) == Path("/data/j.db")
    assert journal_path(None, {"UNDERSTUDY_JOURNAL": "", "HOME": "/h"}) == default_path(
        {"HOME": "/h"}
    )


def test_the_process_environment_is_read_when_none_is_passed(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("UNDERSTUDY_JOURNAL", raising=False)
    assert default_path() == tmp_path / "understudy" / "journal.db"
    assert journal_path(None) == tmp_path / "understudy" / "journal.db"
