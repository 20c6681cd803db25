"""Embeddings as Bedrock's InvokeModel says them: Titan's words, or Cohere's with the model in the
path.

A target's form follows from its model's name, a caller's from the body. Titan takes one text at a
time; what it calls binary is not what Cohere calls so, and is refused.

Sources: Amazon Bedrock user guide, "Amazon Titan Embeddings G1 - Text" (both versions) and "Cohere
Embed models" (2026).
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.aws import parse_failure, quote, render_failure
from understudy.dialects.base import Edits
from understudy.dialects.embeddings.cohere import CohereEmbeddings
from understudy.dialects.embeddings.common import (
    EmbeddingsDialect,
    check_dimensions,
    task_of,
    text_for,
    vector_of,
    written,
)
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.paths import matched
from understudy.dialects.reading import Raws, Reader, is_string, text_of
from understudy.dialects.toplevel import read_object
from understudy.operations.embeddings import Embedded, EmbedTask, Item
from understudy.operations.vectors import FLOAT

_PATH = "/model/{model}/invoke"
_TEXT = "inputText"
_BY_TYPE = "embeddingsByType"
_COUNT = "inputTextTokenCount"

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(Raws).decode


class BedrockEmbeddings(EmbeddingsDialect):
    name = "bedrock_embeddings"
    paths = (_PATH,)
    errors = ErrorShape(parse_failure, render_failure)

    def __init__(self) -> None:
        self._cohere = CohereEmbeddings()
        self._plain = f"{self.name}.plain"

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        raws = read_object(body)
        model = (matched(path, (_PATH,)) or {}).get("model", "") or "m"
        if _TEXT in raws:
            return self._titan(Reader(raws), model)
        if "model" in raws:
            raise InvalidRequest("model", "expected it in the path, found it in the body")
        request = self._cohere.read_request(_encode({"model": model, **raws}), path)
        if "embedding_types" in raws or "v4" in model:
            return request
        return replace(request, extensions={**request.extensions, self._plain: {}})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        if "cohere" not in endpoint.model:
            return self._titan_asked(request)
        body, losses = self._cohere.write_request(request, endpoint)
        return _without_model(body), losses

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path.replace("{model}", quote(endpoint.model))

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path."""
        return body

    @override
    def read_answer(self, tree: Raws) -> Answer:
        if "embedding" not in tree and _BY_TYPE not in tree:
            return self._cohere.read_answer(tree)
        usage = integer(tree, _COUNT)
        tree.pop(_COUNT, None)
        raw = tree.pop("embedding", None)
        try:
            kinds = _raws(tree.pop(_BY_TYPE, msgspec.Raw(b"{}")))
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected vectors by type ({error})") from None
        raw = kinds.get(FLOAT) if raw is None else raw
        if raw is None:
            raise Flawed("schema_violation", "expected a vector of numbers, found none")
        result = Embedded((vector_of(raw, "embedding"),))
        return Answer(result, None if usage is None else Usage(input_tokens=usage), fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        if self.name not in request.extensions:
            return self._cohere_said(request, answer)
        losses: list[Loss] = []
        assert isinstance(answer.result, Embedded)
        (vector,) = written(answer.result, FLOAT, losses)
        count = 0 if answer.usage is None else answer.usage.prompt_tokens
        body = {"embedding": vector, _BY_TYPE: {FLOAT: vector}, _COUNT: count}
        return _encode({**body, **answer.fields}), losses

    @override
    def split(self, body: bytes, path: str, most: int) -> list[bytes]:
        """Only Cohere's form has several inputs, and its portions are of that form."""
        request = self.read_request(body, path)
        if self.name in request.extensions:
            return [body]
        named = _encode({"model": request.model, **read_object(body)})
        return [_without_model(each) for each in self._cohere.split(named, path, most)]

    @override
    def join(self, body: bytes, path: str, answers: Sequence[bytes]) -> tuple[bytes, list[Loss]]:
        if len(answers) == 1:
            return answers[0], []
        request = self.read_request(body, path)
        named = _encode({"model": request.model, **read_object(body)})
        joined, losses = self._cohere.join(named, path, answers)
        return (_plain(joined) if self._plain in request.extensions else joined), losses

    def _titan(self, top: Reader, model: str) -> Request:
        text = top.take(_TEXT)
        if text is None or not is_string(text):
            raise InvalidRequest(_TEXT, "expected a text, found something else")
        kinds = [text_of(raw) if is_string(raw) else "" for raw in top.items("embeddingTypes")]
        if set(kinds) - {FLOAT}:
            reason = f"expected float, found {kinds}: bits are packed by other APIs"
            raise InvalidRequest("embeddingTypes", reason)
        size = check_dimensions(top.integer("dimensions"), "dimensions")
        rest = top.rest()
        if bytes(rest.get("normalize", b"")) == b"true":  # as it is anyway
            del rest["normalize"]
        task = EmbedTask((Item((text_of(text),)),), is_list=False, dimensions=size)
        return Request(model, (), task=task, extensions={self.name: rest})

    def _titan_asked(self, request: Request) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        losses = foreign_extensions(request, self.name)
        if len(task.items) != 1:
            reason = f"expected one input, found {len(task.items)}: this model takes one at a time"
            raise InvalidRequest("task.items", reason)
        body: dict[str, object] = {_TEXT: text_for(task.items[0], 0, losses)}
        if task.dimensions is not None:
            body["dimensions"] = task.dimensions
        for name in ("purpose", "truncate"):
            if getattr(task, name) is not None:
                losses.append(Loss(f"task.{name}", "no word for it here"))
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        return _encode({**body, **own_extensions(request, self.name)}), losses

    def _cohere_said(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        body, losses = self._cohere.write_answer(request, answer)
        return (_plain(body) if self._plain in request.extensions else body), losses


def _without_model(body: bytes) -> bytes:
    return _encode({name: raw for name, raw in read_object(body).items() if name != "model"})


def _plain(body: bytes) -> bytes:
    """Rows of numbers, as version 3 answers where no type was asked for."""
    tree = _raws(body)
    tree.pop("meta", None)
    rows = _raws(tree["embeddings"])[FLOAT]
    return _encode({**tree, "embeddings": rows, "response_type": "embeddings_floats"})
