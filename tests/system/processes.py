"""The real programs as processes of their own: `understudy serve`, `understudy simulate`."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 15.0
"""Seconds for a process to start, or to end, on a machine with better things to do."""

Json = dict[str, Any]


def until(condition: Any, patience: float = 5.0, every: float = 0.01) -> Any:
    """Ask again until the answer is true; returns it. What tests wait with, instead of sleeping."""
    end = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(every)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Answer:
    """An HTTP answer, read whole."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def http_request(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] = {}
) -> Answer:
    """One request on a connection of its own."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request(method, "/" + path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


class Program:
    """A running `understudy`. Its stderr goes to a file, so that it never waits for a reader."""

    def __init__(
        self, arguments: Sequence[str], log: Path, environment: Mapping[str, str] = {}
    ) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "understudy", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                env={**inherited, **environment, "NO_COLOR": "1"},
            )
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait(self, patience: float = PATIENCE) -> int:
        """Wait for the end; returns the exit code."""
        code = self.process.wait(patience)
        self.close()
        return code

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def terminate(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait()

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Simulators(Program):
    """Simulated providers in one process; `urls` by name."""

    def __init__(self, folder: Path, *providers: str) -> None:
        options = [word for provider in providers for word in ("-p", provider)]
        log = folder / "simulate.log"
        super().__init__(["simulate", "--json", "--control", "0", *options], log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log
        started = json.loads(line)
        self.urls: dict[str, str] = started["providers"]
        self.control: str = started["control"]
        """Where faults are set, and requests counted (`shell/simulator_control.py`)."""

    def fault(self, provider: str, fault: str) -> None:
        """Let a provider do wrong from now on; "" ends it."""
        self._ask("PUT", f"{provider}/fault", fault.encode())

    def kill(self, provider: str) -> None:
        self._ask("POST", f"{provider}/kill")

    def revive(self, provider: str) -> None:
        self._ask("POST", f"{provider}/revive")

    def seen(self, provider: str, containing: str = "") -> list[Json]:
        """The requests that came, oldest first: those with `containing` in their bodies."""
        found: list[Json] = json.loads(self._ask("GET", f"{provider}/requests"))
        return [each for each in found if containing in each["body"]]

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        answer = http_request(f"{self.control}/providers/{path}", method, body)
        assert answer.status == 200, answer.text
        return answer.body


class Gateway(Program):
    """`understudy serve -c FILE`, up and ready."""

    def __init__(self, config: Path, environment: Mapping[str, str] = {}) -> None:
        super().__init__(["serve", "-c", str(config)], config.with_suffix(".log"), environment)
        try:
            self.port = int(self.await_event("serving")["listen"].rpartition(":")[2])
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def events(self, event: str = "") -> list[Json]:
        """The log's JSON lines, those of that event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if event in ("", line["event"])]

    def await_event(self, event: str, count: int = 1) -> Json:
        """Wait until an event is logged for the `count`th time; returns its line."""

        def found() -> Json | None:
            assert self.process.poll() is None, f"it ended:\n{self.log}"
            events = self.events(event)
            return events[count - 1] if len(events) >= count else None

        line: Json = until(found, PATIENCE)
        return line

    def stop(self) -> None:
        """Stop as an operator does, and check that nothing went wrong on the way."""
        code = self.terminate()
        assert code == 0, self.log
        assert not self.events("bug"), self.log
        assert "Traceback" not in self.log, self.log


@contextlib.contextmanager
def gateway(config: Path, text: str, environment: Mapping[str, str] = {}) -> Iterator[Gateway]:
    """Serve `text` as a configuration; checked for a clean end."""
    config.write_text(text)
    running = Gateway(config, environment)
    try:
        yield running
        running.stop()
    finally:
        running.close()


@contextlib.contextmanager
def simulators(folder: Path, *providers: str) -> Iterator[Simulators]:
    running = Simulators(folder, *providers)
    try:
        yield running
        assert running.terminate() == 0, running.log
        assert running.log == ""
    finally:
        running.close()


def sigterm(program: Program) -> None:
    program.signal(signal.SIGTERM)
