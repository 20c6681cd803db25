"""Embeddings as Cohere says them: POST /v2/embed.

Source: Cohere API reference, "Embed API (v2)", and its official client (August 2026).
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.embeddings.common import (
    EmbeddingsDialect,
    check_count,
    check_dimensions,
    elements,
    task_of,
    vector_of,
    written,
)
from understudy.dialects.operation import (
    Answer,
    Flawed,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.plain_errors import COHERE_ERRORS
from understudy.dialects.reading import Raws, Reader, expected, is_list, is_string, text_of
from understudy.dialects.toplevel import read_object
from understudy.operations.embeddings import Embedded, EmbedTask, Item, Purpose, Truncate
from understudy.operations.vectors import DTYPES, FLOAT, Vector

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str | None).decode
_PURPOSES = {
    "search_query": Purpose.QUERY,
    "search_document": Purpose.DOCUMENT,
    "classification": Purpose.CLASSIFICATION,
    "clustering": Purpose.CLUSTERING,
}
_WORDS = {purpose: word for word, purpose in _PURPOSES.items()}


class CohereEmbeddings(EmbeddingsDialect):
    name = "cohere_embeddings"
    paths = ("/v2/embed",)
    errors = COHERE_ERRORS

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        model = top.need_string("model")
        items = _read_items(top)
        kind = top.string("input_type")
        truncate = top.string("truncate")
        if truncate is not None and truncate not in Truncate.__members__:
            raise InvalidRequest("truncate", f'expected NONE, START or END, found "{truncate}"')
        dtypes = tuple(
            text_of(raw) if is_string(raw) else "" for raw in top.items("embedding_types")
        )
        if not set(dtypes) <= DTYPES:
            raise InvalidRequest("embedding_types", f"expected some of {', '.join(sorted(DTYPES))}")
        task = EmbedTask(
            items,
            dimensions=check_dimensions(top.integer("output_dimension"), "output_dimension"),
            dtypes=dtypes or (FLOAT,),
            purpose=_PURPOSES.get(kind or ""),
            truncate=None if truncate is None else Truncate[truncate],
        )
        rest = top.rest()
        if kind and task.purpose is None:
            rest["input_type"] = msgspec.Raw(_encode(kind))
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = own_extensions(request, self.name)
        losses = foreign_extensions(request, self.name)
        body: dict[str, object] = {"model": endpoint.model}
        if "input_type" not in own:
            body["input_type"] = _purpose(task, losses)
        body |= _write_items(task, losses)
        body["embedding_types"] = task.dtypes
        if task.dimensions is not None:
            body["output_dimension"] = task.dimensions
        if task.truncate is not None:
            body["truncate"] = task.truncate.name
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        return _encode({**body, **own}), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("embeddings", None)
        if raw is None:
            raise Flawed("schema_violation", "expected embeddings, found nothing")
        try:
            vectors = _read_vectors(raw)
            ident = _text(tree.pop("id", msgspec.Raw(b"null"))) or ""
            meta = _raws(tree.get("meta", msgspec.Raw(b"{}")))
            billed = _raws(meta.get("billed_units", msgspec.Raw(b"{}")))
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected embeddings ({error})") from None
        tree.pop("response_type", None)
        counts = [integer(billed, name) for name in ("input_tokens", "image_tokens")]
        known = [count for count in counts if count is not None]
        usage = Usage(input_tokens=sum(known)) if known else None
        return Answer(Embedded(tuple(vectors)), usage, ident, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        losses: list[Loss] = []
        embedded = answer.result
        assert isinstance(embedded, Embedded)
        rows = {dtype: written(embedded, dtype, losses) for dtype in task.dtypes}
        body: dict[str, object] = {"id": answer.id, "embeddings": rows}
        texts = [text for item in task.items for text in item.texts]
        if texts:
            body["texts"] = texts
        billed = {} if answer.usage is None else {"input_tokens": answer.usage.prompt_tokens}
        body["meta"] = {"api_version": {"version": "2"}, "billed_units": billed}
        return _encode({**body, "response_type": "embeddings_by_type", **answer.fields}), losses


def _read_items(top: Reader) -> tuple[Item, ...]:
    texts = top.items("texts")
    images = top.items("images")
    inputs = top.items("inputs")
    given = [
        name for name, said in (("texts", texts), ("images", images), ("inputs", inputs)) if said
    ]
    if len(given) > 1:
        raise InvalidRequest("", f"expected one of texts, images and inputs, found {given}")
    check_count(len(texts) + len(images) + len(inputs), given[0] if given else "texts")
    for name, raws in (("texts", texts), ("images", images)):
        for number, raw in enumerate(raws):
            if not is_string(raw):
                raise expected("a string", raw, f"{name}[{number}]")
    if inputs:
        return tuple(_read_input(raw, f"inputs[{number}]") for number, raw in enumerate(inputs))
    if images:
        return tuple(Item(media=(text_of(raw),)) for raw in images)
    return tuple(Item((text_of(raw),)) for raw in texts)


def _read_input(raw: msgspec.Raw, path: str) -> Item:
    reader = Reader.of(raw, path)
    texts: list[str] = []
    media: list[str] = []
    content = reader.take("content")
    if content is None or not is_list(content):
        raise InvalidRequest(reader.at("content"), "expected an array of content")
    for number, element in enumerate(elements(content, reader.at("content"))):
        part = Reader.of(element, f"{reader.at('content')}[{number}]")
        if part.string("type") == "image_url":
            media.append(part.need_object("image_url").need_string("url"))
        else:
            texts.append(part.need_string("text"))
    return Item(tuple(texts), media=tuple(media))


def _write_items(task: EmbedTask, losses: list[Loss]) -> dict[str, object]:
    """Texts where all are one text each, images where all are one image, else inputs of parts."""
    for number, item in enumerate(task.items):
        if item.tokens is not None:
            reason = "tokens can be sent only where the target takes tokens"
            raise InvalidRequest(f"task.items[{number}]", reason)
        if item.title is not None:
            losses.append(Loss(f"task.items[{number}].title", "inputs have no title here"))
    if all(len(item.texts) == 1 and not item.media for item in task.items):
        return {"texts": [item.texts[0] for item in task.items]}
    if all(not item.texts and len(item.media) == 1 for item in task.items):
        return {"images": [item.media[0] for item in task.items]}
    return {
        "inputs": [
            {
                "content": [
                    *({"type": "text", "text": text} for text in item.texts),
                    *({"type": "image_url", "image_url": {"url": url}} for url in item.media),
                ]
            }
            for item in task.items
        ]
    }


def _purpose(task: EmbedTask, losses: list[Loss]) -> str:
    """The word for it; the API demands one."""
    if all(not item.texts and item.media for item in task.items):
        return "image"
    word = None if task.purpose is None else _WORDS.get(task.purpose)
    if word is None:
        said = "none was said" if task.purpose is None else f"no word for {task.purpose.value}"
        reason = f"{said}, and one is demanded: taken for documents"
        losses.append(Loss("task.purpose", reason, Change.CHANGED))
    return word or "search_document"


def _read_vectors(raw: msgspec.Raw) -> list[Vector]:
    """By data type as version 2 says them, or plain rows as version 1 may."""
    if is_list(raw):
        return [vector_of(row, f"embeddings[{n}]") for n, row in enumerate(_list(raw))]
    vectors: list[Vector] = []
    for dtype, column in _raws(raw).items():
        if bytes(column) == b"null":
            continue
        rows = _list(column)
        if not vectors:
            vectors = [{} for _ in rows]
        if len(rows) != len(vectors):
            raise Flawed("schema_violation", f"expected {len(vectors)} vectors of {dtype}")
        for number, row in enumerate(rows):
            vectors[number] |= vector_of(row, f"embeddings.{dtype}[{number}]", dtype)
    return vectors
