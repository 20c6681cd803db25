"""Single values of the configuration: durations, sizes, addresses, URLs, sources of secrets.

Every `parse` raises `Unfit` for what it cannot read.
"""

import ipaddress
import re
from types import MappingProxyType
from typing import ClassVar, Self
from urllib.parse import urlsplit

import msgspec

from understudy.chat.request import ReasoningConfig, Sampling
from understudy.config.errors import Unfit, did_you_mean, join_names
from understudy.config.secret import mask, show
from understudy.journal.pattern import InvalidPattern, custom_detector
from understudy.wire.http import Origin

_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
_MOST = 2**63
"""A size is below it however it is written: what a whole number of TOML can say."""
_NOT_IN_URLS = re.compile(r"[^\x21-\x7e]")
_GROUPS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        "sampling": frozenset(Sampling.__struct_fields__),
        "reasoning": frozenset(ReasoningConfig.__struct_fields__),
    }
)
_DIGEST = re.compile(r"sha256:([0-9a-fA-F]{64})")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Seconds(float):
    """A time above zero: seconds, or a text with a unit (ms, s, m, h, d)."""

    __slots__ = ()
    WORD: ClassVar[str] = "a time"

    @classmethod
    def parse(cls, value: object) -> Self:
        expected = 'a time above zero: seconds (60), or a text with a unit ("500ms", "5m", "30d")'
        seconds = None
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value)
        elif isinstance(value, str) and (match := _QUANTITY.fullmatch(value)):
            unit = _SECONDS.get(match[2] or "s")
            seconds = None if unit is None else float(match[1]) * unit
        if seconds is None or not 0 < seconds < float("inf"):
            raise Unfit(show(value), expected)
        return cls(seconds)


class ByteCount(int):
    """A size above zero: bytes, or a text with a unit (KiB, MiB, GiB, kB, MB, GB)."""

    __slots__ = ()
    WORD: ClassVar[str] = "a size"

    @classmethod
    def parse(cls, value: object) -> Self:
        expected = 'a size above zero: bytes (33554432), or a text with a unit ("32 MiB")'
        size = None
        if isinstance(value, int) and not isinstance(value, bool):
            size = value
        elif isinstance(value, str) and (match := _QUANTITY.fullmatch(value)):
            unit = _BYTES.get(match[2].lower())
            size = None if unit is None else int(min(float(match[1]) * unit, _MOST))
        if size is None or not 0 < size < _MOST:
            raise Unfit(show(value), expected)
        return cls(size)


class Address(msgspec.Struct, frozen=True):
    """Where a listener stands. Port 0 lets the system choose one."""

    WORD: ClassVar[str] = '"host:port"'
    host: str
    port: int

    def __str__(self) -> str:  # type: ignore[explicit-override]
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    @classmethod
    def parse(cls, value: object) -> Self:
        expected = '"host:port", as in "127.0.0.1:8080" or "[::1]:8080"'
        if not isinstance(value, str):
            hint = f'write "127.0.0.1:{value}"' if isinstance(value, int) else ""
            raise Unfit(show(value), expected, hint)
        host, colon, port = value.strip().rpartition(":")
        if not colon or not host:
            raise Unfit(show(value), expected, "the host and the port are both needed")
        if ":" in host and not (host.startswith("[") and host.endswith("]")):
            raise Unfit(show(value), expected, "an IPv6 address stands in brackets")
        if not (port.isascii() and port.isdigit()) or int(port) > 65535:
            raise Unfit(f"port {show(port)}", "a port from 0 to 65535")
        return cls(host.strip("[]"), int(port))


class Admin(msgspec.Struct, frozen=True):
    """Where the admin listener stands; None: there is none (`"off"`)."""

    WORD: ClassVar[str] = '"host:port" or "off"'
    address: Address | None

    def __str__(self) -> str:  # type: ignore[explicit-override]
        return "off" if self.address is None else str(self.address)

    @classmethod
    def parse(cls, value: object) -> Self:
        return cls(None) if value == "off" else cls(Address.parse(value))


class BaseUrl(msgspec.Struct, frozen=True):
    """A provider's address.

    Where to connect, and the path before the dialect's own. `text` is the whole.
    """

    WORD: ClassVar[str] = "a URL"
    text: str
    origin: Origin
    path: str

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine."""
        return Address(self.origin.host, self.origin.port).is_loopback

    @classmethod
    def parse(cls, value: object) -> Self:
        expected = 'an http:// or https:// URL without query, as in "https://api.example.com/v1"'
        if not isinstance(value, str):
            raise Unfit(show(value), expected)
        if _NOT_IN_URLS.search(value):
            raise Unfit(show(value), expected, "no spaces, and nothing beyond ASCII")
        try:
            parts = urlsplit(value)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise Unfit(show(value), expected, mask(str(error).lower())) from None
        if parts.scheme not in {"http", "https"}:
            raise Unfit(
                show(value), expected, "it starts with https:// (or http:// on a local network)"
            )
        if not host or not _is_host(host):
            raise Unfit(show(value), expected, "it needs the name or address of a host")
        if parts.username is not None or parts.password is not None:
            raise Unfit(
                "a URL with a user or password in it", expected, "put the secret into `key`"
            )
        if parts.query or parts.fragment:
            raise Unfit(show(value), expected)
        origin = Origin(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))
        return cls(
            f"{parts.scheme}://{origin.authority}{parts.path}", origin, parts.path.rstrip("/")
        )


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return ipaddress.ip_address(host.partition("%")[0]).version == 6
        except ValueError:
            return False
    return re.fullmatch(r"[A-Za-z0-9._-]{1,253}", host) is not None


class SecretSource(msgspec.Struct, frozen=True):
    """Where a secret comes from: `env` and the name of a variable, or `file` and a path."""

    WORD: ClassVar[str] = '"env:NAME" or "file:PATH"'
    scheme: str
    where: str

    def __str__(self) -> str:  # type: ignore[explicit-override]
        return f"{self.scheme}:{self.where}"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Never shows `value`: it may be the secret itself."""
        expected = '"env:NAME" or "file:/path": where the secret is, never the secret itself'
        hint = "put it into an environment variable or a file only you can read, and name that here"
        if not isinstance(value, str):
            raise Unfit(f"a {type(value).__name__}", expected)
        scheme, colon, where = value.partition(":")
        if not colon or scheme not in {"env", "file"}:
            raise Unfit("a text that is neither (not shown: it may be a secret)", expected, hint)
        if not where or (scheme == "env" and not _ENVIRONMENT_NAME.fullmatch(where)):
            raise Unfit(f'"{scheme}:" and then no name of a variable or file', expected)
        return cls(scheme, where)


class DigestText(msgspec.Struct, frozen=True):
    """A caller's key as it may stand in a file: `sha256:` and 64 hexadecimal digits."""

    WORD: ClassVar[str] = '"sha256:HEX"'
    digest: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Never shows `value`: it may be the key itself."""
        match = _DIGEST.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise Unfit(
                "something else (not shown: it may be a key)",
                '"sha256:" and 64 hexadecimal digits',
                "`understudy keygen` makes a key and its hash",
            )
        return cls(bytes.fromhex(match[1]))


class NeutralPath(msgspec.Struct, frozen=True):
    """A parameter of a request, where the neutral model has it (`sampling.top_k`)."""

    WORD: ClassVar[str] = "a parameter's path"
    text: str

    @classmethod
    def parse(cls, value: object) -> Self:
        """A single word may be any field of any dialect; a path is checked."""
        if not isinstance(value, str) or not value:
            raise Unfit(show(value), 'a path in the neutral model, as in "sampling.top_k"')
        group, dot, field = value.partition(".")
        fields = _GROUPS.get(group)
        if dot and fields is not None and field not in fields:
            expected = f"one of {join_names((f'{group}.{each}' for each in fields), limit=20)}"
            close = did_you_mean(field, fields).replace('"', f'"{group}.', 1)
            raise Unfit(show(value), expected, close)
        return cls(value)


class Pattern(msgspec.Struct, frozen=True):
    """A regular expression, in Python's syntax."""

    WORD: ClassVar[str] = "a regular expression"
    text: str

    @classmethod
    def parse(cls, value: object) -> Self:
        if not isinstance(value, str) or not value:
            raise Unfit(show(value), "a regular expression")
        try:
            custom_detector(value)
        except InvalidPattern:
            hint = "it must compile, and repeat without bound at most twice"
            raise Unfit(show(value), "a regular expression", hint) from None
        return cls(value)
