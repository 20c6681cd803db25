"""Amazon Bedrock's Converse, as a dialect: see dialects.base.Dialect."""

from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import Document, Image
from understudy.chat.request import Request
from understudy.dialects.aws import model, models, parse_failure, render_failure
from understudy.dialects.base import Edits, Glance, ResponseDecoder, ResponseEncoder
from understudy.dialects.bedrock_converse.address import PATHS, write_path
from understudy.dialects.bedrock_converse.build import build_request
from understudy.dialects.bedrock_converse.decoder import StreamDecoder, whole_decoder
from understudy.dialects.bedrock_converse.encoder import StreamEncoder
from understudy.dialects.bedrock_converse.glance import glance
from understudy.dialects.bedrock_converse.request import parse_request
from understudy.dialects.bedrock_converse.schema import NAME
from understudy.dialects.bedrock_converse.whole import WholeEncoder
from understudy.dialects.chat_dialect import ChatDialect
from understudy.dialects.toplevel import respelled
from understudy.wire.http import ResponseHead, header


class BedrockConverse(ChatDialect):
    """See `ChatDialect`."""

    name = NAME
    paths = PATHS
    inlines = frozenset({Image, Document})

    build_request = staticmethod(build_request)
    parse_failure = staticmethod(parse_failure)
    render_failure = staticmethod(render_failure)
    render_model = staticmethod(model)
    render_models = staticmethod(models)

    @override
    def glance(self, body: bytes, path: str = "") -> Glance:
        return glance(body, path)

    @override
    def parse_request(self, body: bytes, path: str = "") -> Request:
        return parse_request(body, path)

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path; usage is always said."""
        return respelled(body, edits.renames)

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=stream)

    @override
    def stream_decoder(self, head: ResponseHead, *, hide_usage: bool) -> ResponseDecoder:
        return StreamDecoder(_identity(head))

    @override
    def whole_decoder(
        self, head: ResponseHead, *, is_page: bool = False, expects_stream: bool = False
    ) -> ResponseDecoder:
        return whole_decoder(_identity(head), is_page=is_page, expects_stream=expects_stream)

    @override
    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)


def _identity(head: ResponseHead) -> str:
    """An answer has no id but that of its request."""
    said = header(head.headers, b"x-amzn-requestid")
    return "" if said is None else said.decode("latin-1")


DIALECT = BedrockConverse()
