"""InvokeModel around a dialect: see dialects.base.Dialect.

Targets are written to and answer in Anthropic's bodies. Callers may use those of other labs
(`Body`): such a request is always translated, and its answer is in the words of that lab.
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.parts import Document, Image
from understudy.chat.request import Request
from understudy.dialects.aws import model, models, parse_failure, render_failure
from understudy.dialects.base import (
    Dialect,
    Edits,
    Glance,
    Kinds,
    ResponseDecoder,
    ResponseEncoder,
    Splits,
)
from understudy.dialects.bedrock_invoke.body import Address, Body, frames_of
from understudy.dialects.bedrock_invoke.decoder import StreamDecoder
from understudy.dialects.bedrock_invoke.encoder import StreamEncoder, WholeEncoder
from understudy.dialects.bedrock_invoke.envelope import (
    NAME,
    PATHS,
    VERSION,
    closed,
    opened,
    read_path,
    write_path,
)
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import Raws, read_object, respelled
from understudy.dialects.whole import WholeDecoder, failed
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_EVENTS = ((b"content-type", b"text/event-stream"),)
_JSON = ((b"content-type", b"application/json"),)
_MALFORMED = (
    msgspec.MsgspecError,
    UnicodeError,
    RecursionError,
    OverflowError,
    ValueError,
    KeyError,
)

_read_raws = msgspec.json.Decoder(Raws).decode


class BedrockInvoke:
    """Holds no state but the dialect inside, and other labs' bodies in the order to try them."""

    inlines: Kinds = frozenset({Image, Document})

    def __init__(self, inside: Dialect, others: Sequence[Body] = ()) -> None:
        self._inside = inside
        self._others = others
        self._marks = {body.mark: body for body in others}

    @property
    def name(self) -> str:
        return NAME

    def glance(self, body: bytes, path: str = "") -> Glance:
        raws, address = read_object(body), read_path(path)
        other = self._asked(raws, address)
        if other is not None:
            return other.glance(raws, address)
        return self._inside.glance(opened(raws, address).body)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path; usage is always said."""
        return respelled(body, edits.renames)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=stream)

    def parse_request(self, body: bytes, path: str = "") -> Request:
        """What stands outside of the dialect inside is kept for this one alone.

        The version said how to read the body, which has been read.
        """
        raws, address = read_object(body), read_path(path)
        other = self._asked(raws, address)
        if other is not None:
            return other.parsed(raws, address)
        inside, outside = opened(raws, address)
        request = self._inside.parse_request(inside)
        del outside[VERSION]
        if not outside:
            return request
        return msgspec.structs.replace(request, extensions={**request.extensions, NAME: outside})

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        outside = request.extensions.get(NAME, {})
        rest = {name: each for name, each in request.extensions.items() if name != NAME}
        inside = msgspec.structs.replace(request, extensions=rest)
        written, losses = self._inside.build_request(inside, endpoint)
        path = write_path(endpoint, stream=request.stream)
        headers = _JSON + endpoint.headers
        return HttpRequest("POST", path, headers, closed(written.body, outside)), losses

    def split(self, body: bytes, path: str, most: int) -> list[bytes]:
        """See `dialects.base.Splits`: bodies of vectors may have several inputs."""
        return self._splitting(body, path).split(body, path, most)

    def join(self, body: bytes, path: str, answers: Sequence[bytes]) -> tuple[bytes, list[Loss]]:
        """See `dialects.base.Splits`."""
        return self._splitting(body, path).join(body, path, answers)

    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        kind = media_type(head.headers)
        if not stream or kind in PAGE_TYPES:
            return WholeDecoder(partial(self._read_whole, head), is_page=kind in PAGE_TYPES)
        instead = ResponseHead(head.status, _JSON)
        foreign = self._inside.decoder(instead, stream=True, hide_usage=hide_usage)
        if kind == b"application/json":
            return foreign
        return StreamDecoder(self._picked, foreign)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return self._inside.skim(head, body)

    def encoder(self, request: Request) -> ResponseEncoder:
        other = next(
            (self._marks[name] for name in request.extensions if name in self._marks), None
        )
        inside = (self._inside if other is None else other.inside).encoder(request)
        if request.stream:
            return StreamEncoder(inside, frames_of if other is None else other.teller())
        return WholeEncoder(
            inside, bytes if other is None else partial(other.whole, request=request)
        )

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return models(names)

    def render_model(self, name: str) -> bytes:
        return model(name)

    def chat_paths(self) -> tuple[str, ...]:
        return PATHS

    def forwarded_headers(self) -> frozenset[bytes]:
        return frozenset()

    def _asked(self, raws: Raws, address: Address) -> Body | None:
        """Whose body a request has; None for Anthropic's, and for none that is known."""
        if VERSION in raws:
            return None
        return next((body for body in self._others if body.fits(raws, address)), None)

    def _splitting(self, body: bytes, path: str) -> Splits:
        other = self._asked(read_object(body), read_path(path))
        inside = None if other is None else other.inside
        assert isinstance(inside, Splits), "only of such bodies a glance counts the inputs"
        return inside

    def _answered(self, data: bytes) -> Body | None:
        """Whose answer it is."""
        try:
            tree = _read_raws(data)
            return next((body for body in self._others if body.answers(tree)), None)
        except _MALFORMED:
            return None

    def _picked(self, said: bytes) -> tuple[Body | None, ResponseDecoder]:
        other = self._answered(said)
        if other is None:
            return None, self._inside.decoder(ResponseHead(200, _EVENTS), stream=True)
        kind = ResponseHead(200, other.streamed_as)
        return other, other.inside.decoder(kind, stream=True)

    def _read_whole(self, head: ResponseHead, body: bytes) -> list[Event]:
        other = self._answered(body)
        inside = self._inside if other is None else other.inside
        decoder = inside.decoder(ResponseHead(head.status, _JSON), stream=False)
        try:
            said = body if other is None else other.heard_whole(body)
        except _MALFORMED as error:
            return failed("invalid_json_body", f"expected an answer, found other data ({error})")
        items = [*decoder.receive_data(said), *decoder.receive_eof()]
        return [event for item in items for event in item.events]
