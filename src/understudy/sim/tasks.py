"""What simulated providers answer to other operations than chat: a function of the request alone.

The vectors of a text depend on the model's name and the text: the same model says the same
everywhere, and another model is another space.
"""

import base64
import hashlib
from array import array
from collections.abc import Iterator
from typing import assert_never

import msgspec

from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.operations.audio import Heard, Sound, SpeechTask, Spoken, TranscriptionTask
from understudy.operations.embeddings import Embedded, EmbedTask, Item
from understudy.operations.files import Filed, FileTask
from understudy.operations.images import Drawn, ImageTask, Picture
from understudy.operations.moderation import Moderated, ModerationTask, Verdict
from understudy.operations.rerank import Rank, Ranked, RerankTask
from understudy.operations.task import Result, Task
from understudy.operations.vectors import BASE64, FLOAT, Vector, packed

DIMENSION = 64
PIECE_BYTES = 192
"""Of sound that is told as it comes."""


def result_of(request: Request, task: Task) -> tuple[Event, ...]:
    """The whole answer."""
    started = Started(f"sim-{_digest(request.model, repr(task)).hex()[:12]}", request.model)
    result, tokens = _result(request.model, task)
    usage = None if tokens is None else Usage(input_tokens=tokens)
    if not request.stream:
        return (started, Finished(StopReason.END, usage, result=result))
    parts = tuple(_told(task, result))
    usage = Usage(input_tokens=len(repr(task)) // 4, output_tokens=len(parts))
    return (started, *parts, Finished(StopReason.END, usage, result=result))


def _told(task: Task, result: Result) -> Iterator[Event]:
    """The same, as it comes."""
    match result:
        case Drawn(pictures=pictures) if isinstance(task, ImageTask):
            for number in range(task.partials or 0):
                raw = msgspec.Raw(msgspec.json.encode(pictures[0].base64))
                yield PartStarted(number, PartKind.IMAGE, raw=raw)
                yield PartEnded(number)
        case Heard(text=text):
            yield PartStarted(0, PartKind.TEXT)
            yield from (PartDelta(0, f"{word} ") for word in text.split())
            yield PartEnded(0)
        case Spoken(sound=sound):
            yield PartStarted(0, PartKind.AUDIO)
            for start in range(0, len(sound.octets), PIECE_BYTES):
                piece = sound.octets[start : start + PIECE_BYTES]
                yield PartDelta(0, audio_base64=base64.b64encode(piece).decode())
            yield PartEnded(0)


def _result(model: str, task: Task) -> tuple[Result, int | None]:
    match task:
        case EmbedTask():
            return _embedded(model, task)
        case RerankTask():
            return _ranked(task)
        case ModerationTask(inputs=inputs):
            return Moderated(tuple(_verdict(each) for each in inputs)), None
        case ImageTask():
            return Drawn(tuple(_picture(model, task, k) for k in range(task.count or 1))), None
        case TranscriptionTask(sound=sound, to_english=to_english):
            verb = "translated" if to_english else "heard"
            text = f"{verb} {len(sound.octets)} bytes {_digest(sound.octets.hex()).hex()[:8]}"
            return Heard(text), None
        case SpeechTask(text=text):
            return Spoken(Sound(b"ID3" + 40 * _digest(model, text))), None
        case FileTask():
            return _filed(task), None
        case _:
            assert_never(task)


def _ranked(task: RerankTask) -> tuple[Ranked, int]:
    """The more words of the query a document has, the higher; the same everywhere."""
    words = set(task.query.lower().split())
    texts = [each if isinstance(each, str) else bytes(each).decode() for each in task.documents]
    shares = [len(words & set(text.lower().split())) / max(1, len(words)) for text in texts]
    order = sorted(range(len(texts)), key=lambda number: (-shares[number], number))
    ranks = [Rank(number, msgspec.Raw(b"%.4f" % shares[number])) for number in order]
    return Ranked(tuple(ranks[: task.top])), sum(-(-len(text) // 4) for text in texts)


def _picture(model: str, task: ImageTask, number: int) -> Picture:
    """Bytes that look like a picture from outside, another for each prompt, source and number."""
    seen = "/".join(each.base64 or each.url or "" for each in task.sources)
    octets = b"\x89PNG\r\n\x1a\n" + _digest(model, task.prompt, seen, str(number))
    return Picture(base64.b64encode(octets).decode())


def _filed(task: FileTask) -> Filed:
    """A store that remembers nothing: an id follows from what was sent, a content from the id."""
    kind, _, rest = task.path[1:].partition("/")
    ident = rest.partition("/")[0]
    if rest.endswith("/content"):
        return Filed(f"content of {ident}".encode(), "application/octet-stream")
    singular = "file" if kind == "files" else "batch"
    made = ident or f"{singular}-{_digest(task.body.hex()).hex()[:12]}"
    body: dict[str, object] = {"id": made, "object": singular, "created_at": 1, "bytes": 1}
    if task.method == "DELETE":
        body = {"id": made, "object": singular, "deleted": True}
    elif singular == "batch":
        said = {} if not task.body.startswith(b"{") else msgspec.json.decode(task.body)
        body |= {"endpoint": "/v1/chat/completions", "completion_window": "24h", "status": "done"}
        body |= {
            "input_file_id": said.get("input_file_id", "file-in"),
            "output_file_id": "file-out",
        }
    if task.method == "GET" and not ident:
        body = {"object": "list", "data": [body], "first_id": made, "has_more": False}
    return Filed(msgspec.json.encode(body), "application/json")


def _verdict(said: str | msgspec.Raw) -> Verdict:
    """Harmful is what says that it is: `violence`, `hate` or `sexual`."""
    text = said if isinstance(said, str) else bytes(said).decode()
    flags = {name: name in text.lower() for name in ("hate", "sexual", "violence")}
    scores = {name: msgspec.Raw(b"0.99" if flag else b"0.01") for name, flag in flags.items()}
    return Verdict(flags, scores)


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
