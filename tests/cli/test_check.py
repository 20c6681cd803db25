"""`check` shows what each route depends on, and ends in 0, 1 or 2."""

import json

import pytest
from click.testing import CliRunner
from tests.shell.credentials.cloud import no_aws

from understudy.cli.main import cli

CANARY = "sk-canary-5f2b9c1e7d3a4f60b8c1"
TEXT = """
[providers.openai]
key = "env:OPENAI_API_KEY"
[providers.anthropic]
key = "env:ANTHROPIC_API_KEY"
[providers.local]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
[routes.assistant]
targets = ["openai/gpt-5.2", "local/llama-3.3-70b"]
[routes.solo]
targets = ["anthropic/claude-sonnet-5"]
"""


@pytest.fixture
def check(tmp_path):
    path = tmp_path / "u.toml"
    path.write_text(TEXT)
    environment = {"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY + "a"}

    def run(*arguments: str, text: str = TEXT):
        path.write_text(text)
        result = CliRunner().invoke(cli, ["check", "-c", str(path), *arguments], env=environment)
        assert CANARY not in result.output
        return result

    return run


def test_routes_targets_prices_and_single_points_of_failure_are_shown(check):
    result = check()
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].endswith("u.toml: usable")
    target = next(line for line in lines if line.startswith("  openai/gpt-5.2"))
    assert "context 400,000" in target
    assert "$ 1.75 / 14" in target
    assert "lab:openai" in target
    assert next(line for line in lines if "llama" in line).split()[1:6] == (
        ["context", "-", "$", "-", "/"]
    )
    assert "single points of failure: none" in lines[lines.index(target) + 2]
    assert "  route solo has no plan B: its only target is anthropic/claude-sonnet-5" in lines


def test_strict_turns_a_warning_into_code_one(check):
    assert check("--strict").exit_code == 1
    good = (
        TEXT.partition("[routes.solo]")[0]
        .replace("[providers.anthropic]", "")
        .replace('key = "env:ANTHROPIC_API_KEY"\n', "")
    )
    assert check("--strict", text=good).exit_code == 0


def test_json_says_the_same_to_a_program(check):
    report = json.loads(check("--json").output)
    assert report["usable"] is True
    assistant, solo = report["routes"]
    assert [target["name"] for target in assistant["targets"]] == [
        "openai/gpt-5.2", "local/llama-3.3-70b",
    ]  # fmt: skip
    assert assistant["no_plan_b"] is None
    assert assistant["targets"][0]["price_output"] == 14.0
    assert "host:openai" in assistant["targets"][0]["domains"]
    assert "lab:anthropic" in solo["single_points_of_failure"]
    assert solo["no_plan_b"] == "its only target is anthropic/claude-sonnet-5"


def test_what_callers_may_use_is_shown(check):
    text = TEXT + "[limits]\nusd_per_month = 99.5\ntokens_per_day = 2_000_000\n"
    assert (
        "limits of anyone  tokens_per_day 2,000,000, usd_per_month 99.5" in check(text=text).output
    )
    said = json.loads(check("--json", text=text).output)["limits"]
    assert said["anyone"]["tokens_per_day"] == 2_000_000
    assert said["anyone"]["requests_per_minute"] is None
    assert "limits" not in check().output
    assert json.loads(check("--json").output)["limits"] == {}


def test_the_end_of_a_model_is_shown_beside_it(check):
    old = TEXT.replace("gpt-5.2", "gpt-4o-2024-05-13")
    line = next(each for each in check(text=old).output.splitlines() if "gpt-4o" in each)
    assert "was retired on 2026-10-23" in line
    report = json.loads(check("--json", text=old).output)
    assert [each["retires"] for each in report["routes"][0]["targets"]] == ["2026-10-23", None]


def test_json_says_what_is_wrong_too(check):
    result = check("--json", text=TEXT.replace("[providers.local]", "[providers.lcal]"))
    assert result.exit_code == 2
    report = json.loads(result.stdout)
    assert report["usable"] is False
    [problem] = report["problems"]
    assert problem["path"] == "routes.assistant.targets[1]"
    assert problem["line"] == 10
    assert problem["hint"] == 'did you mean "lcal/llama-3.3-70b"?'


SIGNED = """
[providers.signed]
kind = "openai-compatible"
base_url = "http://127.0.0.1:8000/v1"
auth = "aws"
region = "eu-west-1"
login = {service = "execute-api"}
[routes.assistant]
targets = ["signed/m"]
"""


def test_a_login_is_tried_and_what_is_missing_is_a_warning(check, monkeypatch):
    no_aws(monkeypatch)
    result = check(text=SIGNED)
    assert result.exit_code == 0
    assert "login signed  aws: no AWS credentials" in result.output
    assert "provider signed has no credential: no AWS credentials" in result.output
    assert check("--strict", text=SIGNED).exit_code == 1
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    (login,) = json.loads(check("--json", text=SIGNED).output)["logins"]
    assert (login["provider"], login["error"]) == ("signed", None)
