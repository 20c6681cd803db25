"""Amazon Bedrock's Converse, as a dialect: see dialects.base.Dialect."""

from collections.abc import Sequence

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.parts import Document, Image
from understudy.chat.request import Request
from understudy.dialects.aws import model, models, parse_failure, render_failure
from understudy.dialects.base import Edits, Glance, Kinds, ResponseDecoder, ResponseEncoder
from understudy.dialects.bedrock_converse.address import PATHS, write_path
from understudy.dialects.bedrock_converse.build import build_request
from understudy.dialects.bedrock_converse.decoder import StreamDecoder, whole_decoder
from understudy.dialects.bedrock_converse.encoder import StreamEncoder
from understudy.dialects.bedrock_converse.glance import glance
from understudy.dialects.bedrock_converse.request import parse_request
from understudy.dialects.bedrock_converse.schema import NAME
from understudy.dialects.bedrock_converse.whole import WholeEncoder
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import respelled
from understudy.wire.http import Headers, HttpRequest, ResponseHead, header, media_type

_JSON = b"application/json"


class BedrockConverse:
    """Holds no state."""

    inlines: Kinds = frozenset({Image, Document})

    @property
    def name(self) -> str:
        return NAME

    def glance(self, body: bytes, path: str = "") -> Glance:
        return glance(body, path)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """Usage is always said in this dialect: `ask_usage` asks for nothing new."""
        return respelled(body, edits.renames)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=stream)

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
        """An answer has no id but that of its request, which stands in the head."""
        said = header(head.headers, b"x-amzn-requestid")
        identity = "" if said is None else said.decode("latin-1")
        kind = media_type(head.headers)
        if kind in PAGE_TYPES:
            return whole_decoder(is_page=True)
        if not stream:
            return whole_decoder(identity)
        if kind == _JSON:
            return whole_decoder(identity, expects_stream=True)
        return StreamDecoder(identity)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:  # noqa: ARG002
        return None

    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)

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


DIALECT = BedrockConverse()
