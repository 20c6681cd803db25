"""What all dialects of other operations than chat have in common: whole bodies, read and written,
and where a stream has its place (`typed_events`).

A dialect of an operation says its own in `read_request`, `write_request`, `read_answer` and
`write_answer`; the rest of `dialects.base.Dialect` is here. Dialects of different operations never
translate into one another: admission compares `Glance.operation` with the route's.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Capability, Endpoint, Needs
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed, Fields, Finished, Started, StopReason
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import NOTHING, Edits, Glance, Kinds, ResponseDecoder, ResponseEncoder
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import Raws, edit, read_object
from understudy.dialects.whole import WholeDecoder, failed
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected, Result
from understudy.operations.units import Units
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_JSON: Headers = ((b"content-type", b"application/json"),)


class Answer(NamedTuple):
    """A good answer, read. `fields` are the vendor's own, by their names. `units`: what it is
    billed by besides tokens, where the vendor says that.
    """

    result: Result
    usage: Usage | None = None
    id: str = ""
    model: str = ""
    created: int | None = None
    fields: Mapping[str, msgspec.Raw] = MappingProxyType({})
    units: Units | None = None


class Flawed(Exception):
    """The answer is none. `flag` is the taxonomy's."""

    def __init__(self, flag: str, reason: str) -> None:
        super().__init__(reason)
        self.flag = flag


class ErrorShape(NamedTuple):
    """How a vendor's errors are read from a body, and written."""

    parse: Callable[[ResponseHead, bytes], Signal]
    render: Callable[[Failure], tuple[int, Headers, bytes]]


class OperationDialect(ABC):
    """One vendor's way to say one operation. Holds no state."""

    inlines: Kinds = NOTHING

    name: str
    operation: Operation
    paths: tuple[str, ...]
    errors: ErrorShape

    @property
    def kin(self) -> str:
        """The dialect whose own fields are its own, too: itself, or the one that it varies."""
        return self.name

    @abstractmethod
    def read_request(self, body: bytes, path: str) -> Request:
        """Read all of a request; its `task` is set. Raises: InvalidRequest."""

    @abstractmethod
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        """Write the body for a target, and say what could not be said."""

    @abstractmethod
    def read_answer(self, tree: Raws) -> Answer:
        """Read a good answer. Raises: Flawed, InvalidRequest (for a field of a wrong kind)."""

    @abstractmethod
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        """Write an answer to `request`; `answer.fields` are this dialect's own."""

    def glance(self, body: bytes, path: str = "") -> Glance:
        request = self.read_request(body, path)
        return Glance(
            model=request.model,
            stream=request.stream,
            needs=Needs(self.needs(request), input_tokens=len(body) // 3),
            operation=self.operation,
            leaf=self.leaf(path),
            media=self.media(body),
            expected=self.expected(request),
            stream_needs=self.stream_needs(request),
        )

    def needs(self, request: Request) -> frozenset[Capability]:  # noqa: ARG002 - of no target
        """What a target must be able to do."""
        return frozenset()

    def stream_needs(self, request: Request) -> frozenset[Capability]:  # noqa: ARG002 - an event
        """What a target must be able to do to stream: see `Glance`."""
        return frozenset({Capability.STREAMING})

    def expected(self, request: Request) -> Expected | None:  # noqa: ARG002 - nothing is known
        """What a good answer looks like."""
        return None

    def leaf(self, path: str) -> str:  # noqa: ARG002 - one path for everything
        """The end of the path where the dialect has several."""
        return ""

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return edit(body, edits)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:  # noqa: ARG002 - one for both
        return endpoint.path

    def parse_request(self, body: bytes, path: str = "") -> Request:
        return self.read_request(body, path)

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        body, losses = self.write_request(request, endpoint)
        kind = self.media(body)
        fields = _JSON if kind is None else ((b"content-type", kind),)
        headers = (*fields, *self.own_headers(), *endpoint.headers)
        path = self.built_path(request, endpoint)
        return HttpRequest(self.method(request), path, headers, body), tuple(losses)

    def method(self, request: Request) -> str:  # noqa: ARG002 - nearly all is POST
        """The HTTP method of a request of ours."""
        return "POST"

    def media(self, body: bytes) -> bytes | None:  # noqa: ARG002 - all is JSON
        """The content type of a request's body; None for JSON."""
        return None

    def own_headers(self) -> Headers:
        """Header fields that the dialect demands of a request of ours."""
        return ()

    def built_path(self, request: Request, endpoint: Endpoint) -> str:  # noqa: ARG002
        """Where a request of our own goes."""
        return self.path(endpoint, stream=False)

    def decoder(
        self,
        head: ResponseHead,
        *,
        stream: bool,
        hide_usage: bool = False,  # noqa: ARG002 - a stream says it anyway
    ) -> ResponseDecoder:
        streamed = self.stream_decoder(head) if stream else None
        if streamed is not None:
            return streamed
        kind = media_type(head.headers)
        return WholeDecoder(partial(self.events_of, kind), is_page=kind in PAGE_TYPES)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        decoder = self.decoder(head, stream=False)
        items = [*decoder.receive_data(body), *decoder.receive_eof()]
        end = items[-1].events[-1]
        return end if isinstance(end, Finished) else None

    def encoder(self, request: Request) -> ResponseEncoder:
        return self.stream_encoder(request) if request.stream else AnswerEncoder(self, request)

    def stream_decoder(self, head: ResponseHead) -> ResponseDecoder | None:  # noqa: ARG002
        """A decoder of an answer that was to be streamed; None where this dialect never is."""
        return None

    def stream_encoder(self, request: Request) -> ResponseEncoder:
        """An encoder of a streamed answer."""
        return AnswerEncoder(self, request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return self.errors.parse(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return self.errors.render(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        models = [{"id": name, "object": "model"} for name in names]
        return msgspec.json.encode({"object": "list", "data": models})

    def render_model(self, name: str) -> bytes:
        return msgspec.json.encode({"id": name, "object": "model"})

    def chat_paths(self) -> tuple[str, ...]:
        return self.paths

    def forwarded_headers(self) -> frozenset[bytes]:
        return frozenset()

    def read_whole(self, kind: bytes, body: bytes) -> Answer:  # noqa: ARG002 - all is JSON
        """Read a good answer of a content type. Raises: Flawed, InvalidRequest."""
        tree = read_object(body)
        if is_error(tree):
            raise Flawed("error_object_in_200", "expected an answer, found an error object")
        return self.read_answer(tree)

    def answer_media(self, request: Request) -> bytes:  # noqa: ARG002 - all is JSON
        """The content type of an answer to a request."""
        return b"application/json"

    def events_of(self, kind: bytes, body: bytes) -> list[Event]:
        """All that a body of a content type says."""
        try:
            answer = self.read_whole(kind, body)
        except Flawed as error:
            return failed(error.flag, str(error))
        except InvalidRequest as error:
            flag = "invalid_json_body" if not error.path else "schema_violation"
            return failed(flag, str(error))
        return [
            Started(answer.id, answer.model, answer.created),
            Finished(
                StopReason.END,
                answer.usage,
                fields=self._kept(answer.fields),
                result=answer.result,
                units=answer.units,
            ),
        ]

    def _kept(self, fields: Mapping[str, msgspec.Raw]) -> Fields | None:
        return {f"{self.kin}.{name}": raw for name, raw in fields.items()} or None


class AnswerEncoder:
    """Nothing until the end, and then the whole body."""

    def __init__(self, dialect: OperationDialect, request: Request) -> None:
        self.losses: list[Loss] = []
        self._dialect = dialect
        self._request = request
        self._started = Started("", request.model)

    def head(self) -> Headers:
        return ((b"content-type", self._dialect.answer_media(self._request)),)

    def send(self, event: Event) -> bytes:
        assert not isinstance(event, Failed)
        if isinstance(event, Started):
            self._started = event
        if not isinstance(event, Finished):
            return b""
        body, losses = self._dialect.write_answer(self._request, self.answer(event))
        self.losses += losses
        return body

    def answer(self, event: Finished) -> Answer:
        """All that was said; fields of other dialects are losses."""
        assert event.result is not None, "an operation's answer has a result"
        prefix = f"{self._dialect.kin}."
        fields = event.fields or {}
        own = {name.removeprefix(prefix): raw for name, raw in fields.items() if prefix in name}
        self.losses += [
            Loss(f"answer.{name.partition('.')[2]}", "a field of another dialect")
            for name in fields
            if not name.startswith(prefix)
        ]
        started = self._started
        model = started.model or self._request.model
        return Answer(event.result, event.usage, started.id, model, started.created, own)

    def abort(self, failure: Failure) -> bytes:
        return self._dialect.render_failure(failure)[2]

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""


def is_error(tree: Raws) -> bool:
    """Whether a body under a good status says that it is an error."""
    raw = tree.get("error")
    return raw is not None and bytes(raw) not in {b"null", b'""', b"{}"}


def own_extensions(request: Request, name: str) -> dict[str, msgspec.Raw]:
    """The fields that a dialect kept for itself when it read the request."""
    return request.extensions.get(name, {})


def foreign_extensions(request: Request, name: str) -> list[Loss]:
    """Fields of the caller's dialect that no other dialect has a word for."""
    return [
        Loss(f"extensions.{dialect}.{field}", "a field of another dialect")
        for dialect, fields in request.extensions.items()
        if dialect != name
        for field in fields
    ]


def integer(raws: Raws, name: str) -> int | None:
    """A count of an answer; None where it is absent or no count."""
    raw = raws.get(name)
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=int)
    except msgspec.MsgspecError:
        return None
