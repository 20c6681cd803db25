"""One path, two operations: what an instance says tells which; see dialects.base.Dialect."""

from collections.abc import Sequence

from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import Edits, Glance
from understudy.dialects.operation import Answer, OperationDialect
from understudy.dialects.reading import Raws
from understudy.dialects.toplevel import read_object
from understudy.dialects.vertex_predict.embeddings import PredictEmbeddings
from understudy.dialects.vertex_predict.images import PredictImages
from understudy.dialects.vertex_predict.shape import ERRORS, NAME, PATHS
from understudy.operations.images import ImageTask
from understudy.operations.kinds import Operation


class VertexPredict(OperationDialect):
    """Holds no state but the two."""

    name = NAME
    operation = Operation.EMBEDDINGS
    """Of the two the one that can be put in portions; a glance says which a request is."""

    paths = PATHS
    errors = ERRORS

    def __init__(self) -> None:
        self._embeddings = PredictEmbeddings()
        self._images = PredictImages()

    @override
    def glance(self, body: bytes, path: str = "") -> Glance:
        return self._asked(body).glance(body, path)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        return self._asked(body).read_request(body, path)

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        return self._of(request).write_request(request, endpoint)

    @override
    def read_answer(self, tree: Raws) -> Answer:
        is_vectors = b'"embeddings"' in bytes(tree.get("predictions", b""))
        return (self._embeddings if is_vectors else self._images).read_answer(tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        return self._of(request).write_answer(request, answer)

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path."""
        return body

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path.replace("{model}", endpoint.model)

    def split(self, body: bytes, path: str, most: int) -> list[bytes]:
        """See `dialects.base.Splits`."""
        return self._embeddings.split(body, path, most)

    def join(self, body: bytes, path: str, answers: Sequence[bytes]) -> tuple[bytes, list[Loss]]:
        """See `dialects.base.Splits`."""
        return self._embeddings.join(body, path, answers)

    def _asked(self, body: bytes) -> OperationDialect:
        """Raises: InvalidRequest."""
        raw = read_object(body).get("instances")
        if raw is None:
            raise InvalidRequest("instances", "expected an array of instances, found nothing")
        return self._embeddings if b'"content"' in bytes(raw) else self._images

    def _of(self, request: Request) -> OperationDialect:
        return self._images if isinstance(request.task, ImageTask) else self._embeddings
