"""The process: builds the data plane, listens, reloads, drains, and ends. The only `except
Exception` is here.
"""

import asyncio
import gc
import os
import secrets
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
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.services import HeldBudget, Services
from understudy.journal.location import default_path
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.router import Router
from understudy.shell import logs
from understudy.shell.admin import AdminServer, application
from understudy.shell.client import ClientConnection
from understudy.shell.limits import most_clients, raise_open_files
from understudy.shell.metrics import GatewayCollector
from understudy.shell.plane import Bounds, Plane
from understudy.shell.recorder import Recorder
from understudy.shell.reload import Reloader
from understudy.shell.steering import Steering, file_beside
from understudy.telemetry.metrics import Metrics

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
    metrics = Metrics()
    recorder = _recorder(settings, metrics)
    plane = _plane(settings, recorder, metrics)
    steering = _steering(settings, plane)
    reloader = Reloader(load, plane.adopt, files, first=settings)
    listen = settings.server.listen
    server = await _listen(plane, listen)
    admin = None
    if settings.server.admin is not None:
        admin = _admin(settings.server.admin, plane, reloader, metrics, recorder, steering)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reloader.request)
    async with asyncio.TaskGroup() as tasks:
        chores = [tasks.create_task(plane.sweep()), tasks.create_task(reloader.watch())]
        if admin is not None:
            chores.append(tasks.create_task(admin.run_until_cancelled()))
        for warning in settings.warnings:
            log.warning(warning)
        _settle()
        host, port = server.sockets[0].getsockname()[:2]
        log.info("serving", listen=f"{host}:{port}", pid=os.getpid())
        await stop.wait()
        code = await _drain(plane, server, settings.server.drain, stop)
        for chore in chores:
            chore.cancel()
    if recorder is not None:
        recorder.close(5.0)
        log.info("stopped", journal_written=recorder.written, journal_dropped=recorder.dropped)
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


def _plane(settings: Settings, recorder: Recorder | None, metrics: Metrics) -> Plane:
    services = Services(
        router=Router(settings.topology, secrets.SystemRandom().random),
        dialects=DIALECTS,
        classifier=Classifier(load_taxonomy().rows),
        budget=HeldBudget(),
    )
    server = settings.server
    connections = most_clients(server.max_connections, raise_open_files())
    if connections < server.max_connections:
        structlog.get_logger("understudy").warning(
            f"only {connections} clients at once instead of {server.max_connections}: the limit on "
            "open files is too low (ulimit -n)"
        )
    bounds = Bounds(
        body_bytes=server.max_body_bytes,
        connections=connections,
        head_timeout=server.header_timeout,
        idle_timeout=server.idle_timeout,
    )
    prefix = f"us-{secrets.token_hex(5)}-"
    record = metrics.observe if recorder is None else recorder.record
    return Plane(settings, services, record, prefix, bounds)


def _admin(
    address: Address,
    plane: Plane,
    reloader: Reloader,
    metrics: Metrics,
    recorder: Recorder | None,
    steering: Steering,
) -> AdminServer:
    registry = CollectorRegistry()
    registry.register(GatewayCollector(plane, metrics, recorder))

    def status() -> dict[str, object]:
        return {
            "in_progress": plane.busy_count,
            "clients": plane.client_count,
            "config": {
                "source": plane.settings.source,
                "reloads": reloader.reloads,
                "failures": reloader.failures,
                "last_error": reloader.last_error,
            },
            "journal": None if recorder is None else recorder.status(),
        }

    pages = application(plane, registry, status, steering)
    return AdminServer(pages, _bound(address, "admin"))


def _steering(settings: Settings, plane: Plane) -> Steering:
    """What people change while we run; it goes on with what they changed before."""
    journal = settings.journal
    file = file_beside(journal.path or default_path()) if journal.enabled else None
    steering = Steering(plane.services.router.drains, file, plane.now)
    steering.restore()
    return steering


def _recorder(settings: Settings, metrics: Metrics) -> Recorder | None:
    """The journal's writer; None where the config wants none (metrics then watch directly)."""
    journal = settings.journal
    if not journal.enabled:
        return None
    return Recorder(
        journal.path or default_path(),
        max_age=journal.max_age,
        max_bytes=journal.max_bytes,
        patterns=journal.redact,
        observers=(metrics.observe, logs.RequestLog().observe),
    )


def _log_bug(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """An exception that nobody caught is our bug: said in full, and the process goes on."""
    del loop
    log = structlog.get_logger("understudy")
    error = context.get("exception")
    is_error = isinstance(error, BaseException)
    log.error("bug", message=str(context.get("message")), exc_info=error if is_error else None)
