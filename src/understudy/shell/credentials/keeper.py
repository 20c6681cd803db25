"""Keeper: one provider's credential, fetched and renewed in a thread beside requests.

A request takes what is there and never waits while that is good. At the start, and after a failure,
it may wait a moment for the fetch that is under way; where the last one failed it does not.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

import structlog

from understudy.config.secret import mask
from understudy.shell.credentials.fetched import Fetched, Unfetched
from understudy.wire.http import HttpRequest, ResponseHead, header

MARGIN: Final = 600.0
"""Seconds before its end at which a credential is renewed; one of a short life at half of it."""

MOST_OFTEN: Final = 30.0
"""Seconds between two renewals at least, where what comes is no newer than what there was."""

FIRST_RETRY: Final = 2.0
LAST_RETRY: Final = 60.0
"""Seconds from a failed fetch to the next: twice as long each time, between these two."""

PATIENCE: Final = 2.0
"""Seconds that a request waits for a first credential: less than it may take to connect."""

FETCH_LIMIT: Final = 30.0
"""Seconds after which a fetch is given up; its thread may still bring what it was sent for."""

TRUST: Final = 300.0
"""Seconds in which only one refusal leads to a renewal: a credential that is refused right after
has another fault.
"""

SKEW: Final = 120.0
"""Seconds that this machine's clock may be off before a refusal is put down to that."""

MOST_SKEW: Final = 86_400.0


class Waiting:
    """A request that waits; `tell` is called once, when there is something or no more hope."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self.tell = tell
        self.timer: asyncio.TimerHandle | None = None


class Keeper:
    """One for a provider. `fetch` runs in a thread, and raises Unfetched.

    `known` hears of secrets as they come, and of those that have gone; `renewed` is called when a
    new credential stands in for one that was refused, or that was missing.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Fetched],
        known: Callable[[tuple[str, ...], tuple[str, ...]], None],
        renewed: Callable[[], None],
        wall: Callable[[], float],
    ) -> None:
        self.name = name
        self.last_error: str | None = None
        self.fetches = 0
        self.failures = 0
        self.skew = 0.0
        self._fetch = fetch
        self._known = known
        self._renewed = renewed
        self._wall = wall
        self._loop = asyncio.get_running_loop()
        self._log = structlog.get_logger("understudy.credentials")
        self._fetched: Fetched | None = None
        self._before: tuple[str, ...] = ()
        self._good_until = 0.0
        self._in_a_row = 0
        self._thread: threading.Thread | None = None
        self._is_flying = False
        self._was_refused = False
        self._trusts_from = float("-inf")
        self._waiting: set[Waiting] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    # What requests ask

    def lines(self, request: HttpRequest, authority: str) -> bytes | None:
        """Return the header lines that let `request` in; None where there is no good credential."""
        fetched = self._fetched
        if fetched is None or self._loop.time() >= self._good_until:
            return None
        return fetched.signs.lines(request, authority, self._wall() + self.skew)

    def wait(self, tell: Callable[[], None]) -> Waiting:
        """Have `tell` called when there is a credential, or no hope of one soon. `leave` undoes."""
        waiting = Waiting(tell)
        if self.last_error is not None and not self._is_flying:
            waiting.timer = self._loop.call_later(0.0, self._told, waiting)
        else:
            waiting.timer = self._loop.call_later(PATIENCE, self._told, waiting)
            self._start()
        self._waiting.add(waiting)
        return waiting

    def leave(self, waiting: Waiting) -> None:
        self._waiting.discard(waiting)
        if waiting.timer is not None:
            waiting.timer.cancel()

    def refused(self, head: ResponseHead) -> None:
        """Somebody was answered 401 or 403: fetch anew, once; or see that the clock is wrong."""
        now = self._loop.time()
        if now < self._trusts_from:
            return
        self._trusts_from = now + TRUST
        self._was_refused = True
        self._log.warning("credential refused", provider=self.name, status=head.status)
        if self._mend_clock(head):
            self._renewal_is_over()
        else:
            self._start()

    # What people ask

    def why(self) -> str:
        """Say why there is no credential."""
        return self.last_error or "no credential has come yet"

    def left(self) -> float:
        """Return for how many seconds what is there is good: 0 for nothing, infinity for ever."""
        return 0.0 if self._fetched is None else max(0.0, self._good_until - self._loop.time())

    def status(self) -> dict[str, object]:
        """How it is, without any secret. Times are seconds."""
        fetched = self._fetched
        left = self.left()
        is_good = left > 0.0
        return {
            "provider": self.name,
            "state": "good" if is_good else "missing" if self.last_error is None else "failing",
            "whose": None if fetched is None else fetched.whose,
            "expires_in": None if fetched is None or fetched.expires is None else round(left),
            "fetches": self.fetches,
            "failures": self.failures,
            "last_error": self.last_error,
            "clock_off_by": round(self.skew),
        }

    # Fetching

    def start(self) -> None:
        """Fetch the first one, or a newer one."""
        self._start()

    def close(self) -> None:
        """Fetch no more; what is there stays good for requests in progress."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _start(self) -> None:
        if self._is_flying or self._is_closed:
            return
        if self._thread is not None and self._thread.is_alive():
            # Given up, but still at it: another one beside it would fare no better.
            self._again_in(LAST_RETRY)
            return
        self._is_flying = True
        self._after(FETCH_LIMIT, self._took_too_long)
        self._thread = threading.Thread(
            target=self._fly, name=f"credential {self.name}", daemon=True
        )
        self._thread.start()

    def _fly(self) -> None:
        """Runs in the thread. The loop may be gone by the end."""
        result: Fetched | str
        try:
            result = self._fetch()
        except Unfetched as error:
            result = str(error)
        except Exception as error:  # noqa: BLE001 - a library's bug must not leave us without a word
            result = f"{type(error).__name__}: {error}"
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._landed, result)

    def _took_too_long(self) -> None:
        self._failed(f"nobody answered within {FETCH_LIMIT:g} s")

    def _landed(self, result: Fetched | str) -> None:
        if self._is_closed:
            return
        if isinstance(result, str):
            if self._is_flying:
                self._failed(result)
            return
        self._is_flying = False
        left = float("inf")
        if result.expires is not None:
            left = result.expires - self._wall() - self.skew
        if left <= 0.0:
            self._failed(f"what {result.whose} gives expired {-left:.0f} s ago")
            return
        self._take(result, left)

    def _take(self, fetched: Fetched, left: float) -> None:
        now = self._loop.time()
        old = self._fetched
        was_missing = old is None or now >= self._good_until
        gone = self._before
        self._before = () if old is None else old.secrets
        self._known(fetched.secrets, tuple({*gone} - {*self._before, *fetched.secrets}))
        is_newer = old is None or fetched.secrets != old.secrets
        self._fetched = fetched
        self._good_until = now + left
        self.fetches += 1
        self.last_error, self._in_a_row = None, 0
        if fetched.expires is not None:
            wait = max(left - MARGIN, left / 2) if is_newer else max(left / 2, MOST_OFTEN)
            self._again_in(wait)
        elif self._timer is not None:
            self._timer.cancel()
        self._log.info(
            "credential fetched",
            provider=self.name,
            whose=fetched.whose,
            expires_in=None if fetched.expires is None else round(left),
        )
        self._tell_all()
        if was_missing or self._was_refused:
            self._renewal_is_over()

    def _failed(self, why: str) -> None:
        self._is_flying = False
        self._in_a_row += 1
        self.failures += 1
        self.last_error = " ".join(mask(why).split())[:300]
        wait = min(FIRST_RETRY * 2.0 ** min(self._in_a_row - 1, 10), LAST_RETRY)
        self._log.warning(
            "no credential",
            provider=self.name,
            error=self.last_error,
            next_try_in=wait,
            good_for=max(0, round(min(self._good_until - self._loop.time(), 1e9))),
        )
        self._again_in(wait)
        self._tell_all()

    def _again_in(self, seconds: float) -> None:
        self._after(seconds, self._start)

    def _after(self, seconds: float, what: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, what)

    def _renewal_is_over(self) -> None:
        self._was_refused = False
        self._renewed()

    def _mend_clock(self, head: ResponseHead) -> bool:
        """Learn how far our clock is off from what refused us; True where that was the reason."""
        said = header(head.headers, b"date")
        if said is None:
            return False
        try:
            theirs = parsedate_to_datetime(said.decode("latin-1")).timestamp()
        except (ValueError, OverflowError):
            return False
        skew = theirs - self._wall()
        if abs(skew - self.skew) <= SKEW or abs(skew) > MOST_SKEW:
            return False
        self.skew = skew
        self._log.warning(
            "this machine's clock is off: signatures are dated by the provider's",
            provider=self.name,
            seconds=round(skew),
        )
        return True

    def _tell_all(self) -> None:
        for waiting in tuple(self._waiting):
            self._told(waiting)

    def _told(self, waiting: Waiting) -> None:
        if waiting in self._waiting:
            self.leave(waiting)
            waiting.tell()
