"""Times as people write them."""

import click
import pytest
from click.testing import CliRunner, Result

from understudy.cli.times import Time


def told(value: str) -> Result:
    @click.command()
    @click.option("--over", type=Time())
    def command(over: float) -> None:
        click.echo(over)

    return CliRunner().invoke(command, ["--over", value])


@pytest.mark.parametrize(("value", "seconds"), [("5m", 300.0), ("90", 90.0), ("500ms", 0.5)])
def test_a_time_is_seconds_or_has_a_unit(value: str, seconds: float) -> None:
    assert told(value).output == f"{seconds}\n"


@pytest.mark.parametrize("value", ["soon", "0", "-1s", "5 parsecs"])
def test_what_is_no_time_is_said_with_what_one_is(value: str) -> None:
    result = told(value)
    assert result.exit_code == 2
    assert "a time above zero" in result.output
