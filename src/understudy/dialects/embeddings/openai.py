"""Embeddings as OpenAI says them, and most others with small differences (Mistral, Voyage, vLLM).

Sources: OpenAI API reference, "Create embeddings"; Voyage AI, "Text embeddings API"; Mistral AI
API, "Embeddings" (all August 2026). A host's spelling of a field (`output_dimension`) is one of
`Endpoint.renames`, a field that only some take is one of `Endpoint.accepts`.
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import Edits
from understudy.dialects.deployments import deployment_path
from understudy.dialects.embeddings.common import (
    EmbeddingsDialect,
    check_dimensions,
    read_inputs,
    task_of,
    text_for,
    vector_of,
    written,
)
from understudy.dialects.openai_chat import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.paths import matched
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import edit, read_object, rename
from understudy.operations.embeddings import Embedded, EmbedTask, Purpose, Truncate
from understudy.operations.vectors import BASE64, DTYPES, FLOAT, Vector

_INPUT_TYPES = {"query": Purpose.QUERY, "document": Purpose.DOCUMENT}
_WORDS = {purpose: word for word, purpose in _INPUT_TYPES.items()}
_DEPLOYMENT = deployment_path("embeddings")
_encode = msgspec.json.encode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_text = msgspec.json.Decoder(str | None).decode


class OpenAIEmbeddings(EmbeddingsDialect):
    name = "openai_embeddings"
    paths = ("/v1/embeddings", "/embeddings", "/openai/v1/embeddings", _DEPLOYMENT)
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        deployment = matched(path, (_DEPLOYMENT,))
        model = top.string("model") or ""
        if deployment is not None:
            model = deployment["model"]
        if not model:
            raise InvalidRequest("model", "expected the name of a model, found none")
        raw = top.take("input")
        if raw is None:
            raise InvalidRequest("input", "expected a string or an array, found nothing")
        items, is_list = read_inputs(raw, "input")
        task = EmbedTask(
            items,
            is_list,
            dimensions=check_dimensions(_dimensions(top), "dimensions"),
            dtypes=_dtypes(top),
            purpose=_purpose(top),
            truncate=_truncate(top),
        )
        user = top.string("user")
        rest = top.rest()
        return Request(
            model, (), task=task, user=user, extensions={self.name: rest} if rest else {}
        )

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        raws = read_object(body)
        if "model" not in raws:  # its path says it
            return _encode({"model": edits.model, **raws})
        return edit(body, edits)

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = own_extensions(request, self.name)
        losses = foreign_extensions(request, self.name)
        inputs = [
            item.tokens if item.tokens is not None else text_for(item, number, losses)
            for number, item in enumerate(task.items)
        ]
        body: dict[str, object] = {"model": endpoint.model}
        body["input"] = inputs if task.is_list or len(inputs) != 1 else inputs[0]
        if task.dimensions is not None:
            body["dimensions"] = task.dimensions
        _write_dtype(task, endpoint, body, losses)
        _write_purpose(task, endpoint, body, losses)
        _write_truncate(task, endpoint, body, losses)
        if request.user is not None and "user" not in endpoint.rejects:
            body["user"] = request.user
        elif request.user is not None:
            losses.append(Loss("user", "refused by this model"))
        body |= {name: raw for name, raw in own.items() if name not in body}
        rename(body, endpoint.renames)
        return _encode(body), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("data", None)
        if raw is None:
            raise Flawed("schema_violation", "expected data, found nothing")
        usage, rest = _read_usage(tree.pop("usage", None))
        fields: Raws = {}
        try:
            vectors, beside = _read_data(_objects(raw))
            model = _text(tree.pop("model", msgspec.Raw(b"null"))) or ""
            ident = _text(tree.pop("id", msgspec.Raw(b"null"))) or ""
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected embeddings ({error})") from None
        created = integer(tree, "created")
        tree.pop("created", None)
        tree.pop("object", None)
        if rest:
            fields["usage"] = msgspec.Raw(_encode(rest))
        if any(beside):
            fields["data"] = msgspec.Raw(_encode(beside))
        return Answer(Embedded(tuple(vectors)), usage, ident, model, created, {**tree, **fields})

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        fields = dict(answer.fields)
        beside = _objects(fields.pop("data", msgspec.Raw(b"[]")))
        rest = msgspec.json.decode(fields.pop("usage", msgspec.Raw(b"{}")), type=Raws)
        embedded = answer.result
        assert isinstance(embedded, Embedded)
        rows = written(embedded, task_of(request).dtypes[0], losses)
        body: dict[str, object] = {"object": "list"}
        if answer.id:
            body["id"] = answer.id
        if answer.created is not None and answer.id:
            body["created"] = answer.created
        body["data"] = [
            {
                "object": "embedding",
                "index": number,
                "embedding": row,
                **(beside[number] if number < len(beside) else {}),
            }
            for number, row in enumerate(rows)
        ]
        body["model"] = answer.model
        body["usage"] = _write_usage(answer.usage, rest)
        return _encode({**body, **fields}), losses


def _dtypes(top: Reader) -> tuple[str, ...]:
    """Voyage and Mistral say data type and packing apart; packed integers stay as they are."""
    packing = top.peek("encoding_format")
    dtype = top.string("output_dtype") or FLOAT
    word = None if packing is None else top.string("encoding_format")
    if word not in {None, FLOAT, BASE64}:
        raise InvalidRequest("encoding_format", f'expected "float" or "base64", found "{word}"')
    if dtype not in DTYPES:
        raise InvalidRequest("output_dtype", f"expected one of {', '.join(sorted(DTYPES))}")
    if dtype == FLOAT:
        return (BASE64 if word == BASE64 else FLOAT,)
    if word is not None and packing is not None:
        top.put("encoding_format", packing)
    return (dtype,)


def _dimensions(top: Reader) -> int | None:
    ours, theirs = top.integer("dimensions"), top.integer("output_dimension")
    return theirs if ours is None else ours


def _purpose(top: Reader) -> Purpose | None:
    raw = top.peek("input_type")
    word = top.string("input_type")
    purpose = _INPUT_TYPES.get(word or "")
    if word and purpose is None and raw is not None:
        top.put("input_type", raw)
    return purpose


def _truncate(top: Reader) -> Truncate | None:
    wanted = top.boolean("truncation")
    if wanted is None:
        return None
    return Truncate.END if wanted else Truncate.NONE


def _write_dtype(
    task: EmbedTask, endpoint: Endpoint, body: dict[str, object], losses: list[Loss]
) -> None:
    dtype, *others = task.dtypes
    losses += [Loss(f"task.dtypes.{other}", "one data type at a time") for other in others]
    if dtype == BASE64:
        body["encoding_format"] = BASE64
    elif dtype != FLOAT:
        body["output_dtype"] = dtype
    elif "encoding_format" in endpoint.accepts:
        body["encoding_format"] = FLOAT


def _write_purpose(
    task: EmbedTask, endpoint: Endpoint, body: dict[str, object], losses: list[Loss]
) -> None:
    if task.purpose is None:
        return
    word = _WORDS.get(task.purpose)
    if word is not None and "task.purpose" in endpoint.accepts:
        body["input_type"] = word
    else:
        losses.append(Loss("task.purpose", f"no word for {task.purpose.value} here"))


def _write_truncate(
    task: EmbedTask, endpoint: Endpoint, body: dict[str, object], losses: list[Loss]
) -> None:
    if task.truncate is None:
        return
    if "task.truncate" in endpoint.accepts and task.truncate is not Truncate.START:
        body["truncation"] = task.truncate is Truncate.END
    elif task.truncate is not Truncate.NONE:  # what is too long is an error here anyway
        losses.append(Loss("task.truncate", "inputs that are too long are refused here"))


def _read_data(data: list[Raws]) -> tuple[list[Vector], list[Raws]]:
    """The vectors in the order of the inputs, and what else is said of each."""
    rows: list[tuple[int, Vector, Raws]] = []
    for number, element in enumerate(data):
        index = integer(element, "index")
        raw = element.pop("embedding", None)
        if raw is None:
            raise Flawed("schema_violation", f"data[{number}]: expected an embedding")
        element.pop("index", None)
        element.pop("object", None)
        place = number if index is None else index
        rows.append((place, vector_of(raw, f"data[{number}]"), element))
    rows.sort(key=lambda row: row[0])
    if [place for place, _, _ in rows] != list(range(len(rows))):
        raise Flawed("schema_violation", "expected each index once, from 0 on")
    return [vector for _, vector, _ in rows], [beside for _, _, beside in rows]


def _read_usage(raw: msgspec.Raw | None) -> tuple[Usage | None, Raws]:
    if raw is None or bytes(raw) == b"null":
        return None, {}
    try:
        tree = msgspec.json.decode(raw, type=Raws)
    except msgspec.MsgspecError:
        return None, {}
    prompt = integer(tree, "prompt_tokens")
    total = integer(tree, "total_tokens")
    if prompt is None:
        prompt = total  # as Voyage says it
        tree.pop("total_tokens", None)
        tree["prompt_tokens"] = msgspec.Raw(b"null")
    else:
        del tree["prompt_tokens"]
        if total == prompt:
            tree.pop("total_tokens", None)
    return None if prompt is None else Usage(input_tokens=prompt), tree


def _write_usage(usage: Usage | None, rest: Raws) -> dict[str, object]:
    count = 0 if usage is None else usage.prompt_tokens
    body: dict[str, object] = {"prompt_tokens": count, "total_tokens": count, **rest}
    if rest.get("prompt_tokens") is not None and bytes(rest["prompt_tokens"]) == b"null":
        del body["prompt_tokens"]
    return body
