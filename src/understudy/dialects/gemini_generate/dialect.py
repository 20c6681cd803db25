"""The dialect: what the rest of the gateway sees of this package."""

from collections.abc import Sequence

from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure
from understudy.chat.request import Request
from understudy.dialects.base import LEAF, Edits, Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.gemini_generate.address import PATHS, is_array, write_path
from understudy.dialects.gemini_generate.build import build_request
from understudy.dialects.gemini_generate.decoder import UnknownStreamDecoder, whole_decoder
from understudy.dialects.gemini_generate.edit import edit_request
from understudy.dialects.gemini_generate.encoder import ArrayEncoder, StreamEncoder, WholeEncoder
from understudy.dialects.gemini_generate.failure import parse_failure, render_failure
from understudy.dialects.gemini_generate.glance import glance
from understudy.dialects.gemini_generate.request import parse_request
from understudy.dialects.gemini_generate.schema import NAME, encode
from understudy.dialects.gemini_generate.skim import skim
from understudy.wire.http import Headers, ResponseHead

_OWN_FIELDS = frozenset(
    {
        b"x-goog-api-client",
        b"x-vertex-ai-llm-request-type",
        b"x-vertex-ai-llm-shared-request-type",
    }
)
"""Who asks, and on Vertex for which kind of capacity (cloud.google.com, "Priority PayGo", 2026)."""

_METHODS = ["generateContent", "streamGenerateContent", "countTokens"]


def render_models(names: Sequence[str]) -> bytes:
    """As `models.list` says it (ai.google.dev, "Models", 2026)."""
    return encode({"models": [_model(name) for name in names]})


def render_model(name: str) -> bytes:
    """One of them."""
    return encode(_model(name))


def _model(name: str) -> dict[str, object]:
    said = {"name": f"models/{name}", "displayName": name}
    return {**said, "supportedGenerationMethods": _METHODS}


class GeminiGenerate(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = PATHS
    forwarded = _OWN_FIELDS

    build_request = staticmethod(build_request)
    parse_failure = staticmethod(parse_failure)
    render_failure = staticmethod(render_failure)
    render_model = staticmethod(render_model)
    render_models = staticmethod(render_models)

    @override
    def glance(self, body: bytes, path: str = "") -> Glance:
        return glance(body, path)

    @override
    def parse_request(self, body: bytes, path: str = "") -> Request:
        return parse_request(body, path)

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return edit_request(body, edits)

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=stream, form=LEAF)

    @override
    def stream_decoder(self, head: ResponseHead, *, hide_usage: bool) -> ResponseDecoder:
        return UnknownStreamDecoder()

    @override
    def whole_decoder(
        self, head: ResponseHead, *, is_page: bool = False, expects_stream: bool = False
    ) -> ResponseDecoder:
        """A stream may be an array, which is JSON like a whole answer."""
        return UnknownStreamDecoder() if expects_stream else whole_decoder(is_page=is_page)

    @override
    def skim_json(self, body: bytes) -> Finished | None:
        return skim(body)

    def render_failure_at(self, failure: Failure, path: str) -> tuple[int, Headers, bytes]:
        """See `dialects.base.Placed`: what answers with an array does so with an error, too."""
        status, headers, body = render_failure(failure)
        return status, headers, b"[" + body + b"]" if is_array(path) else body

    @override
    def encoder(self, request: Request) -> ResponseEncoder:
        if not request.stream:
            return WholeEncoder(request)
        return ArrayEncoder(request) if request.as_array else StreamEncoder(request)


DIALECT = GeminiGenerate()
