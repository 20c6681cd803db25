"""What the dialects of embeddings share: inputs, bounds, losses, and vectors for an answer."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace
from typing_extensions import override

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.operation import Flawed, OperationDialect
from understudy.dialects.reading import Raws, expected, is_list, is_string, text_of
from understudy.dialects.toplevel import read_object
from understudy.operations.embeddings import Embedded, EmbedTask, Item
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected
from understudy.operations.vectors import (
    BASE64,
    FLOAT,
    NoVector,
    Vector,
    as_asked,
    check,
    is_packed,
)

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_tokens = msgspec.json.Decoder(tuple[int, ...]).decode

_ANEW = frozenset({"texts", "meta", "usage", "usageMetadata", "total_duration", "load_duration"})
"""Fields of an answer that are of its inputs, or are counted anew."""

_EVERYTHING = frozenset({"task.purpose", "task.truncate"})
_NOTHING = msgspec.Raw(b"[]")

MOST_INPUTS = 10_000
"""In one request, whatever a target takes at once: each costs us work of its own."""

MOST_TOKENS = 1_000_000
"""Given as numbers, in one request; OpenAI takes 300,000."""


class EmbeddingsDialect(OperationDialect):
    operation = Operation.EMBEDDINGS

    @override
    def needs(self, request: Request) -> frozenset[Capability]:
        task = task_of(request)
        capabilities = set()
        if task.dimensions is not None:
            capabilities.add(Capability.DIMENSIONS)
        if not set(task.dtypes) <= {FLOAT, BASE64}:
            capabilities.add(Capability.DTYPES)
        for item in task.items:
            if item.tokens is not None:
                capabilities.add(Capability.TOKEN_INPUT)
            if item.media:
                capabilities.add(Capability.VISION)
        return frozenset(capabilities)

    @override
    def expected(self, request: Request) -> Expected:
        task = task_of(request)
        return Expected(len(task.items), task.dimensions)

    def split(self, body: bytes, path: str, most: int) -> list[bytes]:
        """See `dialects.base.Splits`."""
        request = self.read_request(body, path)
        task = task_of(request)
        endpoint = Endpoint(self.name, request.model, path, "", accepts=_EVERYTHING)
        portions = []
        for start in range(0, len(task.items), most):
            part = replace(task, items=task.items[start : start + most], is_list=True)
            portions.append(self.write_request(replace(request, task=part), endpoint)[0])
        return portions

    def join(self, body: bytes, path: str, answers: Sequence[bytes]) -> tuple[bytes, list[Loss]]:
        """See `dialects.base.Splits`."""
        read = [self.read_answer(read_object(answer)) for answer in answers]
        first = read[0]
        kept, lost = _common([answer.fields for answer in read])
        vectors: list[Vector] = []
        for answer in read:
            assert isinstance(answer.result, Embedded)
            vectors += answer.result.vectors
        used = [answer.usage for answer in read if answer.usage is not None]
        usage = sum(used[1:], used[0]) if used else None
        whole = first._replace(result=Embedded(tuple(vectors)), usage=usage, fields=kept)
        written, losses = self.write_answer(self.read_request(body, path), whole)
        return written, [*losses, *lost]


def _common(fields: Sequence[Mapping[str, msgspec.Raw]]) -> tuple[Raws, list[Loss]]:
    """What every answer says alike beside its vectors. What only one of them says is lost, but for
    what is said anew of the whole.
    """
    first, *others = fields
    same = {
        name: raw
        for name, raw in first.items()
        if all(bytes(each.get(name, _NOTHING)) == bytes(raw) for each in others)
    }
    names = {name for each in fields for name in each} - same.keys() - _ANEW
    return same, [Loss(f"answer.{name}", "each portion says another") for name in sorted(names)]


def task_of(request: Request) -> EmbedTask:
    """What is asked for."""
    task = request.task
    assert isinstance(task, EmbedTask), "admission lets no other operation through"
    return task


def elements(raw: msgspec.Raw, path: str) -> list[msgspec.Raw]:
    """The elements of an array, as many as we take. Raises: InvalidRequest."""
    try:
        items = _items(raw)
    except msgspec.MsgspecError:
        raise expected("an array", raw, path) from None
    check_count(len(items), path)
    return items


def check_count(count: int, path: str) -> None:
    """Raises: InvalidRequest, for none and for too many."""
    if not count:
        raise InvalidRequest(path, "expected at least one input, found none")
    if count > MOST_INPUTS:
        raise InvalidRequest(path, f"expected at most {MOST_INPUTS} inputs, found {count}")


def read_inputs(raw: msgspec.Raw, path: str) -> tuple[tuple[Item, ...], bool]:
    """A text, texts, tokens, or arrays of tokens; and whether they came as a list of inputs.

    Raises: InvalidRequest.
    """
    if is_string(raw):
        return (Item((text_of(raw),)),), False
    if not is_list(raw):
        raise expected("a string or an array", raw, path)
    if _is_tokens(raw):
        return (Item(tokens=_read_tokens(raw, path)),), False
    _bounded(raw, path)
    items = elements(raw, path)
    return tuple(_item(item, f"{path}[{number}]") for number, item in enumerate(items)), True


def _is_tokens(raw: msgspec.Raw) -> bool:
    """Whether an array begins with a number: it is one input then."""
    return bytes(memoryview(raw)[1:80]).lstrip()[:1].isdigit()


def _item(raw: msgspec.Raw, path: str) -> Item:
    if is_string(raw):
        return Item((text_of(raw),))
    if is_list(raw):
        return Item(tokens=_read_tokens(raw, path))
    raise expected("a string or an array of tokens", raw, path)


def _bounded(raw: msgspec.Raw, path: str) -> None:
    """Look before reading how many numbers there are: each is dearer than its bytes."""
    data = bytes(raw)
    if b'"' not in data[:80] and data.count(b",") > MOST_TOKENS:
        raise InvalidRequest(path, f"expected at most {MOST_TOKENS} tokens")


def _read_tokens(raw: msgspec.Raw, path: str) -> tuple[int, ...]:
    _bounded(raw, path)
    try:
        tokens = _tokens(raw)
    except msgspec.MsgspecError:
        raise InvalidRequest(path, "expected an array of strings or of integers") from None
    if not tokens:
        raise InvalidRequest(path, "expected at least one token, found none")
    return tokens


def check_dimensions(value: int | None, path: str) -> int | None:
    """Raises: InvalidRequest."""
    if value is not None and value < 1:
        raise InvalidRequest(path, f"expected a positive number, found {value}")
    return value


def text_for(item: Item, number: int, losses: list[Loss]) -> str:
    """The one text of an input, for a dialect that has no word for more."""
    where = f"task.items[{number}]"
    if item.tokens is not None:
        raise InvalidRequest(where, "tokens can be sent only where the target takes tokens")
    if item.media:
        raise InvalidRequest(where, "media can be sent only where the target takes them")
    if item.title is not None:
        losses.append(Loss(f"{where}.title", "inputs have no title here"))
    if len(item.texts) > 1:
        raise InvalidRequest(where, "an input of several texts cannot be sent to this target")
    return "".join(item.texts)


def vector_of(raw: msgspec.Raw, path: str, dtype: str = FLOAT) -> Vector:
    """A vector as an answer has it, looked through. Raises: Flawed."""
    vector = {BASE64 if dtype == FLOAT and is_packed(raw) else dtype: raw}
    try:
        check(vector)
    except NoVector as error:
        raise Flawed("schema_violation", f"{path}: {error}") from None
    return vector


def written(embedded: Embedded, dtype: str, losses: list[Loss]) -> list[msgspec.Raw]:
    """All vectors in one data type; a loss where the answer has them in none that can become it."""
    rows = [as_asked(vector, dtype) for vector in embedded.vectors]
    if None in rows:
        there = ", ".join(sorted({name for vector in embedded.vectors for name in vector}))
        losses.append(Loss(f"answer.vectors.{dtype}", f"the answer has vectors of {there} only"))
    return [_NOTHING if row is None else row for row in rows]
