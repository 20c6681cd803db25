"""The process: builds the data plane, listens, reloads, drains, and ends. The only `except
Exception` is here.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from understudy.config.settings import Settings
from understudy.config.values import Address
from understudy.shell import logs
from understudy.shell.admin import AdminServer, application
from understudy.shell.client import ClientConnection
from understudy.shell.engine_metrics import EngineCollector
from understudy.shell.gateway import Gateway
from understudy.shell.limits import most_clients, raise_open_files
from understudy.shell.metrics import GatewayCollector
from understudy.shell.plane import Plane

BACKLOG = 2048

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CONFIG = 2

GC_THRESHOLDS = (20_000, 20, 50)
"""Requests leave no cycles behind, so looking for some at Python's usual pace (each 700 objects)
finds nothing, and takes up to a tenth of all CPU.
"""


class CannotListen(Exception):
    """The address is taken or not ours."""


def run(load: Callable[[], Settings], files: Iterable[Path] = ()) -> int:
    """Serve until told to stop; returns the exit code. `files` are watched, `load` reads them
    again.

    Raises: ConfigError when the first load fails.
    """
    settings = load()
    logs.configure(settings.server.log_format)
    try:
        return uvloop.run(serve(settings, load, files))
    except CannotListen as error:
        sys.stderr.write(f"understudy: {error}\n")
        return EXIT_CONFIG


async def serve(settings: Settings, load: Callable[[], Settings], files: Iterable[Path]) -> int:
    """Run one process to its end."""
    loop = asyncio.get_running_loop()
    log = structlog.get_logger("understudy")
    loop.set_exception_handler(_log_bug)
    gateway = Gateway(settings, load, files, _connections(settings))
    plane = gateway.plane
    server = await _listen(plane, settings.server.listen)
    admin = None
    if settings.server.admin is not None:
        admin = _admin(settings.server.admin, gateway)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, gateway.reloader.request)
    async with asyncio.TaskGroup() as tasks:
        chores = [tasks.create_task(chore) for chore in gateway.chores()]
        if admin is not None:
            chores.append(tasks.create_task(admin.run_until_cancelled()))
        _settle()
        host, port = server.sockets[0].getsockname()[:2]
        log.info("serving", listen=f"{host}:{port}", pid=os.getpid())
        await stop.wait()
        code = await _drain(plane, server, settings.server.drain, stop)
        for chore in chores:
            chore.cancel()
    gateway.close()
    return code


def _settle() -> None:
    """What is there now stays until the end: let the collector never look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


async def _drain(plane: Plane, server: asyncio.Server, limit: float, stop: asyncio.Event) -> int:
    """Take nothing new, let what is in progress finish within `limit` seconds, cut the rest."""
    log = structlog.get_logger("understudy")
    server.close()
    plane.drain()
    log.info("draining", in_progress=plane.busy_count, at_most_seconds=limit)
    stop.clear()
    deadline = plane.now() + limit
    while plane.busy_count and plane.now() < deadline and not stop.is_set():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    cut = plane.busy_count
    plane.close()
    await asyncio.sleep(0)
    if cut:
        log.warning("cut requests that did not finish in time", count=cut)
    return EXIT_FAILED if cut else EXIT_OK


async def _listen(plane: Plane, address: Address) -> asyncio.Server:
    listening = _bound(address, "listen")
    return await plane.loop.create_server(
        lambda: ClientConnection(plane), sock=listening, backlog=BACKLOG
    )


def _bound(address: Address, field: str) -> socket.socket:
    """Take an address. Raises: CannotListen, which says what to do about it."""
    host, port = address.host, address.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        # The library's own words repeat the address.
        said = str(error.strerror or error).partition(" (while attempting")[0]
        raise CannotListen(
            f"cannot listen on {host}:{port}: {said}; expected a free address of this machine: "
            f"stop what holds it, or set [server] {field} to another"
        ) from None


def _connections(settings: Settings) -> int:
    """Return how many clients there can be, which is less than wanted where files are few."""
    wanted = settings.server.max_connections
    connections = most_clients(wanted, raise_open_files())
    if connections < wanted:
        structlog.get_logger("understudy").warning(
            f"only {connections} clients at once instead of {wanted}: the limit on "
            "open files is too low (ulimit -n)"
        )
    return connections


def _admin(address: Address, gateway: Gateway) -> AdminServer:
    registry = CollectorRegistry()
    registry.register(GatewayCollector(gateway.plane, gateway.metrics, gateway.recorder))
    registry.register(EngineCollector(gateway.floor))
    pages = application(gateway.plane, registry, gateway.status, gateway.steering)
    return AdminServer(pages, _bound(address, "admin"))


def _log_bug(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """An exception that nobody caught is our bug: said in full, and the process goes on."""
    del loop
    log = structlog.get_logger("understudy")
    error = context.get("exception")
    is_error = isinstance(error, BaseException)
    log.error("bug", message=str(context.get("message")), exc_info=error if is_error else None)
