"""What most dialects of chat have in common; a dialect says its own in a subclass.

Where model and streaming stand in the path of a request, a dialect says `path` too; here all is in
the body, and one path serves everything.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import NOTHING, Edits, Glance, Kinds, ResponseDecoder, ResponseEncoder
from understudy.dialects.pages import PAGE_TYPES
from understudy.dialects.toplevel import edit
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type

_JSON = b"application/json"


class ChatDialect(ABC):
    """Implements `Dialect`, whose docstrings hold. Has no state."""

    name: str
    paths: tuple[str, ...]
    inlines: Kinds = NOTHING
    forwarded: frozenset[bytes] = frozenset()

    @abstractmethod
    def glance(self, body: bytes, path: str = "") -> Glance: ...

    @abstractmethod
    def parse_request(self, body: bytes, path: str = "") -> Request: ...

    @staticmethod
    @abstractmethod
    def build_request(
        request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]: ...

    @abstractmethod
    def stream_decoder(self, head: ResponseHead, *, hide_usage: bool) -> ResponseDecoder: ...

    @abstractmethod
    def whole_decoder(
        self, head: ResponseHead, *, is_page: bool = False, expects_stream: bool = False
    ) -> ResponseDecoder:
        """A decoder of a body. `expects_stream`: in one piece it is an error, or of no use."""

    @abstractmethod
    def encoder(self, request: Request) -> ResponseEncoder: ...

    @staticmethod
    @abstractmethod
    def parse_failure(head: ResponseHead, body: bytes) -> Signal: ...

    @staticmethod
    @abstractmethod
    def render_failure(failure: Failure) -> tuple[int, Headers, bytes]: ...

    @staticmethod
    @abstractmethod
    def render_model(name: str) -> bytes: ...

    @staticmethod
    @abstractmethod
    def render_models(names: Sequence[str]) -> bytes: ...

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """Where usage is always said, `ask_usage` asks for nothing new."""
        return edit(body, edits)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:  # noqa: ARG002 - one for both
        return endpoint.path

    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        kind = media_type(head.headers)
        if kind in PAGE_TYPES:
            return self.whole_decoder(head, is_page=True)
        if not stream:
            return self.whole_decoder(head)
        if kind == _JSON:
            return self.whole_decoder(head, expects_stream=True)
        return self.stream_decoder(head, hide_usage=hide_usage)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return self.skim_json(body) if media_type(head.headers) == _JSON else None

    def skim_json(self, body: bytes) -> Finished | None:  # noqa: ARG002 - it takes a decoder
        return None

    def chat_paths(self) -> tuple[str, ...]:
        return self.paths

    def forwarded_headers(self) -> frozenset[bytes]:
        return self.forwarded
