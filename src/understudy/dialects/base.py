"""What every dialect offers. Sans-I/O both ways: an encoder is a simulated provider, a decoder a
test client.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import msgspec

from understudy.chat.endpoint import Capability, Endpoint, Needs
from understudy.chat.events import Event, Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.parts import Document, Image
from understudy.chat.request import Request
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected
from understudy.wire.http import Headers, HttpRequest, ResponseHead

LEAF = "{leaf}"


Kinds: TypeAlias = frozenset[type[Image] | type[Document]]

NOTHING: Kinds = frozenset()


class Glance(msgspec.Struct, frozen=True):
    """What routing needs to know of a request, read without reading all of it.

    `wants_usage` is whether the client asked that a stream say its usage at the end (always
    true where the dialect says it anyway). `leaf` fills `{leaf}` in the target's path where a
    dialect has several paths for one operation. `media` is the content type of a body that is not
    JSON. `expected`: what a good answer looks like, where that is known. `pinned_by` is a field
    that names what providers of this dialect keep: no other can take the request. `must_change`:
    it holds what no provider of this dialect can read, and has to be written anew. `stream_needs`:
    who can not do that cannot stream the answer of this operation, and is asked for a whole one.
    `is_foreign`: in a form of this dialect that its targets neither take nor answer in.
    """

    model: str
    stream: bool
    needs: Needs
    wants_usage: bool = True
    operation: Operation = Operation.CHAT
    leaf: str = ""
    media: bytes | None = None
    expected: Expected | None = None
    pinned_by: str = ""
    must_change: bool = False
    stream_needs: frozenset[Capability] = frozenset()
    is_foreign: bool = False

    @property
    def is_talk(self) -> bool:
        """Whether the answer is words that follow one another closely: a stream of chat."""
        return self.stream and self.operation is Operation.CHAT


class Edits(msgspec.Struct, frozen=True):
    """Named edits of a request that stays in its dialect; everything else keeps its bytes.

    `ask_usage`: make the provider report usage at the end of a stream although the client did
    not ask (the decoder then marks the frame that says it as hidden).
    """

    model: str
    ask_usage: bool = False
    renames: dict[str, str] = {}


class Decoded(NamedTuple):
    """One frame of an answer (a whole body is one frame): its bytes, and what it says.

    The `raw` of all items, in order, are the provider's bytes; at the end of a stream that was
    complete without it, the closing frame is added. `is_hidden` marks a frame that the client did
    not ask for and must not see (usage that we asked for, a frame that the end cut off).
    """

    raw: bytes
    events: Sequence[Event]
    is_hidden: bool = False


class ResponseDecoder(Protocol):
    """Upstream bytes to events. One instance for one response; the events obey chat.grammar.

    A malformed, truncated, empty or foreign answer (HTML, an error body under status 200, an end
    without a finish reason) is a `Failed` event, never an exception, and never a `Finished`.
    """

    def receive_data(self, data: bytes) -> Sequence[Decoded]: ...

    def receive_eof(self) -> Sequence[Decoded]:
        """The body ended well (as HTTP says it). Says `Failed` unless the answer was complete."""
        ...


class ResponseEncoder(Protocol):
    """Events to client bytes. One instance for one response.

    Streaming: `send` returns the bytes that say the event. Whole: `send` returns b"" until
    `Finished`, and then the whole body.
    """

    losses: list[Loss]
    """What the answer said that this dialect cannot say; grows as events are sent."""

    def head(self) -> Headers:
        """Header fields of a good answer (content-type and the like; never framing or length)."""
        ...

    def send(self, event: Event) -> bytes:
        """`Failed` is never sent: see `abort`."""
        ...

    def abort(self, failure: Failure) -> bytes:
        """Bytes that end an answer already begun as an explicit failure, in this dialect."""
        ...

    def remark(self, text: bytes) -> bytes:
        """Bytes between two events that tell people something and that every reader passes over;
        b"" where the dialect has no such thing.
        """
        ...


class Dialect(Protocol):
    """All methods that read a request raise InvalidRequest when the caller erred."""

    @property
    def name(self) -> str: ...

    @property
    def inlines(self) -> Kinds:
        """What a provider of this dialect takes as bytes only: given by its address it is fetched
        before the provider is asked.
        """
        ...

    def glance(self, body: bytes, path: str = "") -> Glance:
        """Read the little that routing needs, cheaply; refuse what is not a request at all.

        `path` is where it went, with its query: some dialects say model and streaming there.
        """
        ...

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """Apply named edits to a request of this dialect; all other bytes stay."""
        ...

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        """Where a request for `endpoint` goes, with its query."""
        ...

    def parse_request(self, body: bytes, path: str = "") -> Request: ...

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        """Write the request for `endpoint`, and say what could not be said."""
        ...

    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        """A decoder for a 2xx answer. `stream`: was a stream asked for."""
        ...

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        """Read a whole answer that goes on as it is: its end and usage, when it is plainly good.

        None: it takes a decoder to tell. What a skim says, the decoder would say too.
        """
        ...

    def encoder(self, request: Request) -> ResponseEncoder:
        """An encoder for the answer to `request` (`stream`, `wants_usage` and `model` matter)."""
        ...

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        """What a non-2xx answer says, in the taxonomy's normalised fields. Never raises."""
        ...

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        """A whole error answer in this dialect: status, header fields, body."""
        ...

    def render_models(self, names: Sequence[str]) -> bytes:
        """The body of a list of models."""
        ...

    def render_model(self, name: str) -> bytes:
        """The body that says of one model that it is there."""
        ...

    def chat_paths(self) -> tuple[str, ...]:
        """The request paths under which clients of this dialect ask for chat (see `paths`)."""
        ...

    def forwarded_headers(self) -> frozenset[bytes]:
        """Client header fields (lower case) that go on to a provider of the same dialect (a
        version, a beta).
        """
        ...


@runtime_checkable
class Retells(Protocol):
    """A dialect in which some targets cannot answer in the form that was asked for."""

    def retells(self, request: Request, endpoint: Endpoint) -> bool:
        """Whether an answer in this dialect, too, has to be read and told anew."""
        ...


@runtime_checkable
class Endless(Protocol):
    """A decoder of a stream that says nothing of its end: HTTP has to. `receive_eof` is told only
    then, and not when the connection broke.
    """

    @property
    def is_endless(self) -> bool: ...


@runtime_checkable
class Splits(Dialect, Protocol):
    """A dialect whose requests may be put to a target in portions: one input, one result."""

    def split(self, body: bytes, path: str, most: int) -> list[bytes]:
        """Requests for at most `most` inputs each, in order. Raises: InvalidRequest."""
        ...

    def join(self, body: bytes, path: str, answers: Sequence[bytes]) -> tuple[bytes, list[Loss]]:
        """One answer to the whole request, made of good answers to its portions, in order."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A dialect whose errors look otherwise to whoever asked at another path."""

    def render_failure_at(self, failure: Failure, path: str) -> tuple[int, Headers, bytes]:
        """`render_failure`, for a request to that path (with its query)."""
        ...


def failure_at(dialect: Dialect, failure: Failure, path: str) -> tuple[int, Headers, bytes]:
    """An error answer in a dialect, for a request to a path."""
    if isinstance(dialect, Placed):
        return dialect.render_failure_at(failure, path)
    return dialect.render_failure(failure)


@runtime_checkable
class Methods(Protocol):
    """A dialect that takes other methods than POST: they stand before its requests' paths."""

    methods: frozenset[str]
