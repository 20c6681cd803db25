"""The dialect: what the rest of the gateway sees of this package."""

from collections.abc import Sequence

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import (
    LEAF,
    NOTHING,
    Edits,
    Glance,
    Kinds,
    ResponseDecoder,
    ResponseEncoder,
)
from understudy.dialects.gemini_generate.address import PATHS, write_path
from understudy.dialects.gemini_generate.build import build_request
from understudy.dialects.gemini_generate.decoder import UnknownStreamDecoder, whole_decoder
from understudy.dialects.gemini_generate.edit import edit_request
from understudy.dialects.gemini_generate.encoder import ArrayEncoder, StreamEncoder, WholeEncoder
from understudy.dialects.gemini_generate.failure import parse_failure, render_failure
from understudy.dialects.gemini_generate.glance import glance
from understudy.dialects.gemini_generate.request import parse_request
from understudy.dialects.gemini_generate.schema import NAME, encode
from understudy.dialects.gemini_generate.skim import skim
from understudy.dialects.pages import PAGE_TYPES
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_OWN_FIELDS = frozenset(
    {
        b"x-goog-api-client",
        b"x-vertex-ai-llm-request-type",
        b"x-vertex-ai-llm-shared-request-type",
    }
)
"""Who asks, and on Vertex for which kind of capacity (cloud.google.com, "Priority PayGo", 2026)."""

_METHODS = ["generateContent", "streamGenerateContent", "countTokens"]


class GeminiGenerate:
    """Implements `Dialect`."""

    inlines: Kinds = NOTHING

    name = NAME

    def glance(self, body: bytes, path: str = "") -> Glance:
        return glance(body, path)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return edit_request(body, edits)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=stream, form=LEAF)

    def parse_request(self, body: bytes, path: str = "") -> Request:
        return parse_request(body, path)

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        return build_request(request, endpoint)

    def decoder(
        self,
        head: ResponseHead,
        *,
        stream: bool,
        hide_usage: bool = False,  # noqa: ARG002 - usage is no frame of its own here
    ) -> ResponseDecoder:
        kind = media_type(head.headers)
        if kind in PAGE_TYPES:
            return whole_decoder(is_page=True)
        return UnknownStreamDecoder() if stream else whole_decoder()

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return skim(body) if media_type(head.headers) == b"application/json" else None

    def encoder(self, request: Request) -> ResponseEncoder:
        if not request.stream:
            return WholeEncoder(request)
        return ArrayEncoder(request) if request.as_array else StreamEncoder(request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return encode({"models": [_model(name) for name in names]})

    def render_model(self, name: str) -> bytes:
        return encode(_model(name))

    def chat_paths(self) -> tuple[str, ...]:
        return PATHS

    def forwarded_headers(self) -> frozenset[bytes]:
        return _OWN_FIELDS


def _model(name: str) -> dict[str, object]:
    said = {"name": f"models/{name}", "displayName": name}
    return {**said, "supportedGenerationMethods": _METHODS}


DIALECT = GeminiGenerate()
