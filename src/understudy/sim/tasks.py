"""What simulated providers answer to other operations than chat: a function of the request alone.

The vectors of a text depend on the model's name and the text: the same model says the same
everywhere, and another model is another space.
"""

import hashlib
from array import array

import msgspec

from understudy.chat.events import Event, Finished, Started, StopReason
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.operations.embeddings import Embedded, EmbedTask, Item
from understudy.operations.task import Task
from understudy.operations.vectors import BASE64, FLOAT, Vector, packed

DIMENSION = 64


def result_of(request: Request, task: Task) -> tuple[Event, ...]:
    """The whole answer."""
    embedded, tokens = _embedded(request.model, task)
    started = Started(f"sim-{_digest(request.model, repr(task)).hex()[:12]}", request.model)
    usage = Usage(input_tokens=tokens)
    return (started, Finished(StopReason.END, usage, result=embedded))


def numbers(model: str, item: Item, dimension: int) -> list[float]:
    """The vector of one input: float32 between -1 and 1, of unit length no more than by chance."""
    said = "\0".join((*item.texts, *item.media)) if item.tokens is None else repr(item.tokens)
    octets = b""
    count = 0
    while len(octets) < 2 * dimension:
        octets += _digest(model, f"{count}/{said}")
        count += 1
    whole = array("H", octets[: 2 * dimension])
    return array("f", [(each - 32768) / 32768 for each in whole]).tolist()


def _embedded(model: str, task: EmbedTask) -> tuple[Embedded, int]:
    dimension = task.dimensions or DIMENSION
    vectors = tuple(_vector(model, item, dimension, task.dtypes) for item in task.items)
    tokens = sum(
        len(item.tokens) if item.tokens is not None else sum(-(-len(t) // 4) for t in item.texts)
        for item in task.items
    )
    return Embedded(vectors), max(1, tokens)


def _vector(model: str, item: Item, dimension: int, dtypes: tuple[str, ...]) -> Vector:
    floats = numbers(model, item, dimension)
    raw = msgspec.Raw(msgspec.json.encode(floats))
    vector: Vector = {}
    for dtype in dtypes:
        if dtype == FLOAT:
            vector[dtype] = raw
        elif dtype == BASE64:
            vector[dtype] = packed(raw)
        else:
            vector[dtype] = msgspec.Raw(msgspec.json.encode([int(100 * each) for each in floats]))
    return vector


def _digest(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=64).digest()
