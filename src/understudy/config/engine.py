"""Engines of our own: a model's file to what starts it, and to the address where it is asked.

The address is made up: which port an engine has is known once it runs, and the shell looks there.
"""

import hashlib
import importlib.util
import mmap
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from understudy.config.decode import join
from understudy.config.errors import Problem
from understudy.config.schema import ProviderTable
from understudy.config.secret import show
from understudy.config.values import BaseUrl
from understudy.providers.gguf import GgufFacts, NotGguf, read_gguf
from understudy.routing.topology import Target, Topology
from understudy.wire.http import Origin

KIND: Final = "local"
LIBRARY: Final = "xllamacpp"
OVERHEAD: Final = 128 * 2**20
"""Bytes beside model and context: code, buffers of a batch, the server."""


class EngineSettings(msgspec.Struct, frozen=True):
    """One engine. `origin` is how targets name it, `command` starts it but for its port.

    Times are seconds, `memory` is bytes.
    """

    provider: str
    origin: Origin
    file: Path
    command: tuple[str, ...]
    memory: int
    warm: Literal["amber", "demand", "always"]
    cool_after: float
    start_within: float


class EngineBuilder:
    """Takes the engines out of provider tables; `problems` and `engines` grow."""

    def __init__(self, folder: Path, has_library: Callable[[], bool] | None = None) -> None:
        self.problems: list[Problem] = []
        self.engines: list[EngineSettings] = []
        self._folder = folder
        self._has_library = has_library or has_engine_library

    def prepare(self, name: str, table: ProviderTable) -> ProviderTable:
        """Return the table with the engine's address in it, where it is one with an engine."""
        path = join("providers", name)
        if (name if table.kind is None else table.kind) != KIND:
            if table.model_file is not None:
                expected = f'no file, or kind = "{KIND}", which serves it'
                self._wrong(join(path, "model_file"), show(table.model_file), expected)
            return table
        if table.base_url is not None:
            expected = "no address: this engine is started here"
            self._wrong(join(path, "base_url"), show(table.base_url.text), expected)
        origin = _origin(name)
        if table.model_file is None:
            hint = 'add model_file = "models/NAME.gguf"'
            self._wrong(path, "no `model_file`", "the GGUF file to serve", hint)
        else:
            engine = self._engine(name, table, self._file(table.model_file))
            if engine is not None:
                self.engines.append(engine)
        return replace(table, base_url=BaseUrl.parse(f"http://{origin.authority}/v1"))

    def _file(self, said: str) -> Path:
        return (self._folder / Path(said).expanduser()).absolute()

    def _engine(self, name: str, table: ProviderTable, file: Path) -> EngineSettings | None:
        path, said = join("providers", name), table.engine
        program = self._program(said.program, path)
        facts, size = self._look(file, join(path, "model_file"))
        if program is None or facts is None:
            return None
        memory = half_of_memory() if said.memory is None else int(said.memory)
        needed = size + facts.cache_bytes(said.context * said.parallel) + OVERHEAD
        if needed > memory:
            self._wrong(
                join(join(path, "engine"), "memory"),
                f"{_mebibytes(memory)}, and {file.name} with its context needs "
                f"{_mebibytes(needed)}",
                "room for both",
                "a smaller or more quantised model, or a smaller `context`",
            )
            return None
        threads = said.threads or max(1, (os.cpu_count() or 2) - 1)
        command = [*program, "--model", str(file), "--host", "127.0.0.1"]
        command += ["--ctx-size", str(said.context * said.parallel)]
        command += ["--parallel", str(said.parallel), "--threads", str(threads)]
        return EngineSettings(
            provider=name,
            origin=_origin(name),
            file=file,
            command=tuple(command),
            memory=memory,
            warm=said.warm,
            cool_after=float(said.cool_after),
            start_within=float(said.start_within),
        )

    def _program(self, program: str | None, path: str) -> tuple[str, ...] | None:
        if program is None:
            if self._has_library():
                return ()
            hint = "pip install 'understudy[local]', or `program` for an installed llama-server"
            self._wrong(path, f"no {LIBRARY} in this Python", "an engine to serve the file", hint)
            return None
        found = shutil.which(program, path=os.environ.get("PATH", os.defpath))
        if found is None:
            place = join(join(path, "engine"), "program")
            self._wrong(place, show(program), "a program that can be run")
            return None
        return (found,)

    def _look(self, file: Path, path: str) -> tuple[GgufFacts | None, int]:
        try:
            return look_at(file)
        except NotGguf as error:
            found, _, expected = str(error).removeprefix("found ").partition(", expected ")
            self._wrong(path, f"{file}: {found}", expected or "a model's file (GGUF)")
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            self._wrong(path, f"{file}: {reason}", "a model's file (GGUF) that this user can read")
        return None, 0

    def _wrong(self, path: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(path, found, expected, hint))


def look_at(file: Path) -> tuple[GgufFacts, int]:
    """Read a model's head; returns it with the file's size. Raises: NotGguf, OSError."""
    with file.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        if not size:
            raise NotGguf("found an empty file, expected a model's file (GGUF)")
        with (
            mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as view,
        ):
            return read_gguf(view), size


def with_patience(
    targets: Mapping[str, Target], engines: Iterable[EngineSettings]
) -> dict[str, Target]:
    """Let connections to an engine take as long as the engine may take to load."""
    within = {engine.origin: engine.start_within for engine in engines}
    return {
        name: target
        if target.origin not in within
        else replace(target, connect=within[target.origin])
        for name, target in targets.items()
    }


def unreached(topology: Topology, engines: Iterable[EngineSettings]) -> Iterator[str]:
    """Warn of engines that a request may not get to: its attempts are used up before."""
    origins = {engine.origin for engine in engines}
    for route in topology.routes.values():
        for place, name in enumerate(route.targets):
            if topology.targets[name].origin in origins and place >= route.max_attempts:
                yield (
                    f"route {route.name}: max_attempts is {route.max_attempts}, so {name} is asked "
                    f"only once breakers know that the others are down: {place + 1} would reach it"
                )


def noted(engines: Iterable[EngineSettings]) -> Iterator[str]:
    """Say of each engine what it serves, and when it runs."""
    for engine in engines:
        yield (
            f"provider {engine.provider} serves {engine.file}, "
            f"at most {_mebibytes(engine.memory)}, warm: {engine.warm}"
        )


def has_engine_library() -> bool:
    """Return whether the extra `local` is installed."""
    return importlib.util.find_spec(LIBRARY) is not None


def half_of_memory() -> int:
    """Return half of this machine's memory, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def wrapped(command: tuple[str, ...], memory: int, port: int) -> tuple[str, ...]:
    """Return the whole command line: our own process, which limits itself, and then the engine."""
    own = (sys.executable, "-m", "understudy.cli.local_engine", "--memory", str(memory))
    return (*own, *command, "--port", str(port))


def _origin(name: str) -> Origin:
    """Return an address that is no other provider's. Nobody looks it up: the shell knows where.

    Without a dot, so that it is one of our own to whoever asks (`poison`).
    """
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "engine"
    number = hashlib.sha256(name.encode()).hexdigest()[:6]
    return Origin("http", f"engine-{word}-{number}", 80)


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
