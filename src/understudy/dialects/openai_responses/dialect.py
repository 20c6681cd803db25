"""OpenAI's Responses, as one object: see dialects.base.Dialect."""

from collections.abc import Sequence

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import NOTHING, Edits, Glance, Kinds, ResponseDecoder, ResponseEncoder
from understudy.dialects.openai_errors import parse_failure, render_failure
from understudy.dialects.openai_responses.build import build_request
from understudy.dialects.openai_responses.decoder import StreamDecoder, whole_decoder
from understudy.dialects.openai_responses.encoder import StreamEncoder
from understudy.dialects.openai_responses.glance import glance
from understudy.dialects.openai_responses.request import parse_request
from understudy.dialects.openai_responses.schema import NAME, encode
from understudy.dialects.openai_responses.skim import skim
from understudy.dialects.openai_responses.whole import WholeEncoder
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import edit
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_JSON = b"application/json"


class OpenAIResponses:
    """Holds no state."""

    inlines: Kinds = NOTHING

    @property
    def name(self) -> str:
        return NAME

    def glance(self, body: bytes, path: str = "") -> Glance:  # noqa: ARG002 - all is in the body
        return glance(body)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """Usage is always said in this dialect: `ask_usage` asks for nothing new."""
        return edit(body, edits)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:  # noqa: ARG002 - one for both
        return endpoint.path

    def parse_request(self, body: bytes, path: str = "") -> Request:  # noqa: ARG002
        return parse_request(body)

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
        if not stream:
            return whole_decoder()
        if kind == _JSON:
            return whole_decoder(expects_stream=True)
        return StreamDecoder()

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return skim(body) if media_type(head.headers) == _JSON else None

    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return encode({"object": "list", "data": [_model(name) for name in names]})

    def render_model(self, name: str) -> bytes:
        return encode(_model(name))

    def chat_paths(self) -> tuple[str, ...]:
        return ("/v1/responses", "/responses", "/openai/v1/responses")

    def forwarded_headers(self) -> frozenset[bytes]:
        return frozenset({b"openai-beta"})


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "understudy"}


DIALECT = OpenAIResponses()
