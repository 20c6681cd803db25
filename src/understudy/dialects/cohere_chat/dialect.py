"""The dialect: what the rest of the gateway sees of this package."""

from collections.abc import Sequence

from typing_extensions import override

from understudy.chat.request import Request
from understudy.dialects.base import Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.cohere_chat.build import build_request
from understudy.dialects.cohere_chat.decoder import StreamDecoder, whole_decoder
from understudy.dialects.cohere_chat.encoder import StreamEncoder
from understudy.dialects.cohere_chat.failure import parse_failure, render_failure
from understudy.dialects.cohere_chat.glance import glance
from understudy.dialects.cohere_chat.request import parse_request
from understudy.dialects.cohere_chat.schema import NAME, PATH, encode
from understudy.dialects.cohere_chat.whole import WholeEncoder
from understudy.wire.http import ResponseHead


def render_models(names: Sequence[str]) -> bytes:
    """As Cohere's "List models" says it (docs.cohere.com, 2026)."""
    return encode({"models": [_model(name) for name in names]})


def render_model(name: str) -> bytes:
    """One of them."""
    return encode(_model(name))


def _model(name: str) -> dict[str, object]:
    return {"name": name, "endpoints": ["chat"]}


class CohereChat(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = (PATH,)
    forwarded = frozenset({b"x-client-name"})

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
        return whole_decoder(is_page=is_page, expects_stream=expects_stream)

    @override
    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder() if request.stream else WholeEncoder()


DIALECT = CohereChat()
