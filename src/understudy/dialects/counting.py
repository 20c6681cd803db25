"""Requests that ask how many tokens another request would come to, or for another thing that only
a target of the dialect can do with a request.

They go to a target that speaks the dialect, and its answer comes back byte for byte; nobody else
counts as it does. Where there is none, or it fails, a count is guessed, and says so.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Endpoint, Needs
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Finished, Started, StopReason
from understudy.chat.failure import Failure, Fault, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.tokens import guessed_tokens
from understudy.chat.usage import Usage
from understudy.dialects.base import (
    Dialect,
    Edits,
    Glance,
    ResponseDecoder,
    ResponseEncoder,
)
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import read_object
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

GUESS: Headers = (
    (b"content-type", b"application/json"),
    (b"x-understudy-estimate", b"true"),
)
"""Header fields of a guess. `x-understudy-estimate` is the mark."""

_NOBODY = frozenset({"gateway.loss_rejected", "gateway.no_capable_target"})
"""Kinds of failures that are called the caller's, and mean: nobody speaks the dialect."""


class Counts(NamedTuple):
    """How one dialect asks for a count. A request is `chat` with the request that is counted.

    `inner` takes that out, and says where it would have gone; `outer` makes one for an endpoint,
    of a chat request's body. `path` is where an endpoint counts. `total` reads the answer's JSON
    (KeyError, TypeError, ValueError, MsgspecError: it is none), `answer` writes one; None where
    nobody can guess. `differs`: hosts of the dialect want to be asked in different forms.
    `wanted`: what is asked for, for people. `usage` reads what the answer itself has cost.
    """

    chat: Dialect
    paths: tuple[str, ...]
    inner: Callable[[bytes, str], tuple[bytes, str]]
    outer: Callable[[bytes, Endpoint], bytes]
    path: Callable[[Endpoint], str]
    total: Callable[[bytes], int]
    answer: Callable[[int], bytes] | None
    differs: bool = True
    wanted: str = "an exact count"
    usage: Callable[[bytes], Usage | None] | None = None


class Counting:
    """The dialect of one request for a count. Implements `Dialect`; takes its chat dialect's place
    while that request is served.
    """

    def __init__(self, counts: Counts, body: bytes, path: str) -> None:
        self.name = counts.chat.name
        self.inlines = counts.chat.inlines
        self._counts = counts
        self._chat = counts.chat
        self._body = body
        self._path = path

    def model(self) -> str:
        """Return the model that is asked for. Raises: InvalidRequest."""
        return self.glance(self._body, self._path).model

    def guess(self) -> bytes:
        """Return the body of an answer that nobody was asked for. Raises: InvalidRequest."""
        if self._counts.answer is None:
            raise InvalidRequest("", f"nobody can guess {self._counts.wanted}")
        return self._counts.answer(guessed_tokens(self.parse_request(self._body, self._path)))

    def glance(self, body: bytes, path: str = "") -> Glance:
        inside, at = self._counts.inner(body, path)
        seen = self._chat.glance(inside, at)
        return Glance(
            seen.model,
            stream=False,
            needs=Needs(),
            pinned_by=self._counts.wanted,
            must_change=self._counts.differs,
        )

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return self._chat.edit_request(body, edits)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:  # noqa: ARG002 - nothing streams
        return self._counts.path(endpoint)

    def parse_request(self, body: bytes, path: str = "") -> Request:
        return self._chat.parse_request(*self._counts.inner(body, path))

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        written, losses = self._chat.build_request(request, endpoint)
        body = self._counts.outer(written.body, endpoint)
        path = self._counts.path(endpoint)
        return msgspec.structs.replace(written, path=path, body=body), losses

    def decoder(
        self,
        head: ResponseHead,
        *,
        stream: bool,  # noqa: ARG002 - nothing streams
        hide_usage: bool = False,  # noqa: ARG002
    ) -> ResponseDecoder:
        return WholeDecoder(self._read, is_page=media_type(head.headers) in PAGE_TYPES)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        end = None if media_type(head.headers) in PAGE_TYPES else self._read(body)[-1]
        return end if isinstance(end, Finished) else None

    def encoder(self, request: Request) -> ResponseEncoder:
        return self._chat.encoder(request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return self._chat.parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        """Write the caller's own mistake as an error; anything else is no reason not to guess."""
        if failure.fault is not Fault.CLIENT or failure.kind in _NOBODY:
            try:
                return 200, GUESS, self.guess()
            except InvalidRequest:
                pass  # the failure says more
        return self._chat.render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return self._chat.render_models(names)

    def render_model(self, name: str) -> bytes:
        return self._chat.render_model(name)

    def chat_paths(self) -> tuple[str, ...]:
        return self._counts.paths

    def forwarded_headers(self) -> frozenset[bytes]:
        return self._chat.forwarded_headers()

    def _read(self, body: bytes) -> list[Event]:
        try:
            read_object(body)
            self._counts.total(body)
            usage = None if self._counts.usage is None else self._counts.usage(body)
        except (InvalidRequest, KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
            return failed(
                "invalid_json_body", f"expected {self._counts.wanted}, found other data ({error})"
            )
        return [Started("", ""), Finished(StopReason.END, usage)]
