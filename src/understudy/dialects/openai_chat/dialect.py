"""OpenAI's chat completions, the dialect that most of the world speaks, as one object."""

from msgspec.structs import replace
from typing_extensions import override

from understudy.chat.events import Finished
from understudy.chat.parts import Document
from understudy.chat.request import Request
from understudy.dialects.base import Edits, Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.deployments import DEPLOYMENTS, deployment_path, named
from understudy.dialects.openai_chat.build import build_request
from understudy.dialects.openai_chat.decoder import StreamDecoder, whole_decoder
from understudy.dialects.openai_chat.edit import edit_request
from understudy.dialects.openai_chat.encoder import StreamEncoder
from understudy.dialects.openai_chat.glance import glance
from understudy.dialects.openai_chat.request import parse_request
from understudy.dialects.openai_chat.schema import NAME
from understudy.dialects.openai_chat.skim import skim
from understudy.dialects.openai_chat.whole import WholeEncoder
from understudy.dialects.openai_errors import parse_failure, render_failure
from understudy.dialects.openai_models import render_model, render_models
from understudy.wire.http import ResponseHead

_DEPLOYMENT = deployment_path("chat/completions")


class OpenAIChat(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = (
        "/v1/chat/completions",
        "/chat/completions",
        "/openai/v1/chat/completions",
        _DEPLOYMENT,
    )
    inlines = frozenset({Document})
    forwarded = frozenset({b"openai-beta"})

    build_request = staticmethod(build_request)
    parse_failure = staticmethod(parse_failure)
    render_failure = staticmethod(render_failure)
    render_model = staticmethod(render_model)
    render_models = staticmethod(render_models)

    @override
    def glance(self, body: bytes, path: str = "") -> Glance:
        if not path.startswith(DEPLOYMENTS):
            return glance(body)
        body, must_change = named(body, path, _DEPLOYMENT)
        return replace(glance(body), must_change=must_change)

    @override
    def parse_request(self, body: bytes, path: str = "") -> Request:
        if path.startswith(DEPLOYMENTS):
            body, _ = named(body, path, _DEPLOYMENT)
        return parse_request(body)

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return edit_request(body, edits)

    @override
    def stream_decoder(self, head: ResponseHead, *, hide_usage: bool) -> ResponseDecoder:
        return StreamDecoder(hide_usage=hide_usage)

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


DIALECT = OpenAIChat()
