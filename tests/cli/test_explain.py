"""`explain` says who would be asked, in which order, and who not, and why."""

import json

import pytest
from click.testing import CliRunner

from understudy.cli.main import cli

TEXT = """
[providers.openai]
key = "env:OPENAI_API_KEY"
[providers.local]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
[providers.local.models.llama]
context_window = 1000
capabilities = ["streaming"]
price = { output = 50 }
[routes.assistant]
targets = ["local/llama", "openai/gpt-5.2"]
[routes.cheap]
targets = ["local/llama", "openai/gpt-5.2"]
policy = { max_price_output = 20 }
"""


@pytest.fixture
def explain(tmp_path):
    path = tmp_path / "u.toml"
    path.write_text(TEXT)

    def run(*arguments: str):
        return CliRunner().invoke(
            cli, ["explain", "-c", str(path), *arguments], env={"OPENAI_API_KEY": "k"}
        )

    return run


def report(result):
    assert result.exit_code == 0, result.output
    return {each["target"]: each for each in json.loads(result.output)["candidates"]}


def test_targets_are_in_the_order_in_which_they_would_be_asked(explain):
    lines = explain("assistant").output.splitlines()
    assert lines[0] == "assistant: 2 of 2 targets, in this order"
    assert lines[1].split()[:2] == ["1.", "local/llama"]
    assert lines[2].split()[:2] == ["2.", "openai/gpt-5.2"]
    assert "host:openai" in lines[2]


def test_who_cannot_do_it_is_left_out_with_the_reason(explain):
    found = report(explain("assistant", "--needs", "tools, vision", "--json"))
    assert found["openai/gpt-5.2"]["place"] == 1
    assert found["local/llama"]["place"] is None
    assert "tools" in " ".join(found["local/llama"]["reasons"])
    assert "not asked:" in explain("assistant", "--needs", "tools").output
    long = report(explain("assistant", "--tokens", "100000", "--json"))
    assert "context window" in " ".join(long["local/llama"]["reasons"])


def test_who_the_policy_forbids_is_left_out_with_the_reason(explain):
    found = report(explain("cheap", "--json"))
    assert "output costs 50" in " ".join(found["local/llama"]["reasons"])


def test_the_end_of_a_model_is_shown(explain, tmp_path):
    (tmp_path / "u.toml").write_text(TEXT.replace("gpt-5.2", "gpt-4o-2024-05-13"))
    lines = explain("assistant").output.splitlines()
    assert "was retired on 2026-10-23" in lines[2]
    found = report(explain("assistant", "--json"))
    assert found["openai/gpt-4o-2024-05-13"]["retires"] == "2026-10-23"
    assert found["local/llama"]["retires"] is None


def test_who_answers_without_what_is_wished_for_comes_last(explain):
    lines = explain("assistant", "--needs", "json_mode").output.splitlines()
    assert lines[1].split()[1] == "openai/gpt-5.2"
    assert lines[2].split()[1] == "local/llama"
    assert lines[2].endswith("answers without json_mode")


def test_a_target_is_no_route_since_that_would_go_around_policy(explain):
    result = explain("openai/gpt-5.2", "--json")
    assert result.exit_code == 1
    assert "no route" in result.stderr


def test_an_unknown_model_or_capability_is_refused_with_a_hint(explain):
    result = explain("asistant")
    assert result.exit_code == 1
    assert result.stderr == 'no route "asistant": did you mean "assistant"?\n'
    result = explain("assistant", "--needs", "tool")
    assert result.exit_code == 2
    assert 'did you mean "tools"?' in result.stderr
