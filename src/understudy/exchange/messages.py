"""What an exchange is told (inputs) and what it wants done (commands). The whole contract with the
shell.
"""

from collections.abc import Mapping
from typing import TypeAlias, final

import msgspec

from understudy.chat.parts import Inline
from understudy.journal.entry import RequestEntry
from understudy.wire.http import Headers, HttpRequest, ResponseHead


@final
class UpstreamConnected(msgspec.Struct, frozen=True, gc=False):
    """The request of `attempt` is on its way: from here on a retry may repeat work."""

    attempt: int


@final
class UpstreamRead(msgspec.Struct, frozen=True, gc=False):
    """What one read from the provider brought: maybe the head, maybe bytes of the body, maybe its
    end.

    `is_end`: the response ended as HTTP says it should.
    """

    attempt: int
    head: ResponseHead | None = None
    data: bytes = b""
    is_end: bool = False


@final
class UpstreamClosed(msgspec.Struct, frozen=True, gc=False):
    """The attempt is over without a proper end. `flag` is the taxonomy's transport flag, `detail`
    for people.
    """

    attempt: int
    flag: str
    detail: str = ""


@final
class TimerFired(msgspec.Struct, frozen=True, gc=False):
    """The moment asked for by `WakeAt` has come (it may come late, and after its reason is
    gone).
    """


@final
class ClientGone(msgspec.Struct, frozen=True, gc=False):
    """The caller closed its connection."""


@final
class ClientBlocked(msgspec.Struct, frozen=True, gc=False):
    """The caller reads slower than the answer comes: the upstream is not read until
    `ClientReady`.
    """


@final
class ClientReady(msgspec.Struct, frozen=True, gc=False):
    """The caller reads again. The time in between is nobody's fault upstream."""


@final
class MediaFetched(msgspec.Struct, frozen=True):
    """What `FetchMedia` asked for: each file by its address, or why it is not to be had."""

    found: Mapping[str, Inline | str]


Aside: TypeAlias = (
    UpstreamClosed | TimerFired | ClientGone | ClientBlocked | ClientReady | MediaFetched
)
"""What is not told for every piece of an answer."""

Input: TypeAlias = UpstreamConnected | UpstreamRead | Aside


@final
class StartAttempt(msgspec.Struct, frozen=True):
    """Send `request` to the target of that name. The shell adds the target's credentials."""

    attempt: int
    target: str
    request: HttpRequest


@final
class CancelAttempt(msgspec.Struct, frozen=True, gc=False):
    """Drop the attempt now; its connection must not be used again."""

    attempt: int


@final
class WakeAt(msgspec.Struct, frozen=True, gc=False):
    """Send `TimerFired` at `when` (the clock's seconds). Replaces an earlier wish."""

    when: float


@final
class SendHead(msgspec.Struct, frozen=True):
    """Start the answer. `length` is the body's length in bytes, None while it is not known."""

    status: int
    headers: Headers
    length: int | None


@final
class SendData(msgspec.Struct, frozen=True, gc=False):
    data: bytes


@final
class Close(msgspec.Struct, frozen=True, gc=False):
    """The answer is complete. `clean` False: cut the connection so that nobody takes it for
    whole.
    """

    clean: bool = True


@final
class Record(msgspec.Struct, frozen=True):
    entry: RequestEntry


@final
class FetchMedia(msgspec.Struct, frozen=True):
    """Fetch the files at these addresses, and say `MediaFetched` of all of them."""

    urls: tuple[str, ...]


Command: TypeAlias = (
    StartAttempt | CancelAttempt | WakeAt | SendHead | SendData | Close | Record | FetchMedia
)
