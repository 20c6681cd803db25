"""A toy dialect: the smallest thing that fulfils `Dialect`, written by docs/adding-a-dialect.md.

Request   {"model": M, "stream": B, "turns": ["user", "assistant", ...], "json": B}
Stream    one event an SSE frame: start (id), text, tool (name), end (stop reason), error (code).
Whole     {"id": I, "text": T, "stop": S}
Error     {"oops": code}
"""

from collections.abc import Sequence

import msgspec

from understudy.chat.endpoint import Capability, Endpoint, Needs
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure, Signal, Surface
from understudy.chat.loss import Loss
from understudy.chat.parts import Text
from understudy.chat.request import Format, Message, Request, ResponseFormat, Role
from understudy.chat.usage import Usage
from understudy.dialects.base import NOTHING, Decoded, Edits, Glance, Kinds
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type
from understudy.wire.sse import Frame, SseDecoder, encode_comment, encode_frame


class Body(msgspec.Struct, omit_defaults=True):
    model: str
    turns: list[str] = []
    stream: bool = False
    json: bool = False
    loud: bool = False


class Answer(msgspec.Struct):
    id: str
    text: str
    stop: str


class Toy:
    """`name` tells several toys apart."""

    inlines: Kinds = NOTHING

    def __init__(self, name: str) -> None:
        self.name = name

    def glance(self, body: bytes, path: str = "") -> Glance:
        read = _read(body)
        needs = {Capability.PREFILL} if len(read.turns) % 2 == 0 else set()
        return Glance(read.model, read.stream, Needs(frozenset(needs), len(body) // 3))

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        model = msgspec.json.encode(_read(body).model)
        return body.replace(model, msgspec.json.encode(edits.model), 1)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path

    def parse_request(self, body: bytes, path: str = "") -> Request:
        read = _read(body)
        messages = tuple(
            Message(Role.ASSISTANT if index % 2 else Role.USER, (Text(turn),))
            for index, turn in enumerate(read.turns)
        )
        extensions = {self.name: {"loud": msgspec.Raw(b"true")}} if read.loud else {}
        return Request(
            read.model,
            messages,
            stream=read.stream,
            response_format=ResponseFormat(Format.JSON) if read.json else None,
            extensions=extensions,
        )

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        losses = tuple(
            Loss(f"extensions.{name}.{field}", "unknown here")
            for name, fields in request.extensions.items()
            for field in fields
            if name != self.name
        )
        turns = [
            "".join(part.text for part in message.parts if isinstance(part, Text))
            for message in request.messages
        ]
        wants_json = request.response_format is not None
        body = Body(endpoint.model, turns, stream=request.stream, json=wants_json)
        return HttpRequest("POST", endpoint.path, (), msgspec.json.encode(body)), losses

    def decoder(self, head: ResponseHead, *, stream: bool, hide_usage: bool = False) -> "Decoder":
        del hide_usage
        return Decoder(head, stream=stream)

    def skim(self, head: ResponseHead, body: bytes) -> None:
        """Everything takes a decoder here."""

    def encoder(self, request: Request) -> "Encoder":
        return Encoder(stream=request.stream)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return Signal(Surface.HTTP, status=head.status, message=body.decode("utf-8", "replace"))

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        body = msgspec.json.encode({"oops": failure.kind, "why": failure.message})
        return failure.status or 500, ((b"content-type", b"application/json"),), body

    def render_model(self, name: str) -> bytes:
        return msgspec.json.encode(name)

    def render_models(self, names: Sequence[str]) -> bytes:
        return msgspec.json.encode(list(names))

    def chat_paths(self) -> tuple[str, ...]:
        return (f"/{self.name}",)

    def forwarded_headers(self) -> frozenset[bytes]:
        return frozenset()


class Decoder:
    def __init__(self, head: ResponseHead, *, stream: bool) -> None:
        self._sse = SseDecoder()
        self._stream = stream
        self._is_html = media_type(head.headers) == b"text/html"
        self._body = b""
        self._over = False
        self._stop = ""  # a reason for the end, which the end of the body then ends
        self._has_text = False

    def receive_data(self, data: bytes) -> Sequence[Decoded]:
        if self._is_html:
            return (Decoded(data, (Failed(Signal(Surface.SEMANTIC, flag="html_body")),)),)
        if not self._stream:
            self._body += data
            return ()
        return [Decoded(frame.raw, self._said(frame)) for frame in self._sse.receive_data(data)]

    def receive_eof(self) -> Sequence[Decoded]:
        if not self._stream:
            return (Decoded(self._body, self._unfolded()),)
        if self._over:
            return ()
        if self._stop:
            return (Decoded(b"", (PartEnded(0), Finished(StopReason(self._stop)))),)
        failed = Failed(Signal(Surface.STREAM, flag="eof_without_terminator"))
        return (Decoded(b"", (failed,)),)

    def _said(self, frame: Frame) -> Sequence[Event]:
        text = (frame.data or b"").decode()
        match frame.event:
            case "start":
                return (Started(text, "toy"),)
            case "text":
                first = () if self._has_text else (PartStarted(0, PartKind.TEXT),)
                self._has_text = True
                return (*first, PartDelta(0, text))
            case "tool":
                ended = (PartEnded(0),) if self._has_text else ()
                return (*ended, PartStarted(1, PartKind.TOOL_CALL, id="call", name=text))
            case "ran":
                return (PartStarted(1, PartKind.OPAQUE, dialect="toy"), PartEnded(1))
            case "stop":
                self._stop = text
            case "end":
                self._over = True
                open_part = 1 if text == "tool_calls" else 0
                return (PartEnded(open_part), Finished(StopReason(text), Usage(3, output_tokens=2)))
            case "error":
                return (Failed(Signal(Surface.STREAM, code=text, event="error")),)
        return ()

    def _unfolded(self) -> Sequence[Event]:
        try:
            answer = msgspec.json.decode(self._body, type=Answer)
        except msgspec.MsgspecError:
            return (Failed(Signal(Surface.SEMANTIC, flag="invalid_json_body")),)
        return (
            Started(answer.id, "toy"),
            PartStarted(0, PartKind.TEXT),
            PartDelta(0, answer.text),
            PartEnded(0),
            Finished(StopReason(answer.stop), Usage(3, output_tokens=2)),
        )


class Encoder:
    def __init__(self, *, stream: bool) -> None:
        self.losses: list[Loss] = []
        self._stream = stream
        self._answer = Answer("", "", "")

    def head(self) -> Headers:
        kind = b"text/event-stream" if self._stream else b"application/json"
        return ((b"content-type", kind),)

    def send(self, event: Event) -> bytes:
        match event:
            case Started(id=id_):
                self._answer.id = id_
                return self._frame("start", id_)
            case PartDelta(text=text):
                self._answer.text += text
                return self._frame("text", text)
            case PartStarted(kind=PartKind.TOOL_CALL, name=name):
                return self._frame("tool", name or "")
            case Finished(stop=stop):
                self._answer.stop = stop.value
                if self._stream:
                    return self._frame("end", stop.value)
                return msgspec.json.encode(self._answer)
        return b""

    def abort(self, failure: Failure) -> bytes:
        return self._frame("error", failure.kind)

    def remark(self, text: bytes) -> bytes:
        return encode_comment(text) if self._stream else b""

    def _frame(self, event: str, text: str) -> bytes:
        return encode_frame(text.encode(), event) if self._stream else b""


def _read(body: bytes) -> Body:
    try:
        return msgspec.json.decode(body, type=Body)
    except msgspec.MsgspecError as error:
        raise InvalidRequest("", str(error)) from None
