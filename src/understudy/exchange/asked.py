"""One request as a client sent it."""

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """`at` is wall-clock time (Unix seconds). `path` is where it went, with its query.

    `headers` are those fields that its dialect may forward. `routes` limits what the caller may
    use, None: everything.
    """

    id: str
    at: float
    dialect: str
    body: bytes
    caller: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    routes: frozenset[str] | None = None
    path: str = ""
