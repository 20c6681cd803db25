"""Embeddings as Ollama says them: /api/embed for one text or several, /api/embeddings for one.

Source: Ollama API documentation, "Generate Embeddings", and `EmbedRequest` of its official client
(August 2026).
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import LEAF
from understudy.dialects.embeddings.common import (
    EmbeddingsDialect,
    check_dimensions,
    read_inputs,
    task_of,
    text_for,
    vector_of,
    written,
)
from understudy.dialects.ollama_chat import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import read_object
from understudy.operations.embeddings import Embedded, EmbedTask, Truncate
from understudy.operations.vectors import FLOAT

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str | None).decode
_NEW, _OLD = "embed", "embeddings"


class OllamaEmbeddings(EmbeddingsDialect):
    name = "ollama_embeddings"
    paths = (f"/api/{_NEW}", f"/api/{_OLD}")
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def leaf(self, path: str) -> str:
        return _OLD if path.partition("?")[0].endswith(_OLD) else _NEW

    @override
    def built_path(self, request: Request, endpoint: Endpoint) -> str:
        """The older path only for whoever asked there."""
        is_old = "prompt" in own_extensions(request, self.name)
        return endpoint.path.replace(LEAF, _OLD if is_old else _NEW)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        model = top.need_string("model")
        is_old = self.leaf(path) == _OLD
        field = "prompt" if is_old else "input"
        raw = top.take(field)
        if raw is None:
            raise InvalidRequest(field, "expected a string, found nothing")
        items, is_list = read_inputs(raw, field)
        truncate = top.boolean("truncate")
        dimensions = check_dimensions(top.integer("dimensions"), "dimensions")
        task = EmbedTask(
            items,
            is_list,
            dimensions=dimensions,
            truncate=None if truncate is None else Truncate.END if truncate else Truncate.NONE,
        )
        rest = top.rest()
        if is_old:
            rest["prompt"] = msgspec.Raw(b"null")
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = dict(own_extensions(request, self.name))
        losses = [
            loss
            for loss in foreign_extensions(request, self.name)
            if loss.path != f"extensions.{self.name}.prompt"
        ]
        texts = [text_for(item, number, losses) for number, item in enumerate(task.items)]
        given: object = texts if task.is_list or len(texts) != 1 else texts[0]
        field = "input" if own.pop("prompt", None) is None else "prompt"
        body: dict[str, object] = {"model": endpoint.model, field: given}
        if task.dimensions is not None:
            body["dimensions"] = task.dimensions
        if task.truncate is Truncate.START:
            losses.append(Loss("task.truncate", "only the end can be cut off here"))
        elif task.truncate is not None:
            body["truncate"] = task.truncate is Truncate.END
        if task.purpose is not None:
            losses.append(Loss("task.purpose", f"no word for {task.purpose.value} here"))
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        return _encode({**body, **own}), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        single = tree.pop("embedding", None)
        many = tree.pop("embeddings", None)
        if single is None and many is None:
            raise Flawed("schema_violation", "expected embeddings, found nothing")
        try:
            rows = _raws(many) if many is not None else [single]
            model = _text(tree.pop("model", msgspec.Raw(b"null"))) or ""
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected embeddings ({error})") from None
        vectors = tuple(
            vector_of(row, f"embeddings[{number}]")
            for number, row in enumerate(rows)
            if row is not None
        )
        count = integer(tree, "prompt_eval_count")
        tree.pop("prompt_eval_count", None)
        usage = None if count is None else Usage(input_tokens=count)
        return Answer(Embedded(vectors), usage, model=model, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        embedded = answer.result
        assert isinstance(embedded, Embedded)
        rows = written(embedded, FLOAT, losses)
        if "prompt" in own_extensions(request, self.name):
            return _encode({"embedding": rows[0], **answer.fields}), losses
        body: dict[str, object] = {"model": answer.model, "embeddings": rows, **answer.fields}
        if answer.usage is not None:
            body["prompt_eval_count"] = answer.usage.prompt_tokens
        return _encode(body), losses
