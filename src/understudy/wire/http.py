"""HTTP values: what a request and a response head are; no idea of a socket or of an LLM."""

from typing import TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Field names in lower case, in order, duplicates kept (RFC 9110 §5)."""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a connection goes: scheme is "http" or "https" (RFC 9110 §4.3)."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The Host field's value: the port is named only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


class HttpRequest(msgspec.Struct, frozen=True, gc=False):
    """One request towards a provider. Credentials are never in it: the shell adds them last."""

    method: str
    path: str
    headers: Headers
    body: bytes


class ResponseHead(msgspec.Struct, frozen=True, gc=False):
    status: int
    headers: Headers


def header(headers: Headers, name: bytes) -> bytes | None:
    """Return the first value of the field `name` (lower case), or None."""
    for key, value in headers:
        if key == name:
            return value
    return None


def media_type(headers: Headers) -> bytes:
    """Return the media type in lower case without parameters, empty when there is none."""
    value = header(headers, b"content-type")
    return b"" if value is None else value.partition(b";")[0].strip().lower()
