"""`catalogue update`: offline unless a source is named, nothing half done, every change shown."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.cli.listed import served
from tests.providers.lists import LITELLM, MODELS_DEV, OPENROUTER

from understudy.cli.catalogue import catalogue
from understudy.cli.models import models
from understudy.config.errors import ConfigError

CONFIG = """
[providers.mine]
kind = "openai-compatible"
base_url = "URL/v1"
key = "env:MINE"
[routes.r]
targets = ["mine/m"]
"""


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "catalogue.json"
    monkeypatch.setenv("UNDERSTUDY_CATALOGUE", str(path))
    return path


@pytest.fixture
def dev(tmp_path: Path) -> str:
    path = tmp_path / "api.json"
    path.write_bytes(MODELS_DEV)
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(catalogue, arguments)


def done(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def shown(*arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        CliRunner().invoke(models, [*arguments, "--json"]).stdout
    )
    return found


def test_a_list_is_laid_over_the_catalogue(overlay, dev):
    told = done("update", dev)
    assert "models.dev's list, 3 models, 2 of them at 1 hosts" in told
    assert "not known here: nobody-we-know" in told
    assert "openai/gpt-5-mini  context_window  400,000 -> 500,000" in told
    assert "openai/gpt-99      new" in told
    assert f"written: {overlay}" in told
    (mini,) = shown("gpt-5-mini", "--host", "openai")
    assert mini["context_window"] == 500_000
    assert "api.json" in str(mini["sources"])
    again = done("update", dev)
    assert "0 facts change, 0 models are new" in again


def test_a_dry_run_writes_nothing(overlay, dev):
    assert "dry run" in done("update", dev, "--dry-run")
    assert not overlay.exists()


def test_known_models_only(overlay, dev):
    told = done("update", dev, "--known")
    assert "0 models are new" in told
    assert shown("gpt-99") == []


def test_programs_get_every_change(overlay, dev):
    told = json.loads(done("update", dev, "--json", "--dry-run"))
    assert (told["written"], told["file"]) == (False, str(overlay))
    assert told["sources"][0]["unknown_hosts"] == ["nobody-we-know"]
    assert {"kind": "openai", "model": "gpt-99", "fact": "model", "old": None, "new": None} in told[
        "changes"
    ]


def test_several_sources_at_once_and_what_they_said_can_be_forgotten(overlay, dev, tmp_path):
    prices = tmp_path / "prices.json"
    prices.write_bytes(LITELLM)
    done("update", dev, str(prices))
    told = done("sources")
    assert "api.json     " in told
    assert "prices.json  " in told
    rows = json.loads(done("sources", "--forget", "api.json", "--json"))
    assert [(row["source"], row["models"]) for row in rows] == [("prices.json", 2)]
    assert shown("gpt-99") == []
    assert run("sources", "--forget", "nobody").exit_code == 2
    done("sources", "--forget", "prices.json")
    assert "nothing lies over" in done("sources")


def test_a_list_without_hosts_needs_one_named(overlay, tmp_path):
    path = tmp_path / "own.json"
    path.write_bytes(OPENROUTER)
    refused = run("update", str(path))
    assert refused.exit_code == 2
    assert "add --host" in refused.output
    assert run("update", str(path), "--host", "nobody").exit_code == 2
    done("update", str(path), "--host", "openrouter")
    (big,) = shown("acme/big")
    assert (big["host"], big["retires"]) == ("openrouter", "2027-01-31")


def test_an_address_is_asked_when_it_is_named(overlay):
    with served() as server:
        server.pages = {"/api.json": (200, "", MODELS_DEV)}
        done("update", f"{server.url}/api.json")
        assert [path for path, _ in server.asked] == ["/api.json"]
    (new,) = shown("gpt-99")
    assert "http://127.0.0.1" in str(new["sources"])


def test_a_provider_is_asked_with_its_key(overlay, tmp_path, monkeypatch):
    monkeypatch.setenv("MINE", "k-mine")
    config = tmp_path / "understudy.toml"
    own = {"data": [{"id": "m", "max_model_len": 4096}]}
    with served() as server:
        config.write_text(CONFIG.replace("URL", server.url))
        server.pages = {"/v1/models": (200, "", json.dumps(own).encode())}
        done("update", "provider:mine", "-c", str(config))
        assert server.asked[0][1]["authorization"] == "Bearer k-mine"
    (model,) = shown("--host", "openai-compatible")
    assert (model["id"], model["context_window"]) == ("m", 4096)
    assert "k-mine" not in overlay.read_text()
    assert isinstance(run("update", "provider:x", "-c", str(config)).exception, ConfigError)


@pytest.mark.parametrize(
    ("text", "told"), [("<html>", "found no JSON"), ("{}", "no models in it"), ("[1]", "0 models")]
)
def test_a_source_that_is_no_list_changes_nothing(overlay, dev, tmp_path, text, told):
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    result = run("update", dev, str(bad))
    assert told in result.output
    if text != "[1]":
        assert result.exit_code == 1
        assert not overlay.exists()


def test_a_damaged_overlay_is_not_written_over(overlay, dev):
    overlay.parent.mkdir()
    overlay.write_text("{")
    result = run("update", dev)
    assert result.exit_code == 1
    assert "move it away" in result.output
    assert overlay.read_text() == "{"


def test_what_cannot_be_believed_is_said(overlay, tmp_path):
    path = tmp_path / "own.json"
    wild = [{"id": f"m{n}", "context_length": -n} for n in range(1, 8)]
    path.write_text(json.dumps({"data": wild}))
    told = done("update", str(path), "--host", "groq", "--dry-run")
    assert "not believed: m1: found context window -1" in told
    assert "not believed: 2 more" in told
    assert "m7: found context window -7" in done(
        "update", str(path), "--host", "groq", "--dry-run", "--all"
    )


def test_without_a_home_the_file_has_to_be_named(monkeypatch, dev):
    for name in ("UNDERSTUDY_CATALOGUE", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    result = run("update", dev)
    assert result.exit_code == 2
    assert "UNDERSTUDY_CATALOGUE" in result.output
