"""Fetching a list of models from an address that the user named: bounded, and nothing else.

Raises: Unfetched.
"""

import contextlib
import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from understudy.config.errors import Unfit
from understudy.config.values import BaseUrl

LARGEST: Final = 32 * 2**20
"""Bytes of a list: ten times as much as the largest there is."""

WAIT: Final = 30.0
"""Seconds for each wait."""

MOST_MOVES: Final = 3


class Unfetched(Exception):
    """There is no list there; the message says what was found instead."""


def read_file(path: Path) -> bytes:
    """Read a list from a file."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Unfetched((error.strerror or type(error).__name__).lower()) from None
    return _bounded(data)


def fetch(url: str) -> bytes:
    """Fetch a list by HTTPS, wherever it has moved to. HTTP is for this machine alone."""
    for _ in range(MOST_MOVES + 1):
        status, moved, data = _get(url, {})
        if status not in {301, 302, 303, 307, 308} or not moved:
            if status != 200:
                raise Unfetched(f"found status {status}, expected 200")
            return data
        before, url = url, urljoin(url, moved)
        if before.startswith("https:") and not url.startswith("https:"):
            raise Unfetched("found a redirect away from https")
    raise Unfetched(f"found more than {MOST_MOVES} redirects")


def fetch_with_key(url: str, headers: Mapping[str, str]) -> bytes:
    """Fetch a provider's own list. A key goes where it was meant for: no redirect is followed."""
    status, _, data = _get(url, headers)
    if status != 200:
        raise Unfetched(f"found status {status}, expected 200")
    return data


def _get(url: str, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
    plain, _, query = url.partition("?")
    try:
        place = BaseUrl.parse(plain)
    except Unfit as error:
        raise Unfetched(str(error)) from None
    origin = place.origin
    if origin.scheme != "https" and not place.is_loopback:
        raise Unfetched("found http, expected https: prices can be changed on the way")
    connection = _connection(origin.scheme, origin.host, origin.port)
    asked = {"accept": "application/json", "user-agent": "understudy", **headers}
    path = (place.path or "/") + (f"?{query}" if query else "")
    with contextlib.closing(connection):
        try:
            connection.request("GET", path, headers=asked)
            response = connection.getresponse()
            data = _bounded(response.read(LARGEST + 1))
        except (OSError, http.client.HTTPException) as error:
            raise Unfetched(str(error) or type(error).__name__) from None
        return response.status, response.headers.get("location", ""), data


def _connection(scheme: str, host: str, port: int) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=WAIT, context=context)
    return http.client.HTTPConnection(host, port, timeout=WAIT)


def _bounded(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise Unfetched(f"found more than {LARGEST} bytes")
    return data
