"""Two dialects in one: see dialects.base.Dialect."""

from collections.abc import Sequence

from msgspec.structs import replace

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import (
    NOTHING,
    Dialect,
    Edits,
    Glance,
    Kinds,
    ResponseDecoder,
    ResponseEncoder,
)
from understudy.wire.http import Headers, HttpRequest, ResponseHead

NAME = "mistral_fim"
PATHS = ("/v1/fim/completions",)

_SAYS_USAGE = frozenset({"wants_usage"})


class MistralFim:
    """Holds no state but the dialects: that of its requests, and that of its answers.

    Streams say their usage unasked.
    """

    inlines: Kinds = NOTHING

    name = NAME

    def __init__(self, asks: Dialect, answers: Dialect) -> None:
        self._asks = asks
        self._answers = answers

    def glance(self, body: bytes, path: str = "") -> Glance:
        return replace(self._asks.glance(body, path), wants_usage=True)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return self._asks.edit_request(body, replace(edits, ask_usage=False))

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return self._asks.path(endpoint, stream=stream)

    def parse_request(self, body: bytes, path: str = "") -> Request:
        return replace(self._asks.parse_request(body, path), wants_usage=True)

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        quiet = replace(endpoint, rejects=endpoint.rejects | _SAYS_USAGE)
        return self._asks.build_request(request, quiet)

    def decoder(
        self,
        head: ResponseHead,
        *,
        stream: bool,
        hide_usage: bool = False,  # noqa: ARG002 - never asked for
    ) -> ResponseDecoder:
        return self._answers.decoder(head, stream=stream)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return self._answers.skim(head, body)

    def encoder(self, request: Request) -> ResponseEncoder:
        return self._answers.encoder(request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        return self._answers.parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return self._answers.render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return self._answers.render_models(names)

    def render_model(self, name: str) -> bytes:
        return self._answers.render_model(name)

    def chat_paths(self) -> tuple[str, ...]:
        return PATHS

    def forwarded_headers(self) -> frozenset[bytes]:
        return frozenset()
