"""The command line of a drain: what it asks for, what it says, and how it ends."""

import json

import pytest
from click.testing import CliRunner, Result
from tests.cli.test_live import serving

from understudy.cli.main import cli


def told(*args: str) -> Result:
    return CliRunner().invoke(cli, ["drain", *args])


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ((), "expected a DOMAIN"),
        (("lab:x", "--list"), "expected a DOMAIN"),
        (("lab:x", "--over", "soon"), "a time above zero"),
        (("lab:x", "--over", "0"), "a time above zero"),
    ],
)
def test_a_command_line_that_says_nothing_ends_with_2(args: tuple[str, ...], word: str) -> None:
    result = told(*args)
    assert result.exit_code == 2
    assert word in result.output


def test_nobody_at_the_address_is_said() -> None:
    result = told("lab:x", "--admin", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "no gateway answers at http://127.0.0.1:9" in result.output


def test_what_answers_may_be_no_gateway() -> None:
    with serving(b"<html>", status=200) as url:
        result = told("--list", "--admin", url)
    assert result.exit_code == 1
    assert "no gateway of this version" in result.output


def test_times_and_help_are_as_people_write_them() -> None:
    result = told("--help")
    assert result.exit_code == 0
    assert "lab:openai --over 5m" in result.output
    assert "UNDERSTUDY_ADMIN_KEY" in result.output
    assert json.dumps("key") not in result.output
