"""What the address of a request says besides where it goes: a key, which is for nobody else."""

from urllib.parse import unquote_to_bytes

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
