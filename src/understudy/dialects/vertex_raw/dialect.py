"""A raw prediction around a dialect: see dialects.base.Dialect."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished
from understudy.chat.failure import Failure, Signal
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import Dialect, Edits, Glance, Kinds, ResponseDecoder, ResponseEncoder
from understudy.dialects.paths import matched
from understudy.dialects.toplevel import Raws, read_object
from understudy.wire.http import Headers, HttpRequest, ResponseHead

WHOLE = ":rawPredict"
_STREAM = ":streamRawPredict"
_BASE = "/projects/{project}/locations/{location}/publishers/"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~@")
_VERSION = "anthropic_version"

_encode = msgspec.json.encode


def in_path(model: str) -> str:
    """The name of a model, percent-encoded."""
    octets = model.encode("utf-8", "replace")
    return "".join(chr(each) if chr(each) in _PLAIN else f"%{each:02X}" for each in octets)


class Publisher(NamedTuple):
    """Whose models. `version` stands in the body where there is one; `model` where it is said
    there, too.
    """

    name: str
    publisher: str
    version: str | None
    says_model: bool


ANTHROPIC = Publisher("vertex_anthropic", "anthropic", "vertex-2023-10-16", says_model=False)
MISTRAL = Publisher("vertex_mistral", "mistralai", None, says_model=True)


class VertexRaw:
    """Holds no state but the dialects: `inside` of requests and answers, `outer` of errors that
    Google makes itself.
    """

    def __init__(self, publisher: Publisher, inside: Dialect, outer: Dialect) -> None:
        self._publisher = publisher
        self._inside = inside
        self._outer = outer
        self._paths = tuple(
            f"{version}{_BASE}{publisher.publisher}/models/{{model}}{method}"
            for version in ("/v1", "/v1beta1", "")
            for method in (WHOLE, _STREAM)
        )

    @property
    def name(self) -> str:
        return self._publisher.name

    @property
    def inlines(self) -> Kinds:
        return self._inside.inlines

    def glance(self, body: bytes, path: str = "") -> Glance:
        glance = self._inside.glance(self._opened(body, path)[0])
        return replace(glance, model=self._read_path(path)[0] or glance.model)

    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path, and with some in the body too."""
        if not self._publisher.says_model:
            return _encode({**read_object(body), _VERSION: self._publisher.version})
        if b'"model"' not in body:
            body = _encode({"model": edits.model, **read_object(body)})
        return self._inside.edit_request(body, edits)

    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        path, mark, query = endpoint.path.partition("?")
        path = path.removesuffix(_STREAM).removesuffix(WHOLE)
        path = path.replace("{model}", in_path(endpoint.model))
        return path + (_STREAM if stream else WHOLE) + mark + query

    def parse_request(self, body: bytes, path: str = "") -> Request:
        """The version said how to read the body, which has been read."""
        inside, _ = self._opened(body, path)
        return self._inside.parse_request(inside)

    def build_request(
        self, request: Request, endpoint: Endpoint
    ) -> tuple[HttpRequest, tuple[Loss, ...]]:
        written, losses = self._inside.build_request(request, endpoint)
        body = written.body
        if not self._publisher.says_model:
            raws = read_object(body)
            raws.pop("model", None)
            body = _encode({_VERSION: self._publisher.version, **raws})
        path = self.path(endpoint, stream=request.stream)
        return HttpRequest("POST", path, written.headers, body), losses

    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        return self._inside.decoder(head, stream=stream, hide_usage=hide_usage)

    def skim(self, head: ResponseHead, body: bytes) -> Finished | None:
        return self._inside.skim(head, body)

    def encoder(self, request: Request) -> ResponseEncoder:
        return self._inside.encoder(request)

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        """Google says a `status` in an error that is its own."""
        is_googles = b'"status"' in body and b'"code"' in body
        return (self._outer if is_googles else self._inside).parse_failure(head, body)

    def render_failure(self, failure: Failure) -> tuple[int, Headers, bytes]:
        return self._inside.render_failure(failure)

    def render_models(self, names: Sequence[str]) -> bytes:
        return self._inside.render_models(names)

    def render_model(self, name: str) -> bytes:
        return self._inside.render_model(name)

    def chat_paths(self) -> tuple[str, ...]:
        return self._paths

    def forwarded_headers(self) -> frozenset[bytes]:
        """Betas; the version is in the body."""
        return self._inside.forwarded_headers() - {b"anthropic-version"}

    def _read_path(self, path: str) -> tuple[str, bool]:
        plain = path.partition("?")[0]
        found = matched(plain, self._paths)
        if found is None and path:
            raise InvalidRequest("model", "expected the name of a model in the path, found none")
        return ("" if found is None else found["model"]), plain.endswith(_STREAM)

    def _opened(self, body: bytes, path: str) -> tuple[bytes, Raws]:
        """The body as the dialect inside has it. Raises: InvalidRequest."""
        model, stream = self._read_path(path)
        raws = read_object(body)
        outside = {_VERSION: raws.pop(_VERSION)} if _VERSION in raws else {}
        if not self._publisher.says_model and "model" in raws:
            raise InvalidRequest("model", "expected it in the path, found it in the body")
        raws.pop("model", None)
        inside: dict[str, object] = {"model": model or "m", **raws}
        if stream:
            inside["stream"] = True
        return _encode(inside), outside
