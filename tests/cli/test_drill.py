"""`understudy drill`."""

import json

from click.testing import CliRunner
from tests.drills import small

from understudy.cli.main import cli

TEXT = small.TEXT.replace("rps = 6", "rps = 3")


def drill(*args: str):
    return CliRunner().invoke(cli, ["drill", *args])


def test_without_a_name_it_lists_the_incidents():
    result = drill()
    assert result.exit_code == 0
    assert "openai-2023-11 " in result.output
    assert "A lab in crisis" in result.output
    assert {"name", "title", "minutes"} <= json.loads(drill("--json").output)[0].keys()


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(TEXT)
    result = drill(str(path))
    assert result.exit_code == 0, result.output
    assert "2 of 2 checks hold" in result.output
    found = json.loads(drill(str(path), "--json", "--seed", "3").output)
    assert found["ok"]
    assert found["seed"] == 3
    assert found["verdicts"][0]["check"] == "client_success"


def test_a_check_that_fails_says_how_to_play_it_again(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(TEXT.replace("within = 20", "within = 0"))
    result = drill(str(path), "--seed", "5")
    assert result.exit_code == 1
    assert "FAIL  share_moved" in result.output
    assert f"understudy drill {path} --seed 5" in result.output


def test_a_picture(tmp_path):
    path, drawn = tmp_path / "ours.toml", tmp_path / "ours.svg"
    path.write_text(TEXT)
    assert drill(str(path), "--picture", str(drawn)).exit_code == 0
    assert drawn.read_text().startswith("<svg ")
    missing = drill(str(path), "--picture", str(tmp_path / "no" / "where.svg"))
    assert missing.exit_code == 1
    assert "No such file" in missing.output


def test_what_cannot_be_read_ends_in_two(tmp_path):
    assert drill("openai-2023-1").exit_code == 2
    missing = drill(str(tmp_path / "none.toml"))
    assert missing.exit_code == 2
    assert "none.toml" in missing.output
    path = tmp_path / "ours.toml"
    path.write_text(TEXT.replace("status(503)", "statu(503)"))
    assert "faults[0].fault: 'statu' is no fault" in drill(str(path)).output
