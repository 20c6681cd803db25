"""Signed requests: whether a caller's AWS Signature Version 4 is right, checked as AWS does.

Source: "Create a signed AWS API request" and "Troubleshoot Signature Version 4" (AWS IAM User
Guide, November 2026): the path is encoded once more than it was sent, a request is good for five
minutes around its own time, and the host and every `x-amz-` field must be signed.
"""

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Sequence

import msgspec

from understudy.config.secret import Secret
from understudy.dialects.aws import SIGNED_FOR
from understudy.shell.credentials.sigv4 import canonical_path, canonical_query

SCHEME = b"AWS4-HMAC-SHA256"
SKEW = 300
"""Seconds that a request's time may differ from ours, either way."""

_END = b"aws4_request"
_HASH_FIELD = b"x-amz-content-sha256"
_DATE_FIELD = b"x-amz-date"
_MUST = frozenset({b"host", _DATE_FIELD})
_CLAIM = re.compile(
    SCHEME + rb" +Credential=([\w./+=@-]{1,128}?)/(\d{8})/([\w-]{1,64})/([\w-]{1,64})/([\w-]{1,64})"
    rb", *SignedHeaders=([\w;-]{1,2048}), *Signature=([0-9a-f]{64})"
)

Fields = Sequence[tuple[bytes, bytes]]


class Claim(msgspec.Struct, frozen=True):
    """What an `authorization` field says of a signature."""

    access: str
    scope: tuple[bytes, bytes, bytes, bytes]
    names: tuple[bytes, ...]
    signature: bytes


class Signed(msgspec.Struct, frozen=True):
    """A request as it came: `url` and `fields` untouched, names in lower case."""

    method: bytes
    url: bytes
    fields: Fields
    body: bytes


def claim_of(fields: Fields) -> Claim | None:
    """Return what a request claims, None where it does not claim to be signed, or not rightly."""
    found = None
    for name, value in fields:
        if name == b"authorization" and value.startswith(SCHEME):
            found = _CLAIM.fullmatch(value.strip())
    if found is None:
        return None
    scope = (found[2], found[3], found[4], found[5])
    return Claim(found[1].decode(), scope, tuple(found[6].split(b";")), found[7])


def fault(request: Signed, secret: Secret, now: float) -> str | None:
    """Return what is wrong with a signature, None where it is right. `now`: the wall clock."""
    claim = claim_of(request.fields)
    if claim is None:
        return "the authorization field is no complete signature"
    return _fault_of_claim(request, claim, now) or _fault_of_signature(request, claim, secret)


def _fault_of_claim(request: Signed, claim: Claim, now: float) -> str | None:
    day, _, service, end = claim.scope
    if service not in SIGNED_FOR or end != _END:
        return "the credential should be scoped to a service that is served here"
    moment = _value(request.fields, _DATE_FIELD)
    at = _seconds(moment)
    if at is None or moment[:8] != day:
        return "x-amz-date is not the time of the credential's day"
    if abs(now - at) > SKEW:
        way = "expired" if at < now else "not yet current"
        return f"signature {way}: x-amz-date is {abs(int(now - at))} seconds from this clock"
    names = frozenset(claim.names)
    demanded = _MUST | {name for name, _ in request.fields if name.startswith(b"x-amz-")}
    missing = sorted(demanded - names)
    if missing:
        return f"{missing[0].decode('latin-1')} must be a signed header"
    if list(claim.names) != sorted(names):
        return "the signed headers should be sorted, each once"
    return None


def _fault_of_signature(request: Signed, claim: Claim, secret: Secret) -> str | None:
    digest = hashlib.sha256(request.body).hexdigest().encode()
    stated = _value(request.fields, _HASH_FIELD)
    if stated and stated != digest:
        return "x-amz-content-sha256 is not the SHA-256 of the body"
    path, _, query = request.url.decode("latin-1").partition("?")
    canonical = b"\n".join(
        [
            request.method,
            canonical_path(path),
            canonical_query(query),
            *[b"%b:%b" % (name, _value(request.fields, name)) for name in claim.names],
            b"",
            b";".join(claim.names),
            digest,
        ]
    )
    moment = _value(request.fields, _DATE_FIELD)
    scope = b"/".join(claim.scope)
    hashed = hashlib.sha256(canonical).hexdigest().encode()
    key = b"AWS4" + secret.reveal().encode()
    for part in claim.scope:
        key = hmac.digest(key, part, "sha256")
    right = hmac.digest(key, b"\n".join((SCHEME, moment, scope, hashed)), "sha256").hex()
    if hmac.compare_digest(right.encode(), claim.signature):
        return None
    return "the signature does not match the request and the secret of its access key"


def _value(fields: Fields, name: bytes) -> bytes:
    """A field as it is signed: all of its name in order, runs of blanks as one."""
    return b",".join(b" ".join(value.split()) for key, value in fields if key == name)


def _seconds(moment: bytes) -> float | None:
    try:
        return calendar.timegm(time.strptime(moment.decode("ascii"), "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return None
