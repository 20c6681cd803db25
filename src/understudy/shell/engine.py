"""One engine: a process of our own that serves a model's file, watched by a thread of its own.

Started cold, restarted with a growing pause when it dies, given up when it always does, ended
when it hangs or takes more memory than it may, and stopped with us.
"""

import asyncio
import collections
import contextlib
import enum
import http.client
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from understudy.config.engine import EngineSettings, wrapped
from understudy.shell.restarts import Restarts

LOOK_EVERY: Final = 0.1
"""Seconds between two looks at a process."""

ASK_EVERY: Final = 10.0
"""Seconds between two questions whether it still answers."""

MOST_MISSES: Final = 3
"""Questions in a row without an answer, after which it counts as hung."""

GRACE: Final = 3.0
"""Seconds to end by itself."""

KEPT_LINES: Final = 20
LONGEST_LINE: Final = 500


class State(enum.Enum):
    COLD = "cold"
    STARTING = "starting"
    UP = "up"
    RESTING = "resting"
    BROKEN = "broken"


class Engine:
    """`state`, `reason` and `port` are written by its thread, and read by the loop."""

    def __init__(
        self, settings: EngineSettings, restarts: Restarts, now: Callable[[], float]
    ) -> None:
        self.settings = settings
        self.state = State.COLD
        self.reason = ""
        self.port = 0
        self.pid: int | None = None
        self.starts = 0
        self.needed_at = now()
        self._now = now
        self._restarts = restarts
        self._loop = asyncio.get_running_loop()
        self._waiting: set[asyncio.Event] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._said: collections.deque[str] = collections.deque(maxlen=KEPT_LINES)
        self._log = structlog.get_logger("understudy.engine").bind(engine=settings.provider)

    def warm(self) -> None:
        """Start it, unless it runs already or was given up."""
        self.needed_at = self._now()
        is_running = self._thread is not None and self._thread.is_alive()
        if self.state is State.BROKEN or (is_running and not self._stop.is_set()):
            return
        before, self._stop = self._thread, threading.Event()
        self.state = State.STARTING
        self._thread = threading.Thread(
            target=self._run, args=(self._stop, before), name="engine", daemon=True
        )
        self._thread.start()

    def cool(self) -> None:
        """End it; it can be started again."""
        self._stop.set()

    def close(self) -> None:
        """End it, and wait until it has."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    async def locate(self) -> tuple[str, int]:
        """Return where it can be asked, once it can be. Raises: OSError, which says why not."""
        self.warm()
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            while self.state is State.STARTING:
                await changed.wait()
                changed.clear()
        finally:
            self._waiting.discard(changed)
        if self.state is not State.UP:
            raise ConnectionRefusedError(f"the engine is {self.state.value}: {self.reason}")
        return "127.0.0.1", self.port

    def status(self) -> dict[str, object]:
        return {
            "provider": self.settings.provider,
            "file": str(self.settings.file),
            "state": self.state.value,
            "reason": self.reason,
            "pid": self.pid,
            "starts": self.starts,
            "memory": None if self.pid is None else resident(self.pid),
            "memory_limit": self.settings.memory,
        }

    def _run(self, stop: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        while not stop.is_set():
            self._turn(State.STARTING, "")
            lived, reason = self._live(stop)
            if stop.is_set():
                break
            pause = self._restarts.died(lived)
            if pause is None:
                self._turn(State.BROKEN, reason)
                self._log.error("engine given up: it dies whenever it is started", reason=reason)
                return
            self._turn(State.RESTING, reason)
            self._log.warning("engine died", reason=reason, restarts_in=pause)
            stop.wait(pause)
        if self._stop is stop:  # nobody has started it anew meanwhile
            self._turn(State.COLD, "")

    def _live(self, stop: threading.Event) -> tuple[float, str]:
        """Start a process, watch it to its end; returns how long it was up, and why it ended."""
        port = _free_port()
        command = wrapped(self.settings.command, self.settings.memory, port)
        self._said.clear()
        self.starts += 1
        try:
            process = subprocess.Popen(  # noqa: S603 - the configuration's owner named it
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return 0.0, str(error.strerror or error).lower()
        listener = threading.Thread(target=self._listen, args=(process,), daemon=True)
        listener.start()
        self.pid = process.pid
        try:
            reason = self._start(process, port, stop)
            up_since = time.monotonic()
            if not reason and not stop.is_set():
                self.port = port
                self._turn(State.UP, "")
                self._log.info("engine is up", pid=process.pid, port=port)
                reason = self._watch(process, stop)
            return time.monotonic() - up_since, reason
        finally:
            _end(process)
            listener.join(GRACE)
            self.pid = None

    def _start(self, process: subprocess.Popen[bytes], port: int, stop: threading.Event) -> str:
        """Wait until it answers; returns why it does not, "" when it does."""
        late = time.monotonic() + self.settings.start_within
        while not stop.wait(LOOK_EVERY):
            if process.poll() is not None:
                return self._last_words(process)
            if _answers(port):
                return ""
            if time.monotonic() > late:
                return f"not up after {self.settings.start_within:g} s"
        return ""

    def _watch(self, process: subprocess.Popen[bytes], stop: threading.Event) -> str:
        """Wait for its end, and end it where it goes too far; returns why it ended."""
        misses, ask_at = 0, time.monotonic() + ASK_EVERY
        while not stop.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY)
                return self._last_words(process)
            size = resident(process.pid)
            if size > self.settings.memory:
                return f"took {size // 2**20} MiB of {self.settings.memory // 2**20} MiB"
            if time.monotonic() >= ask_at:
                misses = 0 if _answers(self.port) else misses + 1
                if misses >= MOST_MISSES:
                    return f"hung: {misses} questions in a row had no answer"
                ask_at = time.monotonic() + ASK_EVERY
        return ""

    def _last_words(self, process: subprocess.Popen[bytes]) -> str:
        code = process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        said = "; ".join(list(self._said)[-3:])
        return f"{how}: {said}" if said else how

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Keep its last words. A line without an end is cut."""
        assert process.stderr is not None
        with process.stderr as stream:
            while line := stream.readline(LONGEST_LINE):
                text = line.decode("utf-8", "replace").strip()
                if text:
                    self._said.append(text)

    def _turn(self, state: State, reason: str) -> None:
        self.reason = reason
        self.state = state
        with contextlib.suppress(RuntimeError):  # the loop is gone, and nobody waits
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for changed in self._waiting:
            changed.set()


def resident(pid: int) -> int:
    """Return how much memory a process has to itself, in bytes; 0 where nobody says.

    Pages of the file are not in it: the system takes them back as it likes.
    """
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health")
            with connection.getresponse() as response:
                return response.status == 200
        except (OSError, http.client.HTTPException):
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and do not ask twice."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
