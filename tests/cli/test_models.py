"""The catalogue as people ask for it."""

import json

import pytest
from click.testing import CliRunner

from understudy.chat.endpoint import Capability
from understudy.cli.models import ORDERS, Wish, choose, models, rows_of
from understudy.providers.catalogue import load_catalogue

ROWS = list(rows_of(load_catalogue()))


@pytest.fixture(autouse=True)
def nothing_over_it(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERSTUDY_CATALOGUE", str(tmp_path / "catalogue.json"))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(models, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def chosen(**wish: object) -> list[str]:
    return [row.name for row in choose(ROWS, Wish(**wish))]  # type: ignore[arg-type]


def test_a_word_is_looked_for_in_names_and_aliases_whatever_the_case():
    assert "openai/gpt-5-mini" in chosen(word="GPT-5-MINI")
    assert "openrouter/openai/gpt-5-mini" in chosen(word="gpt-5-mini")
    assert all("gpt-5-mini" in name for name in chosen(word="gpt-5-mini"))


def test_every_wish_narrows_what_is_shown():
    everything = chosen()
    for wish in (
        {"labs": ("meta",)},
        {"hosts": ("groq", "together")},
        {"can": ("tools", "vision")},
        {"context": 500_000},
        {"price": 1.0},
        {"is_retiring": True},
    ):
        some = chosen(**wish)
        assert 0 < len(some) < len(everything), wish
    both = choose(ROWS, Wish(can=("vision",), context=500_000, price=1.0))
    for row in both:
        assert Capability.VISION in row.facts.capabilities
        assert (row.facts.context_window or 0) >= 500_000
        assert row.facts.price.output is not None
        assert row.facts.price.output <= 1.0


def test_orders():
    by_price = sorted(ROWS, key=ORDERS["price"])
    costs = [row.facts.price.output for row in by_price]
    known = [cost for cost in costs if cost is not None]
    assert known == sorted(known)
    assert costs[: len(known)] == known  # what is not known comes last
    windows = [row.facts.context_window or 0 for row in sorted(ROWS, key=ORDERS["context"])]
    assert windows == sorted(windows, reverse=True)


def test_people_get_a_table():
    told = run("claude-opus-5-5", "--host", "anthropic")
    head, row, last = told.splitlines()
    assert head.split()[:3] == ["model", "lab", "context"]
    assert "anthropic/claude-opus-5-5" in row
    assert "1,000,000" in row
    assert last == "models: 1, hosts: 1"
    assert "embeddings" in run("text-embedding-3-small", "--host", "openai")
    assert "0.002 a search" in run("rerank-v3.5", "--host", "cohere")


@pytest.mark.parametrize(
    ("day", "cell", "last", "told"),
    [
        ("2026-09-01", " 2026-12-11 (", "models: 1, hosts: 1", "served"),
        ("2026-11-25", "ENDS SOON 2026-12-11 (", "; 0 ended, 1 end within 90 days", "ending"),
        ("2026-12-11", "ENDED 2026-12-11 (", "; 1 ended, 0 end within 90 days", "ended"),
    ],
)
def test_an_end_shows_the_more_the_nearer_it_is(monkeypatch, day, cell, last, told):
    monkeypatch.setattr("understudy.cli.models.today", lambda: day)
    lines = run("gpt-5-mini", "--host", "openai").splitlines()
    assert cell in lines[1]
    assert lines[-1].endswith(last)
    (row,) = json.loads(run("gpt-5-mini", "--host", "openai", "--json"))
    assert (row["stage"], row["retires"]) == (told, "2026-12-11")


def test_programs_get_facts_with_their_sources():
    (told,) = json.loads(run("gpt-5-mini", "--host", "openai", "--json"))
    assert (told["host"], told["id"], told["lab"]) == ("openai", "gpt-5-mini", "openai")
    assert told["price"]["output"] == 2.0
    assert told["sources"]["price"]["url"].startswith("https://")
    assert told["sources"]["price"]["date"]


@pytest.mark.parametrize("size", ["200000", "200k", "200K"])
def test_tokens_may_be_short(size):
    assert run("--context", size) == run("--context", "200000")


def test_mistakes_are_told():
    for arguments, told in (
        (["--context", "lots"], "expected tokens"),
        (["--host", "grok"], "did you mean"),
        (["--can", "dance"], "'dance' is not one of"),
    ):
        result = CliRunner().invoke(models, arguments)
        assert result.exit_code == 2
        assert told in result.output


def test_a_damaged_overlay_is_told_and_left_out(tmp_path):
    (tmp_path / "catalogue.json").write_text("{")
    result = CliRunner().invoke(models, ["gpt-5-mini", "--json"])
    assert result.exit_code == 0
    assert "is left out" in result.stderr
    assert json.loads(result.stdout)
