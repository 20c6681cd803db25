"""The shared options mean the same everywhere."""

import click
from click.testing import CliRunner

from understudy.cli.options import json_option


def test_json_is_off_unless_asked_for():
    @click.command()
    @json_option
    def command(*, as_json: bool) -> None:
        click.echo(as_json)

    assert CliRunner().invoke(command, []).output == "False\n"
    assert CliRunner().invoke(command, ["--json"]).output == "True\n"
