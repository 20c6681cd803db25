"""What fetching a credential gives: something that writes header lines, and how long it is good.

Exception
└── Unfetched    nobody gives us a credential: whose fault and what to do, in words, no secret
"""

from typing import Protocol

import msgspec
from typing_extensions import override

from understudy.wire.http import HttpRequest


class Unfetched(Exception):
    """There is no credential. The message is for people, in lower case, and holds no secret."""


class Signs(Protocol):
    def lines(self, request: HttpRequest, authority: str, at: float) -> bytes:
        """Return the header lines that let `request` in; `at` is the wall clock's seconds."""
        ...


class Bearer:
    """Header fields that are the same for every request: a token."""

    def __init__(self, fields: dict[str, str]) -> None:
        text = "".join(f"{name.lower()}: {value}\r\n" for name, value in fields.items())
        self._lines = text.encode("ascii")

    def lines(self, request: HttpRequest, authority: str, at: float) -> bytes:
        del request, authority, at
        return self._lines


class Fetched(msgspec.Struct, frozen=True):
    """`expires` is the wall clock's seconds, None where nobody says: it is good until refused.

    `secrets` must never be seen. `whose` says where it came from, in words.
    """

    signs: Signs
    secrets: tuple[str, ...]
    expires: float | None
    whose: str

    @override
    def __repr__(self) -> str:
        return f"Fetched({self.whose})"
