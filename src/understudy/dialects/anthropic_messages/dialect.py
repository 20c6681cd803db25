"""Anthropic's Messages, as a dialect: see dialects.base.Dialect."""

from collections.abc import Sequence

from typing_extensions import override

from understudy.chat.events import Finished
from understudy.chat.request import Request
from understudy.dialects.anthropic_messages.build import build_request
from understudy.dialects.anthropic_messages.decoder import StreamDecoder, whole_decoder
from understudy.dialects.anthropic_messages.encoder import StreamEncoder
from understudy.dialects.anthropic_messages.failure import parse_failure, render_failure
from understudy.dialects.anthropic_messages.glance import glance
from understudy.dialects.anthropic_messages.request import parse_request
from understudy.dialects.anthropic_messages.schema import NAME, encode
from understudy.dialects.anthropic_messages.skim import skim
from understudy.dialects.anthropic_messages.whole import WholeEncoder
from understudy.dialects.base import Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.wire.http import ResponseHead

_CREATED = "1970-01-01T00:00:00Z"


def render_models(names: Sequence[str]) -> bytes:
    """As Anthropic's "List Models" says it (docs.anthropic.com, 2026)."""
    page = {
        "data": [_model(name) for name in names],
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }
    return encode(page)


def render_model(name: str) -> bytes:
    """One of them."""
    return encode(_model(name))


def _model(name: str) -> dict[str, object]:
    return {"type": "model", "id": name, "display_name": name, "created_at": _CREATED}


class AnthropicMessages(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = ("/v1/messages", "/anthropic/v1/messages")
    forwarded = frozenset({b"anthropic-version", b"anthropic-beta"})

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
    def skim_json(self, body: bytes) -> Finished | None:
        return skim(body)

    @override
    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)


DIALECT = AnthropicMessages()
