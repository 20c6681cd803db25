"""What a running gateway says of its targets: asked on its admin listener, told in words."""

import http.client
from collections.abc import Container, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from understudy.routing.breaker import State
from understudy.routing.snapshot import DomainView, Snapshot

WAIT = 5.0
"""Seconds for the gateway to answer."""

LARGEST = 64 * 2**20

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Unanswered(Exception):
    """Nobody at the address said how a gateway is."""


class _Health(msgspec.Struct, frozen=True):
    router: Snapshot


def ask(url: str) -> Snapshot:
    """Ask the admin listener at `url` (`http://127.0.0.1:9090`) how the gateway is.

    Raises: Unanswered.
    """
    status, body = call(url, "GET", "/admin/health")
    if status != 200:
        raise Unanswered(f"{url} answers /admin/health with {status}, expected 200")
    return read(body)


def call(
    url: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
) -> tuple[int, bytes]:
    """Return the status and the body of one answer of the admin listener. Raises: Unanswered."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise Unanswered(f'"{url}" is no address of an admin listener: expected http://host:port')
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 9090, timeout=WAIT)
    try:
        connection.request(method, path, body or None, dict(headers))
        with connection.getresponse() as response:
            return response.status, response.read(LARGEST)
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(f"no gateway answers at {url}: {error}") from None
    finally:
        connection.close()


def read(body: bytes) -> Snapshot:
    """Read the body of `/admin/health`. Raises: Unanswered."""
    try:
        return msgspec.json.decode(body, type=_Health).router
    except msgspec.DecodeError as error:
        raise Unanswered(f"what answers is no gateway of this version: {error}") from None


def trouble(snapshot: Snapshot, targets: Container[str]) -> list[DomainView]:
    """Return the domains that keep any of `targets` from being asked, or asked first, now."""
    reasons = [
        reason
        for each in snapshot.targets
        if each.name in targets
        for reason in (*each.reasons, *each.turned)
    ]
    return [
        view
        for view in snapshot.domains
        if any(reason.startswith(f"{view.domain} ") for reason in reasons)
    ]


def lines(view: DomainView) -> Iterator[str]:
    """Say of a domain why it is shut, since when nothing worked there, and who else is well; or
    why it has not all of its traffic.
    """
    for words in view.turned:
        yield f"{view.domain} {words}"
    until = max(view.open_for, view.resting_for)
    if view.turned and until <= 0.0 and view.state is State.CLOSED:
        return
    how = f"shut for {until:.0f} s more" if until > 0.0 else "being probed"
    rule = f" ({view.rule})" if view.rule else ""
    yield f"{view.domain}, {how}: {view.why or 'no reason is known'}{rule}"
    for line in view.evidence:
        yield f"  {line}"
