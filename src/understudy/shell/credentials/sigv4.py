"""AWS Signature Version 4 over one request, exactly as it goes onto the wire.

The algorithm is that of "Create a signed AWS API request" (AWS IAM User Guide, November 2026), for
services other than S3: the path is encoded once more than it was sent. botocore's signer is the
reference, and the tests compare with it; it is not used here because it takes seven times as long
(see `docs/adr/0012-cloud-credentials.md`).
"""

import hashlib
import hmac
import time
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

import msgspec
from typing_extensions import override

from understudy.wire.http import HttpRequest

_ALGORITHM = b"AWS4-HMAC-SHA256"
_END = b"aws4_request"
_UNSIGNED_FIELDS = frozenset({b"user-agent", b"accept-encoding", b"connection", b"expect", b"te"})
"""What a proxy on the way may change; the service does not ask for them."""


class Keys(msgspec.Struct, frozen=True):
    """What signs. `token` goes along with keys that were lent for a time."""

    access: str
    secret: str
    token: str | None = None

    @override
    def __repr__(self) -> str:
        return "Keys(<secret>)"


class Signer:
    """Signs for one region and service. The key that is derived for a day is kept for that day."""

    def __init__(self, keys: Keys, region: str, service: str) -> None:
        self._secret = b"AWS4" + keys.secret.encode()
        self._access = keys.access.encode()
        self._token = b"" if keys.token is None else keys.token.encode("ascii")
        self._region = region.encode()
        self._service = service.encode()
        self._day = b""
        self._key = b""
        self._second = -1
        self._moment = b""

    def lines(self, request: HttpRequest, authority: str, at: float) -> bytes:
        """Return the header lines that sign `request`. `at` is the wall clock's seconds."""
        moment = self._moment_of(int(at))
        day = moment[:8]
        fields = sorted(self._signed(request, authority, moment))
        names = b";".join([name for name, _ in fields])
        path, _, query = request.path.partition("?")
        canonical = b"\n".join(
            [
                request.method.encode(),
                canonical_path(path),
                canonical_query(query),
                *[b"%b:%b" % field for field in fields],
                b"",
                names,
                hashlib.sha256(request.body).hexdigest().encode(),
            ]
        )
        scope = b"/".join((day, self._region, self._service, _END))
        digest = hashlib.sha256(canonical).hexdigest().encode()
        text = b"\n".join((_ALGORITHM, moment, scope, digest))
        signature = hmac.digest(self._key_of(day), text, "sha256").hex().encode()
        token = b"x-amz-security-token: %b\r\n" % self._token if self._token else b""
        return (
            b"x-amz-date: %b\r\n%bauthorization: %b Credential=%b/%b, SignedHeaders=%b, "
            b"Signature=%b\r\n" % (moment, token, _ALGORITHM, self._access, scope, names, signature)
        )

    def _signed(
        self, request: HttpRequest, authority: str, moment: bytes
    ) -> Iterator[tuple[bytes, bytes]]:
        yield b"host", authority.encode()
        yield b"x-amz-date", moment
        if self._token:
            yield b"x-amz-security-token", self._token
        seen: dict[bytes, bytes] = {}
        for name, value in request.headers:
            if name not in _UNSIGNED_FIELDS:
                # Fields of one name are one field, its values in order; runs of blanks are one.
                text = b" ".join(value.split())
                seen[name] = seen[name] + b"," + text if name in seen else text
        yield from seen.items()

    def _moment_of(self, second: int) -> bytes:
        if second != self._second:
            self._second = second
            self._moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second)).encode()
        return self._moment

    def _key_of(self, day: bytes) -> bytes:
        if day != self._day:
            key = self._secret
            for part in (day, self._region, self._service, _END):
                key = hmac.digest(key, part, "sha256")
            self._day, self._key = day, key
        return self._key


@lru_cache(maxsize=256)
def canonical_path(path: str) -> bytes:
    """Encode the path as sent once more, its dot segments resolved (RFC 3986 §5.2.4)."""
    if "/." in path or "//" in path:
        path = _resolved(path)
    return quote(path, safe="/-_.~").encode()


def _resolved(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment and segment != ".":
            kept.append(segment)
    end = "/" if path.endswith("/") and kept else ""
    return "/" + "/".join(kept) + end


def canonical_query(query: str) -> bytes:
    """Sort the pairs; they are encoded as they were sent."""
    if not query:
        return b""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join([f"{name}={value}" for name, value in pairs]).encode()
