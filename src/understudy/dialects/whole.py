"""Whole bodies: collected up to a limit, looked at from outside, and read when they have ended.

What is the same for every dialect; what an answer says is the business of the `read` given.
"""

from collections.abc import Callable

from understudy.chat.events import Event, Failed
from understudy.chat.failure import Signal, Surface
from understudy.dialects.base import Decoded

LIMIT_BYTES = 64 * 1024 * 1024
"""A whole body may be this long: room for several images or minutes of sound in base64."""


class WholeDecoder:
    """A whole body: one frame, understood when it has come to its end. One for an answer.

    `read` makes events of a body that is neither empty nor a page. `is_page`: its media type says
    that it is one, whatever it looks like.
    """

    def __init__(
        self,
        read: Callable[[bytes], list[Event]],
        *,
        limit_bytes: int = LIMIT_BYTES,
        is_page: bool = False,
    ) -> None:
        self._read = read
        self._limit_bytes = limit_bytes
        self._is_page = is_page
        self._pieces: list[bytes] = []
        self._length = 0
        self._over = False

    def receive_data(self, data: bytes) -> list[Decoded]:
        if self._over:
            return [Decoded(data, ())]
        self._pieces.append(data)
        self._length += len(data)
        if self._length <= self._limit_bytes:
            return []
        self._over = True
        reason = f"the body is longer than {self._limit_bytes} bytes"
        return [Decoded(b"".join(self._pieces), failed("response_over_limit", reason))]

    def receive_eof(self) -> list[Decoded]:
        if self._over:
            return []
        self._over = True
        body = b"".join(self._pieces)
        start = body.lstrip()[:1]
        if not start:
            events = failed("empty_200", "expected an answer, found an empty body")
        elif start == b"<" or self._is_page:
            events = failed("html_body", "expected JSON, found an HTML page")
        else:
            events = self._read(body)
        return [Decoded(body, events)]


def failed(flag: str, reason: str) -> list[Event]:
    """An answer under 200 that is none. `flag` is the taxonomy's."""
    return [Failed(Signal(Surface.SEMANTIC, message=reason, flag=flag))]
