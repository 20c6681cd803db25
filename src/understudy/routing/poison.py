"""Poison: a request that brings down whoever serves it must not be carried to the next host.

A host dies of a request when the connection breaks before anything was said, and nothing had been
wrong there when it was asked. The same request (by a hash of its body, made only now) on two hosts,
or twice in a row on one engine of our own, is no coincidence: it is stopped, and so is whoever
sends it again. A request that anybody answers is innocent. What breaks after its answer has begun
counts for nothing here: hosts that go away take many good answers with them.

Bounded: so many requests are remembered, the oldest forgotten first, each for some minutes.
"""

import ipaddress
from typing import Final

import msgspec

from understudy.chat.failure import Failure, Progress
from understudy.wire.http import Origin

REMEMBERED: Final = 600.0
CONDEMNED: Final = 120.0
"""Seconds for which a condemned request is refused; then one more attempt is made."""

ALERT: Final = 60.0
"""Seconds after a death in which it pays to know which requests do no harm."""

MOST: Final = 256

# Causes in the taxonomy's ids.
_DEATHS: Final = frozenset({"reset_before_headers", "reset_mid_stream", "eof_without_terminator"})


class _Suspect(msgspec.Struct):
    """`hosts`: how often each failed by it. `times`: how often the last of them died anew."""

    hosts: dict[str, int]
    last: float
    times: int = 0
    is_condemned: bool = False


class Suspects:
    """Requests that hosts died of, by their digests."""

    def __init__(self) -> None:
        self._suspects: dict[bytes, _Suspect] = {}
        self._innocent: dict[bytes, float] = {}
        self._condemned = 0

    @property
    def is_armed(self) -> bool:
        """Whether any request is condemned, so that it pays to look at each."""
        return self._condemned > 0

    def died(self, digest: bytes, host: str, asked: float, now: float, *, is_own: bool) -> bool:
        """Note that a host died of a request that it was asked at `asked`.

        Returns whether the request is condemned. `is_own`: it is an engine of our own.
        """
        if now - self._innocent.get(digest, -REMEMBERED) < REMEMBERED:
            return False
        suspect = self._suspects.get(digest)
        if suspect is None or now - suspect.last >= REMEMBERED:
            self._forget(digest)
            suspect = self._suspects[digest] = _Suspect({}, -REMEMBERED)
            if len(self._suspects) > MOST:
                self._forget(next(iter(self._suspects)))
        if host not in suspect.hosts:
            suspect.times = 0
        suspect.hosts[host] = suspect.hosts.get(host, 0) + 1
        if asked >= suspect.last or suspect.times == 0:
            # Copies of one request that were under way together died one death.
            suspect.times += 1
        suspect.last = now
        if not suspect.is_condemned and (len(suspect.hosts) > 1 or (is_own and suspect.times > 1)):
            suspect.is_condemned = True
            self._condemned += 1
        return suspect.is_condemned

    def answered(self, digest: bytes, now: float) -> None:
        """Note that somebody answered it: whoever suspected it was wrong."""
        self._forget(digest)
        self._innocent.pop(digest, None)
        self._innocent[digest] = now
        if len(self._innocent) > MOST:
            del self._innocent[next(iter(self._innocent))]

    def is_condemned(self, digest: bytes, now: float) -> bool:
        """Return whether the request has been stopped lately."""
        suspect = self._suspects.get(digest)
        if suspect is None or not suspect.is_condemned:
            return False
        if now - suspect.last >= CONDEMNED:
            self._forget(digest)
            return False
        return True

    def deaths(self, digest: bytes, host: str) -> int:
        """Return how often that host failed by that request."""
        suspect = self._suspects.get(digest)
        return 0 if suspect is None else suspect.hosts.get(host, 0)

    def _forget(self, digest: bytes) -> None:
        suspect = self._suspects.pop(digest, None)
        if suspect is not None and suspect.is_condemned:
            self._condemned -= 1


def is_death(failure: Failure, *, began: float | None) -> bool:
    """Return whether a host may have died of a request: it was sent, and nothing was said."""
    return (
        began is None
        and failure.status is None
        and failure.progress is not Progress.NOT_SENT
        and failure.kind.rpartition(".")[2] in _DEATHS
    )


def is_own(origin: Origin) -> bool:
    """Return whether an address is one of our own: private, loopback, or a name without a dot."""
    host = origin.host.strip("[]")
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
