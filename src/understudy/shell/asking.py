"""What the address of a request says besides where it goes: a key, which is for nobody else."""

from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from understudy.dialects.base import Dialect, Methods

POST = frozenset({b"POST"})

_KEY = b"key="
"""Google's clients may send their key so (cloud.google.com/docs/authentication/api-keys-use)."""


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
