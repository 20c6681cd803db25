"""Embeddings as Google says them: `:embedContent` for one, `:batchEmbedContents` for several.

Source: ai.google.dev/api/embeddings (August 2026), and what its official client sends. The model is
in the path, and in the body as `models/NAME` too.
"""

from collections.abc import Sequence

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import LEAF, Edits
from understudy.dialects.embeddings.common import (
    EmbeddingsDialect,
    check_dimensions,
    elements,
    task_of,
    vector_of,
    written,
)
from understudy.dialects.gemini_generate import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.paths import matched
from understudy.dialects.reading import ProtoReader, Raws, Reader
from understudy.dialects.toplevel import locate, read_object
from understudy.operations.embeddings import Embedded, EmbedTask, Item, Purpose
from understudy.operations.vectors import BASE64, FLOAT

_encode = msgspec.json.encode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ONE, _MANY = "embedContent", "batchEmbedContents"
_BASES = (
    "/v1beta/models/{model}:",
    "/v1/models/{model}:",
    "/v1/projects/{project}/locations/{location}/publishers/google/models/{model}:",
    "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{model}:",
    "/v1/publishers/google/models/{model}:",
    "/v1beta1/publishers/google/models/{model}:",
)
PURPOSES = {
    "RETRIEVAL_QUERY": Purpose.QUERY,
    "RETRIEVAL_DOCUMENT": Purpose.DOCUMENT,
    "SEMANTIC_SIMILARITY": Purpose.SIMILARITY,
    "CLASSIFICATION": Purpose.CLASSIFICATION,
    "CLUSTERING": Purpose.CLUSTERING,
    "QUESTION_ANSWERING": Purpose.QUESTION,
    "FACT_VERIFICATION": Purpose.FACT,
    "CODE_RETRIEVAL_QUERY": Purpose.CODE,
}
WORDS = {purpose: word for word, purpose in PURPOSES.items()}


class GeminiEmbeddings(EmbeddingsDialect):
    name = "gemini_embeddings"
    paths = tuple(base + leaf for base in _BASES for leaf in (_ONE, _MANY))
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def leaf(self, path: str) -> str:
        return _ONE if path.partition("?")[0].endswith(f":{_ONE}") else _MANY

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path.replace("{model}", endpoint.model.removeprefix("models/"))

    @override
    def built_path(self, request: Request, endpoint: Endpoint) -> str:
        leaf = _MANY if _is_batch(task_of(request), endpoint) else _ONE
        return self.path(endpoint, stream=False).replace(LEAF, leaf)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = ProtoReader(read_object(body))
        found = matched(path, self.paths)
        said = (top.string("model") or "").removeprefix("models/")
        model = said if found is None else found["model"]
        if self.leaf(path) == _ONE:
            readers = [top]
        else:
            raw = top.take("requests")
            if raw is None:
                raise InvalidRequest("requests", "expected an array of requests, found nothing")
            readers = [
                ProtoReader.of(element, f"requests[{number}]")
                for number, element in enumerate(elements(raw, "requests"))
            ]
        items, common = _read_parts(readers)
        if not model:
            raise InvalidRequest("model", "expected the name of a model in the path, found none")
        purpose, dimensions, rest = common
        task = EmbedTask(
            items, self.leaf(path) == _MANY, dimensions=dimensions, purpose=PURPOSES.get(purpose)
        )
        if purpose and task.purpose is None:
            rest["taskType"] = msgspec.Raw(_encode(purpose))
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        model = _encode(f"models/{edits.model.removeprefix('models/')}")
        raws = read_object(body)
        spans = locate(raws, body)
        changes = [(spans["model"].start, spans["model"].end)] if "model" in raws else []
        if "requests" in raws:
            at = spans["requests"].start
            for element in elements(raws["requests"], "requests"):
                inner = bytes(element)
                at = body.index(inner, at)
                fields = locate(_object(element), inner)
                if "model" in fields:
                    changes.append((at + fields["model"].start, at + fields["model"].end))
                at += len(inner)
        for start, end in sorted(changes, reverse=True):
            body = body[:start] + model + body[end:]
        return body

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        losses = foreign_extensions(request, self.name)
        common: dict[str, object] = {"model": f"models/{endpoint.model.removeprefix('models/')}"}
        if task.purpose is not None:
            common["taskType"] = WORDS[task.purpose]
        if task.dimensions is not None:
            common["outputDimensionality"] = task.dimensions
        common |= own_extensions(request, self.name)
        if task.truncate is not None:
            losses.append(Loss("task.truncate", "what is too long is cut off at its end here"))
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        if BASE64 not in task.dtypes:
            losses += [Loss(f"task.dtypes.{dtype}", "floats only") for dtype in task.dtypes[1:]]
        requests = [
            {**common, "content": _content(item, number), **_titled(item)}
            for number, item in enumerate(task.items)
        ]
        if _is_batch(task, endpoint):
            return _encode({"requests": requests}), losses
        return _encode(requests[0]), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        single = tree.pop("embedding", None)
        many = tree.pop("embeddings", None)
        if single is None and many is None:
            raise Flawed("schema_violation", "expected embeddings, found nothing")
        try:
            rows = _objects(many) if many is not None else [_object(single or msgspec.Raw())]
            usage = _object(tree.get("usageMetadata", msgspec.Raw(b"{}")))
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected embeddings ({error})") from None
        vectors = []
        beside = []
        for number, row in enumerate(rows):
            raw = row.pop("values", None)
            if raw is None:
                raise Flawed("schema_violation", f"embeddings[{number}]: expected values")
            vectors.append(vector_of(raw, f"embeddings[{number}]"))
            beside.append(row)
        if any(beside):
            tree["embeddings"] = msgspec.Raw(_encode(beside))
        count = integer(usage, "promptTokenCount")
        said = None if count is None else Usage(input_tokens=count)
        return Answer(Embedded(tuple(vectors)), said, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        fields = dict(answer.fields)
        beside = _objects(fields.pop("embeddings", msgspec.Raw(b"[]")))
        embedded = answer.result
        assert isinstance(embedded, Embedded)
        rows = [
            {"values": row, **(beside[number] if number < len(beside) else {})}
            for number, row in enumerate(written(embedded, FLOAT, losses))
        ]
        body: dict[str, object] = {}
        if task_of(request).is_list:
            body["embeddings"] = rows
        else:
            body["embedding"] = rows[0]
        if answer.usage is not None:
            body["usageMetadata"] = {"promptTokenCount": answer.usage.prompt_tokens}
        return _encode({**body, **fields}), losses


def _is_batch(task: EmbedTask, endpoint: Endpoint) -> bool:
    """Vertex AI knows no batches: where a host says so, a list of one goes as the one."""
    return task.is_list and not ("single" in endpoint.accepts and len(task.items) == 1)


def _read_parts(readers: Sequence[Reader]) -> tuple[tuple[Item, ...], tuple[str, int | None, Raws]]:
    """All inputs, and what is said of all of them: it must be the same of each."""
    items: list[Item] = []
    common: tuple[str, int | None, Raws] | None = None
    for reader in readers:
        items.append(_read_item(reader))
        dimensions = reader.integer("outputDimensionality")
        if dimensions is None:
            dimensions = reader.integer("output_dimensionality")
        purpose = reader.string("taskType") or reader.string("task_type") or ""
        reader.take("model")
        rest = reader.rest()
        said = (purpose, check_dimensions(dimensions, reader.at("outputDimensionality")), rest)
        if common is not None and said != common:
            reason = "expected all requests of a batch to differ in content and title only"
            raise InvalidRequest(reader.path, reason)
        common = said
    assert common is not None, "there is at least one"
    return tuple(items), common


def _read_item(reader: Reader) -> Item:
    content = reader.need_object("content")
    texts: list[str] = []
    media: list[str] = []
    for number, raw in enumerate(content.items("parts")):
        part = Reader.of(raw, f"{content.at('parts')}[{number}]")
        data = part.object("inlineData") or part.object("inline_data")
        file = part.object("fileData") or part.object("file_data")
        if data is not None:
            kind = data.string("mimeType") or data.string("mime_type") or ""
            media.append(f"data:{kind};base64,{data.need_string('data')}")
        elif file is not None:
            media.append(file.string("fileUri") or file.need_string("file_uri"))
        else:
            texts.append(part.need_string("text"))
    if not texts and not media:
        raise InvalidRequest(content.at("parts"), "expected at least one part, found none")
    return Item(tuple(texts), media=tuple(media), title=reader.string("title"))


def _content(item: Item, number: int) -> dict[str, object]:
    if item.tokens is not None:
        reason = "tokens can be sent only where the target takes tokens"
        raise InvalidRequest(f"task.items[{number}]", reason)
    parts: list[object] = [{"text": text} for text in item.texts]
    for url in item.media:
        kind, found, data = url.removeprefix("data:").partition(";base64,")
        if found and url.startswith("data:"):
            parts.append({"inlineData": {"mimeType": kind, "data": data}})
        else:
            parts.append({"fileData": {"fileUri": url}})
    return {"parts": parts}


def _titled(item: Item) -> dict[str, object]:
    return {} if item.title is None else {"title": item.title}
