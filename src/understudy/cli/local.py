"""`understudy local`: what answers on this machine when nobody else does; does a file work?"""

import asyncio
import http.client
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Final, NoReturn

import click
import msgspec

from understudy.cli.options import json_option
from understudy.cli.table import align
from understudy.config.engine import (
    KIND,
    EngineBuilder,
    EngineSettings,
    has_engine_library,
    look_at,
)
from understudy.config.errors import ConfigError
from understudy.config.probe import Models, probe_models
from understudy.config.schema import ProviderTable
from understudy.config.schema_engine import EngineTable
from understudy.config.values import ByteCount
from understudy.providers.catalogue import load_catalogue

PROGRAMS: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        "llama-server": "llama-server -m FILE.gguf",
        "ollama": "ollama serve",
        "vllm": "vllm serve MODEL",
        "lms": "lms server start",
    }
)
"""Programs that can be installed, and how each is started."""

QUESTION: Final = "Say in one sentence what you are."
MOST_TOKENS: Final = 64
PATIENCE: Final = 300.0
"""Seconds for the answer to a try."""

_EPILOG = """\b
Examples:
  understudy local                          engines that run, programs, lines for your file
  understudy local models/small.gguf        start it, ask it, say how it did
  understudy local models/small.gguf --memory 3GiB --context 8192

\b
Only this machine is asked, at the usual ports.
"""


class Running(msgspec.Struct, frozen=True):
    """A server that answers at a usual port."""

    kind: str
    title: str
    url: str
    models: tuple[str, ...]


class Tried(msgspec.Struct, frozen=True):
    """How a file did. Times are seconds, memory is bytes beside the file."""

    file: str
    architecture: str
    name: str
    file_bytes: int
    started_in: float
    answered_in: float
    tokens: int
    tokens_per_second: float
    memory: int
    answer: str


@click.command(epilog=_EPILOG)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--memory", metavar="SIZE", help="The most it may take.  [default: half of all]")
@click.option("--context", type=click.IntRange(64), default=4096, help="Tokens.  [default: 4096]")
@click.option("--program", metavar="NAME", help="llama.cpp's llama-server, in place of the extra.")
@click.option("--ask", default=QUESTION, metavar="TEXT", help="What it is asked.")
@json_option
def local(
    file: Path | None,
    memory: str | None,
    context: int,
    program: str | None,
    ask: str,
    *,
    as_json: bool,
) -> None:
    """Show what answers on this machine, or try FILE (GGUF) as the last target."""
    if file is None:
        found, programs = running(), installed(os.environ)
        if as_json:
            report = {
                "running": [msgspec.to_builtins(each) for each in found],
                "programs": programs,
                "extra": has_engine_library(),
            }
            click.echo(json.dumps(report, indent=2))
            return
        for line in _lines(found, programs):
            click.echo(line)
        return
    settings = _settings(file, memory, context, program)
    try:
        tried = asyncio.run(attempt(settings, ask))
    except OSError as error:
        _fail(f"{file}: {error}")
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(tried), indent=2))
        return
    for line in _told(tried, file):
        click.echo(line)


def running(probe: Callable[[str], Models | None] = probe_models) -> list[Running]:
    """Ask all usual addresses of model servers at once."""
    places = [(kind, url) for kind in load_catalogue().kinds for url in kind.probes]
    with ThreadPoolExecutor(max(1, len(places))) as pool:
        answers = pool.map(probe, [url for _, url in places])
    return [
        Running(kind.name, kind.title, url, models)
        for (kind, url), models in zip(places, answers, strict=True)
        if models is not None
    ]


def installed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the programs that are there, each with its path."""
    path = environment.get("PATH", os.defpath)
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    return {name: place for name, place in found.items() if place is not None}


async def attempt(settings: EngineSettings, ask: str) -> Tried:
    """Start an engine, ask it once, end it. Raises: OSError."""
    from understudy.shell import logs
    from understudy.shell.engine import Engine, resident
    from understudy.shell.restarts import Restarts

    logs.lend()
    engine = Engine(settings, Restarts(), time.monotonic)
    facts, size = look_at(settings.file)
    try:
        began = time.monotonic()
        host, port = await engine.locate()
        up = time.monotonic()
        answer, tokens = await asyncio.to_thread(_answer, host, port, ask)
        done = time.monotonic()
        memory = 0 if engine.pid is None else resident(engine.pid)
    finally:
        await asyncio.to_thread(engine.close)
    return Tried(
        file=str(settings.file),
        architecture=facts.architecture,
        name=facts.name,
        file_bytes=size,
        started_in=round(up - began, 3),
        answered_in=round(done - up, 3),
        tokens=tokens,
        tokens_per_second=round(tokens / (done - up), 1),
        memory=memory,
        answer=answer,
    )


def _answer(host: str, port: int, ask: str) -> tuple[str, int]:
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    body = {"messages": [{"role": "user", "content": ask}], "max_tokens": MOST_TOKENS}
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        with connection.getresponse() as response:
            said = json.loads(response.read(2**20))
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"the engine did not answer: {error}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise OSError(f"the engine refused ({response.status}): {said.get('error')}")
    choice = said["choices"][0]["message"]
    return str(choice.get("content") or "").strip(), int(said["usage"]["completion_tokens"])


def _settings(file: Path, memory: str | None, context: int, program: str | None) -> EngineSettings:
    from understudy.config.errors import Unfit

    try:
        most = None if memory is None else ByteCount.parse(memory)
    except Unfit as error:
        raise click.UsageError(f"--memory: {error}") from None
    engine = EngineTable(memory=most, context=context, program=program)
    builder = EngineBuilder(Path())
    builder.prepare(KIND, ProviderTable(model_file=str(file), engine=engine))
    if builder.problems:
        raise ConfigError(builder.problems, "understudy local")
    return builder.engines[0]


def _lines(found: list[Running], programs: dict[str, str]) -> Iterator[str]:
    yield "answering here:"
    if found:
        yield from align(
            [(each.kind, each.url, ", ".join(each.models[:6]) or "no model") for each in found]
        )
    else:
        yield "  nobody, at the usual ports"
    yield "installed:"
    rows = [(name, place, PROGRAMS[name]) for name, place in programs.items()]
    extra = "ready" if has_engine_library() else "pip install 'understudy[local]'"
    yield from align([*rows, ("understudy[local]", extra, "understudy local FILE.gguf")])
    yield ""
    yield "as the last target:"
    for each in found:
        if each.models:
            yield f'  [providers."{each.kind}"]'
            yield f'  base_url = "{each.url}"'
            yield f'  # targets = [..., "{each.kind}/{each.models[0]}"]'
    if not any(each.models for each in found):
        yield "  [providers.floor]"
        yield f'  kind = "{KIND}"'
        yield '  model_file = "models/NAME.gguf"'
        yield '  # targets = [..., "floor/NAME"]'


def _told(tried: Tried, file: Path) -> Iterator[str]:
    yield f"{file}: works"
    yield from align(
        [
            ("model", f"{tried.name or '-'} ({tried.architecture})"),
            ("file", f"{tried.file_bytes / 2**20:,.1f} MiB"),
            ("memory", f"{tried.memory / 2**20:,.0f} MiB beside the file"),
            ("up after", f"{tried.started_in:.1f} s"),
            ("speed", f"{tried.tokens_per_second:g} tokens/s ({tried.tokens} tokens)"),
            ("said", tried.answer[:200]),
        ]
    )
    yield ""
    yield "as the last target:"
    yield "  [providers.floor]"
    yield f'  kind = "{KIND}"'
    yield f"  model_file = {json.dumps(str(file))}"
    yield f'  # targets = [..., "floor/{file.stem}"]'


def _fail(reason: str) -> NoReturn:
    click.echo(f"understudy: {reason}", err=True)
    sys.exit(1)
