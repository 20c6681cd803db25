"""Whose key came with a request, and what its address says besides where it goes: perhaps a key,
which is for nobody else.
"""

from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from understudy.config.settings import Caller, Settings
from understudy.dialects.base import Dialect, Methods
from understudy.shell.signature import SCHEME, claim_of

POST = frozenset({b"POST"})

_KEY = b"key="
"""Google's clients may send their key so (cloud.google.com/docs/authentication/api-keys-use)."""


def caller_of(fields: list[tuple[bytes, bytes]], url: bytes, settings: Settings) -> Caller | None:
    """Whose key came with a request's head; None: nobody's."""
    token = b""
    for name, value in fields:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            token = value[7:].strip()
        elif name == b"authorization" and value.startswith(SCHEME):
            # Whether it is signed with that key is seen when the body is there.
            claim = claim_of(fields)
            return None if claim is None else settings.signer(claim.access)
        elif name in {b"x-api-key", b"api-key", b"x-goog-api-key"} and not token:
            token = value.strip()
    return settings.caller(token or key_in(url))


def key_in(url: bytes) -> bytes:
    """Return the key that stands in the query, b"" where there is none."""
    for field in url.partition(b"?")[2].split(b"&"):
        if field.startswith(_KEY):
            return unquote_to_bytes(field.removeprefix(_KEY))
    return b""


def asked_at(url: bytes) -> str:
    """Return path and query for whoever reads the request: without a key."""
    path, _, query = url.partition(b"?")
    if _KEY in query:
        query = b"&".join(field for field in query.split(b"&") if not field.startswith(_KEY))
    return (path + b"?" + query if query else path).decode("latin-1")


def methods_of(dialects: Mapping[str, Dialect]) -> Mapping[str, frozenset[bytes]]:
    """Return the methods that each dialect takes: POST alone, mostly."""
    return {
        name: frozenset(method.encode() for method in dialect.methods)
        if isinstance(dialect, Methods)
        else POST
        for name, dialect in dialects.items()
    }


def named(method: bytes, url: bytes, methods: frozenset[bytes]) -> str:
    """What a request is to its dialect: its path, behind its method where that matters."""
    path = asked_at(url)
    return path if methods is POST else f"{method.decode('latin-1')} {path}"
