"""The command line as a whole: help, unknown commands, exit codes, and how quickly help comes."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from understudy import __version__
from understudy.cli.main import COMMANDS, cli


def invoke(*arguments: str, **environment: str):
    return CliRunner().invoke(cli, list(arguments), env=environment or None)


def test_help_names_every_command_and_how_to_begin():
    result = invoke("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.output
    assert "understudy demo" in result.output
    assert "Exit codes" in result.output


def test_help_imports_no_command_and_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from understudy.cli.main import cli; "
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0; "
        "print([m for m in sys.modules if m.startswith('understudy')], 'msgspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ("['understudy', 'understudy.cli', 'understudy.cli.main'] False")


def test_the_version_is_told():
    assert invoke("--version").output == f"understudy {__version__}\n"


def test_the_package_runs_as_a_module():
    words = [sys.executable, "-m", "understudy", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"understudy {__version__}\n"


def test_an_unknown_command_is_refused_with_the_one_that_was_meant():
    result = invoke("serv")
    assert result.exit_code == 2
    assert 'no command "serv". did you mean "serve"?' in result.output


@pytest.mark.parametrize("command", ["serve", "check", "explain", "keygen", "translate"])
def test_every_command_teaches_by_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"understudy {command}" in result.output
    assert "Example" in result.output


def test_a_wrong_configuration_ends_in_code_two_with_place_and_hint(tmp_path):
    path = tmp_path / "u.toml"
    path.write_text('[routes.a]\ntargets = ["openai/gpt-5.2"]\ndealine = 3\n')
    for command in (["check"], ["serve"], ["explain", "a"]):
        result = invoke(*command, "-c", str(path))
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert f"{path}, line 3: routes.a.dealine" in result.stderr
        assert 'did you mean "deadline"?' in result.stderr


def test_a_file_that_is_not_there_ends_in_code_two():
    result = invoke("check", "-c", "/nowhere/u.toml")
    assert result.exit_code == 2
    assert "/nowhere/u.toml" in result.stderr
    assert "no such file" in result.stderr
