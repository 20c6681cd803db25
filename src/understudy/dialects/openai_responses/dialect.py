"""OpenAI's Responses, as one object: see dialects.base.Dialect."""

from typing_extensions import override

from understudy.chat.events import Finished
from understudy.chat.request import Request
from understudy.dialects.base import Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.openai_errors import parse_failure, render_failure
from understudy.dialects.openai_models import render_model, render_models
from understudy.dialects.openai_responses.build import build_request
from understudy.dialects.openai_responses.decoder import StreamDecoder, whole_decoder
from understudy.dialects.openai_responses.encoder import StreamEncoder
from understudy.dialects.openai_responses.glance import glance
from understudy.dialects.openai_responses.request import parse_request
from understudy.dialects.openai_responses.schema import NAME
from understudy.dialects.openai_responses.skim import skim
from understudy.dialects.openai_responses.whole import WholeEncoder
from understudy.wire.http import ResponseHead


class OpenAIResponses(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = ("/v1/responses", "/responses", "/openai/v1/responses", "/openai/responses")
    forwarded = frozenset({b"openai-beta"})

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


DIALECT = OpenAIResponses()
