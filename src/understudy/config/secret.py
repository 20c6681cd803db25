"""Secrets: values that cannot be shown by accident, and how callers' keys are kept.

A caller's key is stored as its SHA-256, without salt or stretching: keys are long and random
(`keygen` makes 256 bits), so there is no dictionary to try. Short keys are therefore refused.
"""

import hashlib
import hmac
import re
from typing import NoReturn, Self

import msgspec

SHORTEST_CALLER_KEY = 16
"""Characters. A shorter key could be guessed from its hash."""

_MASK = "<secret>"
_KNOWN_PREFIX = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:(?:sk|pk|rk|xai|gsk|hf|ghp|gho|nvapi|pplx|r8|tgp|fw|csk|key|usk)[-_]|AIza|AKIA|eyJ)"
    r"[A-Za-z0-9_\-]{12,}"
)
_RANDOM_RUN = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{20,}")
_PASSWORD_IN_URL = re.compile(r"//[^/@\s]*@")


class Secret:
    """A text that shows itself only to `reveal`.

    No repr, no JSON, no pickle; compared in constant time.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text itself. Called where it goes on the wire or is struck out, no more."""
        return self.__text

    def __repr__(self) -> str:  # type: ignore[explicit-override]
        return _MASK

    def __str__(self) -> str:  # type: ignore[explicit-override]
        return _MASK

    def __format__(self, spec: str) -> str:  # type: ignore[explicit-override]
        return _MASK

    def __eq__(self, other: object) -> bool:  # type: ignore[explicit-override]
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would be an oracle, and nobody needs it

    def __reduce_ex__(self, protocol: object) -> NoReturn:  # type: ignore[explicit-override]
        raise TypeError("a secret is never pickled or copied")


class KeyDigest(msgspec.Struct, frozen=True):
    """The SHA-256 of a caller's key."""

    digest: bytes

    @classmethod
    def of(cls, key: Secret) -> Self:
        return cls(hashlib.sha256(key.reveal().encode()).digest())

    @property
    def text(self) -> str:
        """The form of the configuration file: `sha256:<hex>`."""
        return f"sha256:{self.digest.hex()}"

    def is_of(self, presented: bytes) -> bool:
        """Compare with a presented key's SHA-256 digest, in constant time."""
        return hmac.compare_digest(self.digest, presented)


def mask(text: str) -> str:
    """Return `text` with everything that looks like a secret struck out.

    A guess: never rely on it alone.
    """
    masked = _PASSWORD_IN_URL.sub(f"//{_MASK}@", text)
    masked = _KNOWN_PREFIX.sub(_MASK, masked)
    return _RANDOM_RUN.sub(_MASK, masked)


def show(value: object, limit: int = 80) -> str:
    """Return how a value found in a file is shown: quoted, masked, and no longer than `limit`."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            text = mask(value)
            clipped = text if len(text) <= limit else f"{text[:limit]}..."
            return msgspec.json.encode(clipped).decode()
        case list():
            return f"an array of {len(value)}"
        case dict():
            return "a table"
        case _:
            return f"a {type(value).__name__}"
