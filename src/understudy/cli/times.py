"""Times on a command line, as in a configuration."""

import click

from understudy.config.errors import Unfit
from understudy.config.values import Seconds


class Time(click.ParamType[float]):
    """A time above zero: seconds, or a text with a unit (5m, 2h)."""

    name = "time"

    def convert(  # type: ignore[explicit-override]
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return float(Seconds.parse(value))
        except Unfit as error:
            self.fail(str(error), param, ctx)
