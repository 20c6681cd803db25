"""Course: an answer that takes several exchanges, as of a server that queues jobs. What to ask
next, and what to ask where nobody waits any more. Sans-I/O: the shell walks it (`shell/errand`).

To everybody else it is one attempt: one request went out, and one answer came back.
"""

from typing import NamedTuple, Protocol, runtime_checkable

from understudy.wire.http import HttpRequest, ResponseHead


class Ask(NamedTuple):
    """Send `request`, `after` so many seconds; its answer may take `patience` seconds."""

    request: HttpRequest
    after: float = 0.0
    patience: float = 30.0


class Told(NamedTuple):
    """All is there: what the target would have said if one exchange were enough."""

    head: ResponseHead
    body: bytes


class Course(Protocol):
    """One instance for one attempt. `begin` once, then `heard` for each answer, in order."""

    @property
    def is_binding(self) -> bool:
        """Whether the answer to what is asked now names what `leave` would have to stop: it is
        waited for even where nobody wants the rest.
        """
        ...

    @property
    def held_bytes(self) -> int:
        """How much it keeps of the answer so far."""
        ...

    def begin(self) -> Ask: ...

    def heard(self, head: ResponseHead, body: bytes) -> Ask | Told | None:
        """What follows from an answer: ask on, or be done. None: nothing more, after `leave`."""
        ...

    def leave(self) -> Ask | None:
        """Nobody wants the rest: what to ask so that no work goes on for it; None for nothing."""
        ...


@runtime_checkable
class Courses(Protocol):
    """A dialect whose targets take several exchanges for one answer."""

    def course(self, request: HttpRequest, seed: int) -> Course:
        """The way from a request that the dialect wrote to its answer. `seed`: a random number."""
        ...
