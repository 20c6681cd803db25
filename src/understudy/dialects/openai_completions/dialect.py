"""The dialect: what the rest of the gateway sees of this package."""

from msgspec.structs import replace
from typing_extensions import override

from understudy.chat.request import Request
from understudy.dialects.base import Edits, Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.deployments import DEPLOYMENTS, deployment_path, named
from understudy.dialects.openai_completions.build import build_request, renames_of
from understudy.dialects.openai_completions.decoder import StreamDecoder, whole_decoder
from understudy.dialects.openai_completions.encoder import StreamEncoder, WholeEncoder
from understudy.dialects.openai_completions.glance import glance
from understudy.dialects.openai_completions.request import parse_request
from understudy.dialects.openai_completions.schema import NAME, PATHS
from understudy.dialects.openai_errors import parse_failure, render_failure
from understudy.dialects.openai_models import render_model, render_models
from understudy.dialects.stream_options import asking_usage
from understudy.dialects.toplevel import edit
from understudy.wire.http import ResponseHead

_DEPLOYMENT = deployment_path("completions")


class OpenAICompletions(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = (*PATHS, _DEPLOYMENT)

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
        edits = replace(edits, renames=renames_of(edits.renames))
        return edit(body, edits, asking_usage if edits.ask_usage else None)

    @override
    def stream_decoder(self, head: ResponseHead, *, hide_usage: bool) -> ResponseDecoder:
        return StreamDecoder(hide_usage=hide_usage)

    @override
    def whole_decoder(
        self, head: ResponseHead, *, is_page: bool = False, expects_stream: bool = False
    ) -> ResponseDecoder:
        return whole_decoder(is_page=is_page, expects_stream=expects_stream)

    @override
    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)


DIALECT = OpenAICompletions()
