"""What a client may ask of us."""

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """Bytes and seconds."""

    body_bytes: int = 32 * 1024 * 1024
    head_bytes: int = 64 * 1024
    url_bytes: int = 8 * 1024
    fields: int = 128
    connections: int = 10_000
    head_timeout: float = 15.0
    body_timeout: float = 120.0
    idle_timeout: float = 75.0
    write_timeout: float = 300.0
