"""The dialect: what the rest of the gateway sees of this package."""

from collections.abc import Sequence

from typing_extensions import override

from understudy.chat.parts import Image
from understudy.chat.request import Request
from understudy.dialects.base import Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.ollama_chat.build import build_request
from understudy.dialects.ollama_chat.decoder import StreamDecoder, whole_decoder
from understudy.dialects.ollama_chat.encoder import StreamEncoder, WholeEncoder
from understudy.dialects.ollama_chat.failure import parse_failure, render_failure
from understudy.dialects.ollama_chat.glance import glance
from understudy.dialects.ollama_chat.request import parse_request
from understudy.dialects.ollama_chat.schema import NAME, PATH, encode
from understudy.wire.http import ResponseHead

_MODIFIED = "1970-01-01T00:00:00Z"


def render_models(names: Sequence[str]) -> bytes:
    """As Ollama's "List Local Models" says it (docs/api.md of Ollama, 2026)."""
    return encode({"models": [_model(name) for name in names]})


def render_model(name: str) -> bytes:
    """One of them."""
    return encode(_model(name))


def _model(name: str) -> dict[str, object]:
    return {"name": name, "model": name, "modified_at": _MODIFIED, "size": 0, "digest": ""}


class OllamaChat(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = (PATH,)
    inlines = frozenset({Image})

    build_request = staticmethod(build_request)
    parse_failure = staticmethod(parse_failure)
    render_failure = staticmethod(render_failure)
    render_model = staticmethod(render_model)
    render_models = staticmethod(render_models)

    @override
    def glance(self, body: bytes, path: str = "") -> Glance:
        return glance(body)

    @override
    def parse_request(self, body: bytes, path: str = "") -> Request:
        return parse_request(body)

    @override
    def stream_decoder(self, head: ResponseHead, *, hide_usage: bool) -> ResponseDecoder:
        return StreamDecoder()

    @override
    def whole_decoder(
        self, head: ResponseHead, *, is_page: bool = False, expects_stream: bool = False
    ) -> ResponseDecoder:
        """A stream of one line is a stream."""
        return StreamDecoder() if expects_stream else whole_decoder(is_page=is_page)

    @override
    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)


DIALECT = OllamaChat()
