"""Guard: who may change something through the admin listener. Everybody there may look.

With `server.admin_key` whoever sends it may. Without it only a program of this machine may: not a
browser (whose user may be looking at any page), not a name that somebody pointed at loopback, and
nothing that came through a proxy.
"""

import hashlib
import ipaddress
from collections.abc import Mapping

import msgspec

from understudy.config.secret import KeyDigest

MARK = "x-understudy-admin"
"""A header field that no web page can send to us: a browser would ask first, and is told no."""

_OF_BROWSERS = ("origin", "referer", "sec-fetch-site", "sec-fetch-mode")
_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Refusal(msgspec.Struct, frozen=True):
    """Why not, with the status that says so."""

    status: int
    reason: str


def refusal(headers: Mapping[str, str], peer: str | None, key: KeyDigest | None) -> Refusal | None:
    """Return why a change is refused, None where it is allowed.

    `headers` are by lower-case name, `peer` is the address that the connection comes from.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refusal(415, "expected content-type: application/json")
    if key is not None:
        return None if _has(key, headers) else Refusal(401, "expected server.admin_key as bearer")
    if MARK not in headers:
        return Refusal(403, f"expected the header field {MARK}")
    sent = [name for name in (*_OF_BROWSERS, *_OF_PROXIES) if name in headers]
    if sent:
        return Refusal(403, f"found {sent[0]}: browsers and proxies need server.admin_key")
    if peer is None or not _is_loopback(peer):
        return Refusal(403, "other machines need server.admin_key")
    host = _host(headers.get("host", ""))
    if not _is_loopback(host):
        return Refusal(403, f"found host {host[:80]!r}, expected this machine's loopback address")
    return None


def _has(key: KeyDigest, headers: Mapping[str, str]) -> bool:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    digest = hashlib.sha256(token.strip().encode("utf-8", "replace")).digest()
    return key.is_of(digest) and scheme.lower() == "bearer"


def _host(value: str) -> str:
    """Return the host of a Host field, without its port and brackets."""
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
