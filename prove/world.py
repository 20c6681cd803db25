"""Real processes for a proof: one gateway, simulated providers that can be killed, their files."""

import contextlib
import itertools
import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from tests.system.processes import Gateway, Simulators

_PORTS = itertools.count(10_000 + os.getpid() % 100 * 200)
_SERVER = """\
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
drain = "1s"

[journal]
path = {journal}
"""
_PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
dialect = "{dialect}"
base_url = "{url}"
auth = "none"
lab = "lab of {name}"
host = "host of {name}"
[providers.{name}.models.m]
capabilities = ["tools", "json_mode", "json_schema", "streaming", "prefill"]
max_output_tokens = 100000
"""


class Spot(msgspec.Struct, frozen=True):
    """A simulated provider: its name, its dialect, the port it keeps, and its options as text."""

    name: str
    dialect: str = "openai_chat"
    options: str = ""
    port: int = 0

    def option(self) -> str:
        """As `understudy simulate -p` takes it."""
        more = f",{self.options}" if self.options else ""
        return f"{self.name}={self.dialect}:{self.port}{more}"

    def table(self) -> str:
        """Its table in the gateway's configuration; each is a lab and a host of its own."""
        path = "/v1" if self.dialect == "openai_chat" else ""
        url = f"http://127.0.0.1:{self.port}{path}"
        return _PROVIDER.format(name=self.name, dialect=self.dialect, url=url)


def spots(names: Sequence[str], dialect: str = "openai_chat", options: str = "") -> list[Spot]:
    """Providers of one kind, each with a port of its own."""
    return [Spot(name, dialect, options, _port()) for name in names]


def _port() -> int:
    """A free port below those that the kernel gives to clients, and never the same twice."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Stand:
    """One process of simulated providers that may be killed, and come back on the same ports."""

    def __init__(self, folder: Path, providers: Sequence[Spot]) -> None:
        self._folder = folder
        self._options = [provider.option() for provider in providers]
        self._running: Simulators | None = None

    @property
    def control(self) -> Simulators:
        assert self._running is not None, "the stand is open"
        return self._running

    def open(self) -> None:
        self._running = Simulators(self._folder, *self._options)

    def kill(self) -> None:
        """SIGKILL: the kernel closes its sockets, nobody says goodbye."""
        self.control.signal(signal.SIGKILL)
        self.control.wait()
        self._running = None

    def close(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None


@contextlib.contextmanager
def stand(folder: Path, providers: Sequence[Spot]) -> Iterator[Stand]:
    """Simulated providers in a process of their own."""
    opened = Stand(folder, providers)
    opened.open()
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="understudy-prove-") as name:
        yield Path(name)


@contextlib.contextmanager
def gateway(home: Path, providers: Sequence[Spot], routes: str) -> Iterator[Gateway]:
    """`understudy serve` before those providers, with `routes` as the rest of its file."""
    text = _SERVER.format(journal=json.dumps(str(home / "journal.db")))
    config = home / "understudy.toml"
    config.write_text(text + "".join(provider.table() for provider in providers) + routes)
    running = Gateway(config)
    try:
        yield running
        running.stop()
    finally:
        running.close()
