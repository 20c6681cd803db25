"""What a dialect says of conversations that the server keeps, and that go on by an answer's id.

The server that keeps them is this gateway: so they survive a change of provider. Pure: what is kept
is bytes in the dialect, where and how long is the shell's business.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec


class Reference(msgspec.Struct, frozen=True):
    """What a request says of earlier answers. `items` are single things in them, by id.

    `keeps`: its own answer may be kept.
    """

    previous: str | None = None
    items: tuple[str, ...] = ()
    keeps: bool = False


class Turn(msgspec.Struct, frozen=True):
    """One answer that is kept, and what it answered.

    `said` is a JSON array of what was new in the request, `answer` the answer as the client got it.
    `producer` is who made it, in whose own dialect it is; None where it was translated. `target` is
    where it is still being made, None once it is whole.
    """

    caller: str
    id: str
    said: bytes
    answer: bytes
    previous: str | None = None
    producer: str | None = None
    target: str | None = None

    @property
    def size(self) -> int:
        return len(self.said) + len(self.answer)


class Memory(Protocol):
    """Methods never raise for what a client or provider sent; what cannot be read says nothing."""

    def reference(self, body: bytes) -> Reference: ...

    def said(self, body: bytes) -> bytes:
        """What is new in a request, as `Turn.said`."""
        ...

    def expanded(self, body: bytes, turns: Sequence[Turn], items: Mapping[str, bytes]) -> bytes:
        """The request with all that went before in place of the reference to it."""
        ...

    def thoughts(self, data: bytes, *, stream: bool) -> tuple[str, ...]:
        """Names for the hidden thoughts in an answer, or in some of its frames."""
        ...

    def sealed(
        self, body: bytes, maker: Callable[[str], str | None]
    ) -> tuple[bytes, frozenset[str]]:
        """The request with its hidden thoughts marked for who made them, and those who did.

        `maker` tells it by one of a thought's names, None where it is not known.
        """
        ...

    def answer(self, data: bytes, *, stream: bool) -> tuple[str, bytes] | None:
        """The id of a whole answer, and its bytes. `data` is the body, or some of its frames."""
        ...

    def pending(self, body: bytes) -> tuple[str, bytes] | None:
        """The id of an answer that its provider is still at, and what is said of it so far."""
        ...

    def items(self, turn: Turn) -> dict[str, bytes]:
        """What is in an answer, by id."""
        ...

    def input_page(self, turns: Sequence[Turn]) -> bytes:
        """A page of what the last of the turns answered, all that went before included."""
        ...

    def deleted(self, id_: str) -> bytes:
        """What is said of an answer that was deleted."""
        ...

    def not_found(self, id_: str) -> str:
        """What is said where an answer is not kept, in the vendor's own words."""
        ...

    @property
    def code(self) -> str:
        """The error code of that."""
        ...

    @property
    def hidden(self) -> bytes:
        """Bytes that stand wherever a thought is hidden."""
        ...

    @property
    def marks(self) -> tuple[bytes, ...]:
        """Bytes of which the frame with the whole answer holds some."""
        ...
