"""The shared options mean the same everywhere."""

from pathlib import Path

import click
from click.testing import CliRunner

from understudy.cli.options import config_option, json_option


def test_json_is_off_unless_asked_for():
    @click.command()
    @json_option
    def command(*, as_json: bool) -> None:
        click.echo(as_json)

    assert CliRunner().invoke(command, []).output == "False\n"
    assert CliRunner().invoke(command, ["--json"]).output == "True\n"


def test_a_configuration_may_be_named_or_left_out():
    @click.command()
    @config_option
    def command(given: Path | None) -> None:
        click.echo(repr(given))

    assert CliRunner().invoke(command, []).output == "None\n"
    assert CliRunner().invoke(command, ["-c", "a.toml"]).output == f"{Path('a.toml')!r}\n"
