"""The dialect: what the rest of the gateway sees of this package."""

from collections.abc import Sequence

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.parts import Image
from understudy.chat.request import Request
from understudy.dialects.base import Edits, Glance, Kinds, ResponseDecoder, ResponseEncoder
from understudy.dialects.ollama_chat.build import build_request
from understudy.dialects.ollama_chat.decoder import StreamDecoder, whole_decoder
from understudy.dialects.ollama_chat.encoder import StreamEncoder, WholeEncoder
from understudy.dialects.ollama_chat.failure import parse_failure, render_failure
from understudy.dialects.ollama_chat.glance import glance
from understudy.dialects.ollama_chat.request import parse_request
from understudy.dialects.ollama_chat.schema import NAME, PATH, encode
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import edit
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_MODIFIED = "1970-01-01T00:00:00Z"


class OllamaChat:
    """Implements `Dialect`."""

    inlines: Kinds = frozenset({Image})

    name = NAME

    def glance(self, body: bytes, path: str = "") -> Glance:  # noqa: ARG002 - all is in the body
        return glance(body)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
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
        if media_type(head.headers) in PAGE_TYPES:
            return whole_decoder(is_page=True)
        return StreamDecoder() if stream else whole_decoder()

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:  # noqa: ARG002
        return None

    def encoder(self, request: Request) -> ResponseEncoder:
        return StreamEncoder(request) if request.stream else WholeEncoder(request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return encode({"models": [_model(name) for name in names]})

    def render_model(self, name: str) -> bytes:
        return encode(_model(name))

    def chat_paths(self) -> tuple[str, ...]:
        return (PATH,)

    def forwarded_headers(self) -> frozenset[bytes]:
        return frozenset()


def _model(name: str) -> dict[str, object]:
    return {"name": name, "model": name, "modified_at": _MODIFIED, "size": 0, "digest": ""}


DIALECT = OllamaChat()
