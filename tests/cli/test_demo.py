"""The demo itself: a real gateway process, official SDKs, and every word accounted for."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

pytest.importorskip("openai")
pytest.importorskip("anthropic")

from understudy.cli import demo as module
from understudy.cli.main import cli

pytestmark = pytest.mark.timeout(90)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "understudy", "demo", *options]
    environment = {key: value for key, value in os.environ.items() if "_API_KEY" not in key}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=80, env=environment, check=False
    )


def test_nothing_is_lost_and_nothing_is_said_twice():
    done = run("--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    ours, direct = found["understudy"], found["direct"]
    assert found["ok"]
    assert ours["complete"] == ours["conversations"] == 32
    assert ours["verdict"]["expected"] > 1900
    assert [ours["verdict"][name] for name in ("lost", "twice", "wrong")] == [0, 0, 0]
    assert direct["complete"] < 20
    assert direct["verdict"]["lost"] > 500
    journal = found["journal"]
    assert journal["outcomes"] == {"ok": 40}
    assert journal["seams"] >= 2
    assert journal["failed_over"] > journal["seams"]
    assert found["seconds"] < 30
    broken = [talk for talk in found["talks"] if not talk["complete"]]
    assert {talk["via"] for talk in broken} == {"direct"}
    assert all(talk["error"] for talk in broken)


def test_shows_its_figures_and_saves_its_picture(tmp_path):
    picture = tmp_path / "pictures" / "demo.svg"
    done = run("--plain", "--svg", str(picture))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Lab B  (Anthropic API) is killed" in done.stdout
    assert "32 of 32 conversations complete: nothing lost, nothing said twice" in done.stdout
    drawn = picture.read_text()
    assert drawn.startswith("<svg")
    assert "url(" not in drawn.replace("url(#", "")


def test_says_how_to_install_what_it_needs(monkeypatch):
    monkeypatch.setattr(module, "_NEEDED", ("openai", "no_such_sdk"))
    result = CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == 1
    assert "no_such_sdk cannot be imported: pip install 'understudy[demo]'" in result.output
