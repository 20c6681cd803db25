"""The `understudy` command.

Imports a command's module only when that command runs, so that help is quick.
"""

import importlib
import sys
from types import MappingProxyType
from typing import Final, NoReturn

import click

from understudy import __version__

EXIT_FAILED: Final = 1
EXIT_CONFIG: Final = 2

COMMANDS: Final = MappingProxyType(
    {
        "serve": "Run the gateway.",
        "check": "Read a configuration; show its routes and what they depend on.",
        "explain": "Show who would answer for a model, in which order, and who not, and why.",
        "models": "Show and filter what the catalogue knows of models and who serves them.",
        "local": "Show what can answer on this machine, or try a model's file as the last target.",
        "catalogue": "Bring the catalogue up to date from lists that you name.",
        "keygen": "Make a key for an application that calls the gateway.",
        "translate": "Translate a request from one API into another, and say what gets lost.",
        "journal": "Read what happened: requests, attempts, failures, cost.",
        "drain": "Lead traffic away from a failure domain, and back.",
        "simulate": "Run simulated providers with faults, on real sockets.",
        "drill": "Play an incident of the past to the gateway, and check what it does.",
        "demo": "See failover happen on this machine, without any key.",
    }
)
"""Command -> what it does. Each lives in `understudy.cli.<command>`, under its own name."""

_EPILOG = """\b
Begin with:
  understudy demo                 see it work, no key needed
  understudy serve                routes from the provider keys in your environment
  understudy check -c FILE        what is in a file, and what has no plan B

\b
Where a configuration is looked for, the first that exists:
  -c FILE, $UNDERSTUDY_CONFIG, ./understudy.toml,
  ~/.config/understudy/understudy.toml ($XDG_CONFIG_HOME is honoured)

\b
Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong.
"""


class Commands(click.Group):
    """The commands by name, imported when called for; a wrong configuration ends in exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # type: ignore[explicit-override]  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # type: ignore[explicit-override]  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"understudy.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(  # type: ignore[explicit-override]
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            _refuse_unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # type: ignore[explicit-override]  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:  # type: ignore[explicit-override]
        from understudy.config.errors import ConfigError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(str(error), err=True)
            ctx.exit(EXIT_CONFIG)


@click.group(
    cls=Commands,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="understudy %(version)s")
def cli() -> None:
    """A gateway between your application and every LLM provider: it keeps answering when one dies.

    Point your OpenAI or Anthropic client's base URL at it; name a route as the model.
    """


def main() -> NoReturn:
    """Run the command line and exit."""
    cli.main(prog_name="understudy")
    sys.exit(0)


def _refuse_unknown(ctx: click.Context, name: str) -> NoReturn:
    from understudy.config.errors import did_you_mean

    hint = did_you_mean(name, COMMANDS)
    raise click.UsageError(f'no command "{name}". {hint or "see understudy --help"}', ctx)
