"""InvokeModel around a dialect: see dialects.base.Dialect."""

from collections.abc import Sequence

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
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
)
from understudy.dialects.bedrock_invoke.decoder import StreamDecoder
from understudy.dialects.bedrock_invoke.encoder import StreamEncoder, WholeEncoder
from understudy.dialects.bedrock_invoke.envelope import (
    NAME,
    PATHS,
    VERSION,
    closed,
    opened,
    write_path,
)
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import respelled
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_EVENTS = ((b"content-type", b"text/event-stream"),)
_JSON = ((b"content-type", b"application/json"),)


class BedrockInvoke:
    """Holds no state but the dialect inside."""

    inlines: Kinds = frozenset({Image, Document})

    def __init__(self, inside: Dialect) -> None:
        self._inside = inside

    @property
    def name(self) -> str:
        return NAME

    def glance(self, body: bytes, path: str = "") -> Glance:
        return self._inside.glance(opened(body, path).body)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path; usage is always said."""
        return respelled(body, edits.renames)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=stream)

    def parse_request(self, body: bytes, path: str = "") -> Request:
        """What stands outside of the dialect inside is kept for this one alone.

        The version said how to read the body, which has been read.
        """
        inside, outside = opened(body, path)
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

    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        whole = self._inside.decoder(head, stream=False, hide_usage=hide_usage)
        kind = media_type(head.headers)
        if not stream or kind in PAGE_TYPES:
            return whole
        instead = ResponseHead(head.status, _JSON)
        foreign = self._inside.decoder(instead, stream=True, hide_usage=hide_usage)
        if kind == b"application/json":
            return foreign
        events = ResponseHead(head.status, _EVENTS)
        inside = self._inside.decoder(events, stream=True, hide_usage=hide_usage)
        return StreamDecoder(inside, foreign)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return self._inside.skim(head, body)

    def encoder(self, request: Request) -> ResponseEncoder:
        inside = self._inside.encoder(request)
        return StreamEncoder(inside) if request.stream else WholeEncoder(inside)

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
