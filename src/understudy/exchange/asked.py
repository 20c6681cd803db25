"""One request as a client sent it."""

import hashlib

import msgspec

from understudy.dialects.base import Glance


class Asked(msgspec.Struct, frozen=True):
    """`at` is wall-clock time (Unix seconds). `path` is where it went, with its query.

    `headers` are those fields that its dialect may forward. `routes` limits what the caller may
    use, None: everything. `sealed` is the body with its hidden thoughts marked for their `makers`,
    where those are known: nobody else can read them. `glance` is what was read of it,
    where somebody had to look before.
    """

    id: str
    at: float
    dialect: str
    body: bytes
    caller: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    routes: frozenset[str] | None = None
    path: str = ""
    sealed: bytes | None = None
    makers: frozenset[str] = frozenset()
    glance: Glance | None = None

    def digest(self) -> bytes:
        """Return a hash of the body: the same request has the same."""
        return hashlib.blake2b(self.body, digest_size=16).digest()
