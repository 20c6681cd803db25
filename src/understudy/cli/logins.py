"""Can the credentials that a configuration wants be fetched? Asked once, all at the same time."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from understudy.config.login import Login
from understudy.config.secret import mask
from understudy.shell.credentials.fetched import Fetched, Unfetched
from understudy.shell.credentials.keepers import fetch

LIMIT: Final = 20.0
"""Seconds for all of them together."""


class Seen(msgspec.Struct, frozen=True):
    """What came of one. `error` None: it is good, for `left` seconds (None: nobody says)."""

    provider: str
    scheme: str
    whose: str | None = None
    left: float | None = None
    error: str | None = None

    def words(self) -> str:
        """Say it for people."""
        if self.error is not None:
            return f"{self.scheme}: {self.error}"
        ends = "does not end" if self.left is None else f"good for {self.left / 60:.0f} min"
        return f"{self.scheme}: {self.whose}, {ends}"


def look(
    logins: Mapping[str, Login],
    fetch: Callable[[Login], Fetched] = fetch,
    limit: float = LIMIT,
) -> list[Seen]:
    """Fetch each credential once, and throw it away."""
    answers: queue.SimpleQueue[Seen] = queue.SimpleQueue()

    def ask(provider: str, login: Login) -> None:
        answers.put(_seen(provider, login, fetch))

    for provider, login in logins.items():
        threading.Thread(target=ask, args=(provider, login), daemon=True).start()
    found = {seen.provider: seen for seen in _within(answers, len(logins), limit)}
    late = f"nobody answered within {limit:g} s"
    return [
        found.get(provider) or Seen(provider, login.scheme, error=late)
        for provider, login in logins.items()
    ]


def _within(answers: "queue.SimpleQueue[Seen]", count: int, limit: float) -> Iterator[Seen]:
    end = time.monotonic() + limit
    for _ in range(count):
        try:
            yield answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            return


def _seen(provider: str, login: Login, fetch: Callable[[Login], Fetched]) -> Seen:
    try:
        fetched = fetch(login)
    except Unfetched as error:
        words = " ".join(mask(str(error)).split())[:300]
        return Seen(provider, login.scheme, error=words)
    left = None if fetched.expires is None else fetched.expires - time.time()
    if left is not None and left <= 0.0:
        return Seen(provider, login.scheme, error=f"what {fetched.whose} gives has expired")
    return Seen(provider, login.scheme, fetched.whose, left)
