"""`understudy simulate`: simulated providers on real sockets, in a process of their own."""

import asyncio
import json
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from understudy.cli.options import json_option

if TYPE_CHECKING:
    from understudy.sim.provider import Provider

_DEFAULTS = ("lab-a=openai_chat:9101", "lab-b=anthropic_messages:9102", "floor=openai_chat:9103")

_EPILOG = """\b
Example:
  understudy simulate --provider a=openai_chat:9101,rate=40 --fault 'a=cut(after=5)'
  curl -X PUT 127.0.0.1:9100/providers/a/fault -d 'row(openai.429.rate_limit)'
  curl -X POST 127.0.0.1:9100/providers/a/kill

\b
A provider is NAME=DIALECT:PORT and may say more, after commas:
  rate=40           tokens a second (left out: all at once)
  delay=0.5         seconds before the first token
  tokens=200        length of its answers (left out: by prompt)
  chunk=4           tokens in one delta
  prefill=reject    what it does with an answer begun by the caller: continue, reject, ignore
  models=x/y        the models that it knows (left out: any)
  key=sk-secret     the key that it demands (left out: none)

\b
Words in a prompt have their effect too: [tokens=200] [rate=200] [delay=1] [chunk=4] [tool=NAME]
[reasoning=50] [refuse] [words=wide] [stamp]. `--list-faults` shows the faults. Faults join with
+, and all take p= (probability), begin=, until=, skip=, times=, up=, down=, model=, key= and
streamed=.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--provider",
    "-p",
    "providers",
    multiple=True,
    metavar="NAME=DIALECT:PORT[,...]",
    help=f"A provider to simulate; may be given several times. Default: {', '.join(_DEFAULTS)}.",
)
@click.option(
    "--fault",
    "-f",
    "faults",
    multiple=True,
    metavar="NAME=FAULT",
    help="What a provider does wrong from the start.",
)
@click.option(
    "--control",
    type=click.IntRange(0, 65535),
    default=9100,
    show_default=True,
    help="Port (on loopback) over which faults can be set while it runs; 0: any free one.",
)
@click.option("--seed", default=0, show_default=True, help="Decides what a fault with p= does.")
@click.option("--list-faults", is_flag=True, help="Show every fault, and end.")
@json_option
def simulate(
    providers: Sequence[str],
    faults: Sequence[str],
    control: int,
    seed: int,
    *,
    list_faults: bool,
    as_json: bool,
) -> None:
    """Run simulated providers, each the faithful encoder of its API, and let them fail on command.

    Token k of an answer depends on the conversation and k alone, whichever provider gives it; so a
    continuation elsewhere can be checked byte for byte.
    """
    import uvloop

    from understudy.dialects.catalog import SPOKEN
    from understudy.sim.fault_text import FaultError, describe, names, parse_faults

    if list_faults:
        click.echo("\n".join(describe(name) for name in names()))
        return
    spoken = tuple(name for name, dialect in SPOKEN.items() if dialect.chat_paths())
    known = [read_provider(text, spoken) for text in providers or _DEFAULTS]
    wanted: list[tuple[str, str]] = []
    for item in faults:
        name, equals, text = item.partition("=")
        if not equals or name not in {provider.name for provider in known}:
            raise click.BadParameter(
                f"{item!r}: expected NAME=FAULT with one of the providers' names",
                param_hint="--fault",
            )
        try:
            parse_faults(text)
        except FaultError as error:
            raise click.BadParameter(str(error), param_hint="--fault") from None
        wanted.append((name, text))
    try:
        uvloop.run(_run(known, wanted, control, seed, as_json=as_json))
    except (OSError, FaultError) as error:
        raise click.ClickException(str(error)) from None


def read_provider(text: str, dialects: Sequence[str]) -> "Provider":
    """Read `NAME=DIALECT:PORT,field=value,...`. Raises: click.BadParameter."""
    from understudy.config.errors import did_you_mean
    from understudy.sim.provider import Provider

    first, *rest = text.split(",")
    name, equals, where = first.partition("=")
    dialect, _, port = where.partition(":")
    if not equals or not name:
        raise click.BadParameter(f"{text!r}: expected NAME=DIALECT:PORT", param_hint="--provider")
    if dialect not in dialects:
        hint = did_you_mean(dialect, dialects) or f"there are: {', '.join(dialects)}"
        raise click.BadParameter(f"no dialect {dialect!r}, {hint}", param_hint="--provider")
    fields: dict[str, object] = {"name": name, "dialect": dialect, "port": port or "0"}
    for item in rest:
        key, _, value = item.partition("=")
        fields[key.strip()] = value.split("/") if key.strip() == "models" else value
    try:
        provider = msgspec.convert(fields, Provider, strict=False)
    except msgspec.ValidationError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--provider") from None
    if not 0 <= provider.port <= 65535:
        reason = f"{text!r}: found port {port}, expected 0 (any free one) to 65535"
        raise click.BadParameter(reason, param_hint="--provider")
    return provider


async def _run(
    providers: "Sequence[Provider]",
    faults: Sequence[tuple[str, str]],
    port: int,
    seed: int,
    *,
    as_json: bool,
) -> None:
    from understudy.dialects.catalog import SPOKEN
    from understudy.shell.simulator import Simulator
    from understudy.shell.simulator_control import Control

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Simulator(providers, SPOKEN, seed=seed) as simulator:
        for name, fault in faults:
            await simulator.set_fault(name, fault)
        control = Control(simulator)
        address = await control.start(port)
        if as_json:
            click.echo(json.dumps({"providers": simulator.urls(), "control": address}))
        else:
            for provider in providers:
                click.echo(
                    f"{provider.name:<12} {provider.dialect:<20} {simulator.url(provider.name)}"
                )
            click.echo(f"{'control':<12} {'set faults here':<20} {address}")
        await stop.wait()
        await control.close()
