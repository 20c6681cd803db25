"""Structured logs on stderr: text for people, one JSON object a line for machines; no secrets."""

import contextlib
import logging
import sys
from typing import Literal

import structlog
from typing_extensions import override

from understudy.journal.entry import RequestEntry


def configure(form: Literal["text", "json"]) -> None:
    """Set up structlog once, and route the standard library's warnings through it."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: structlog.types.Processor
    if form == "json":
        last = structlog.processors.JSONRenderer()
    else:
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: Logger(sys.stderr),
        cache_logger_on_first_use=True,
    )


def lend() -> None:
    """Inside somebody else's program: what we say goes where its own log goes, by way of `logging`;
    or through structlog, where the program has set that up.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class Logger(structlog.PrintLogger):
    """Prints, and where that fails (a full disk, a reader that is gone) does without the line."""

    @override
    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


LINES_PER_SECOND = 10
"""Log lines about requests; in a storm the rest is counted, and the journal has it all."""

TROUBLED = frozenset({"failed", "cut"})


class RequestLog:
    """One line for every request that did not go smoothly: failed over, resumed, cut, or failed."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("understudy.requests")
        self._second = 0
        self._lines = 0
        self._unsaid = 0

    def observe(self, entry: RequestEntry) -> None:
        """Called in the journal's thread, for each request."""
        is_troubled = entry.outcome in TROUBLED
        if not is_troubled and (len(entry.attempts) < 2 or entry.outcome != "ok"):
            return
        second = int(entry.at + entry.duration)
        if second != self._second:
            if self._unsaid:
                self._log.warning("more requests did not go smoothly", count=self._unsaid)
            self._second, self._lines, self._unsaid = second, 0, 0
        self._lines += 1
        if self._lines > LINES_PER_SECOND:
            self._unsaid += 1
            return
        tried = " > ".join(f"{one.target}: {one.outcome}" for one in entry.attempts)
        fields = {"request_id": entry.id, "route": entry.route, "tried": tried}
        if is_troubled:
            self._log.error(f"request {entry.outcome}", status=entry.status, **fields)
        elif entry.seam is not None:
            self._log.warning("answer continued elsewhere", seam=entry.seam, **fields)
        else:
            self._log.warning("failed over", **fields)
