"""A gateway inside somebody else's program: its own loop in a thread of its own, no socket to
listen on, no signals, and nobody is asked for a key.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from functools import partial

import uvloop
from msgspec.structs import replace

from understudy.config.settings import Settings
from understudy.shell.client import ClientConnection
from understudy.shell.gateway import Gateway
from understudy.shell.pipe import Answer, Pipe


class Stopped(Exception):
    """The gateway has ended: this one serves no more."""


class Request:
    """One request as HTTP has it (RFC 9112), and its answer. Ask with `Background.ask`."""

    def __init__(self, method: bytes, head: bytes, body: bytes) -> None:
        self.answer = Answer()
        self._method = method
        self._head = head
        self._body = body
        self._pipe: Pipe | None = None
        self._is_cancelled = False

    def begin(self, gateway: Gateway) -> None:
        """Called on the gateway's loop."""
        if self._is_cancelled:
            return
        connection = ClientConnection(gateway.plane)
        self._pipe = pipe = Pipe(connection, self.answer, has_body=self._method != b"HEAD")
        try:
            connection.connection_made(pipe)
            connection.data_received(self._head)
            if self._body:
                connection.data_received(self._body)
        except BaseException:
            pipe.abort()
            raise

    def cancel(self) -> None:
        """Called on the gateway's loop."""
        self._is_cancelled = True
        if self._pipe is not None:
            self._pipe.abort()


class Background:
    """Runs until it is closed, in the process that made it: a fork has no part in its thread.

    Raises: whatever kept it from starting.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings]) -> None:
        self._pid = os.getpid()
        self._settings = _open(settings)
        self._load = load
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gateway: Gateway | None = None
        self._stop = asyncio.Event()
        self._lock = threading.Lock()
        self._is_closing = False
        self._error: BaseException | None = None
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="understudy", daemon=True)
        self._thread.start()
        self._is_ready.wait()
        if self._error is not None:
            raise self._error

    @property
    def is_alive(self) -> bool:
        return self._pid == os.getpid() and not self._is_closing

    def ask(self, request: Request) -> None:
        """Begin a request. Raises: Stopped."""
        assert self._gateway is not None
        self._call(partial(request.begin, self._gateway))

    def cancel(self, request: Request) -> None:
        """Break a request off, in whatever state it is."""
        with contextlib.suppress(Stopped):
            self._call(request.cancel)

    def close(self) -> None:
        """Break off what is in progress, write the journal, and end. Does nothing in a fork."""
        if self._pid != os.getpid():
            return
        with contextlib.suppress(Stopped):
            self._call(self._stop.set, is_last=True)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _call(self, what: Callable[[], object], *, is_last: bool = False) -> None:
        """Have something done on the loop. What was asked for before the last is done before it."""
        if self._pid != os.getpid() or self._loop is None:
            raise Stopped
        with self._lock:
            if self._is_closing:
                raise Stopped
            self._is_closing = is_last
            self._loop.call_soon_threadsafe(what)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            self._error = error
            if self._is_ready.is_set():
                raise
        finally:
            self._is_ready.set()

    async def _serve(self) -> None:
        settings = self._settings
        gateway = Gateway(settings, self._reload, settings.files, settings.server.max_connections)
        self._gateway, self._loop = gateway, asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                chores = [tasks.create_task(chore) for chore in gateway.chores()]
                self._is_ready.set()
                await self._stop.wait()
                for chore in chores:
                    chore.cancel()
        finally:
            with self._lock:
                self._is_closing = True
            await asyncio.sleep(0)  # what was asked for before is begun, and then cut with the rest
            gateway.plane.close()
            await asyncio.sleep(0)
            gateway.close()

    def _reload(self) -> Settings:
        return _open(self._load())


def _open(settings: Settings) -> Settings:
    """Ask nobody for a key: who calls is this process itself."""
    return replace(settings, callers={})
