"""Answers that nobody recorded: a case, what it must be understood as, and what is asked of it.

A case is written by hand from a vendor's documents. What it says is written beside it, so nothing
here trusts a decoder. Words that begin with "mark" stand in fields that only some dialects know:
each must be kept, or be a declared loss.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from tests.dialects.kept import assert_kept
from tests.dialects.tongues.all import TONGUES
from tests.dialects.tongues.heard import Heard, loads

from understudy.chat.events import Event, Failed, Finished, PartKind, StopReason
from understudy.chat.grammar import Grammar
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Response, fold, unfold
from understudy.chat.usage import Usage
from understudy.dialects.arguments import BrokenArguments, object_of
from understudy.dialects.catalog import CHATS
from understudy.dialects.openai_responses.seal import unseal
from understudy.wire.http import ResponseHead

MARK = re.compile(r"mark[0-9a-z]+")
SPOKEN = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})
SHARES = (
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
)
EVERY_PLACE = 900
"""Bodies of so many bytes are cut at every place, longer ones at as many."""


ANYHOW = "anyhow"


class Case(msgspec.Struct, frozen=True):
    """An answer, and what it says. `calls` are (name, arguments as a value).

    `fails`: the flag of the failure that it is (or ANYHOW), "" for a good answer. `source` says
    whose document describes it.
    """

    id: str
    dialect: str
    body: bytes
    source: str
    stream: bool = True
    text: str = ""
    thoughts: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    ids: tuple[str, ...] = ()
    stop: StopReason = StopReason.END
    stop_sequence: str | None = None
    usage: Usage | None = None
    fails: str = ""
    kind: bytes = b""


def kind_of(case: Case) -> bytes:
    if case.kind:
        return case.kind
    if not case.stream:
        return b"application/json"
    return b"application/x-ndjson" if case.dialect == "ollama_chat" else b"text/event-stream"


def decode(case: Case, pieces: list[bytes]) -> list[Event]:
    """What our decoder makes of an answer that comes in pieces. Asserts that it keeps its bytes."""
    head = ResponseHead(200, ((b"content-type", kind_of(case)),))
    decoder = CHATS[case.dialect].decoder(head, stream=case.stream)
    found = [item for piece in pieces for item in decoder.receive_data(piece)]
    found += decoder.receive_eof()
    assert_kept(found, case.body)
    return [event for item in found for event in item.events]


def assert_understood(case: Case) -> None:
    """Assert that a case is read as what it says, and that nothing marked is forgotten."""
    events = decode(case, [case.body])
    grammar = Grammar()
    for event in events:
        grammar.receive(event)
    assert grammar.complete
    last = events[-1]
    if case.fails:
        assert isinstance(last, Failed), last
        assert case.fails in {ANYHOW, last.signal.flag}, last
        return
    assert isinstance(last, Finished), last
    response = fold(events)
    pieces = [piece for piece in response.pieces if piece.start.choice == 0]
    calls = [piece for piece in pieces if piece.start.kind is PartKind.TOOL_CALL]
    said = "".join(piece.text for piece in pieces if piece.start.kind in SPOKEN)
    thought = "".join(piece.text for piece in pieces if piece.start.kind is PartKind.REASONING)
    assert said == case.text
    assert thought == case.thoughts
    assert tuple((each.start.name, loads(each.text)) for each in calls) == case.calls
    if case.ids:
        assert tuple(each.start.id for each in calls) == case.ids
    assert last.stop is case.stop
    assert last.stop_sequence == case.stop_sequence
    assert last.usage == case.usage
    known = msgspec.json.encode(events).decode()
    assert [mark for mark in marks(case.body) if mark not in known] == [], "forgotten"


def assert_uncuttable(case: Case) -> None:
    """Assert that it says the same however its bytes arrive."""
    expected = decode(case, [case.body])
    data = case.body
    assert decode(case, [data[at : at + 1] for at in range(len(data))]) == expected
    for at in range(1, len(data), max(1, len(data) // EVERY_PLACE)):
        assert decode(case, [data[:at], data[at:]]) == expected, at


def assert_skimmed(case: Case) -> None:
    """Assert that a skim of a whole answer, where one is enough, says what the decoder says."""
    head = ResponseHead(200, ((b"content-type", kind_of(case)),))
    found = CHATS[case.dialect].skim(head, case.body)
    if found is not None:
        last = decode(case, [case.body])[-1]
        assert isinstance(last, Finished)
        assert (found.stop, found.usage) == (last.stop, last.usage)


class Said(msgspec.Struct, frozen=True):
    """A case said in a dialect: its bytes, their content type, and what was declared lost."""

    body: bytes
    kind: str
    losses: tuple[Loss, ...]


def say(case: Case, target: str, *, stream: bool) -> Said:
    events = decode(case, [case.body])
    encoder = CHATS[target].encoder(Request("m", (), stream=stream))
    said = events if case.stream else list(unfold(fold(events)))
    body = b"".join(encoder.send(event) for event in said)
    kind = dict(encoder.head())[b"content-type"].decode()
    return Said(body, kind, tuple(encoder.losses))


def assert_heard(case: Case, target: str, *, stream: bool) -> None:
    """Assert that a dialect's official client hears all of a case, or that a loss says what not."""
    response = fold(decode(case, [case.body]))
    try:
        said = say(case, target, stream=stream)
    except BrokenArguments:
        assert_broken_off(response, stream=stream)
        return
    undeclared = list(unsaid(response, said, target, stream=stream))
    assert undeclared == [], (target, undeclared, said.losses)
    if target == case.dialect:  # its own words for a thing may be others than the usual ones
        assert_same(response, said, target, stream=stream)
        return
    tongue = TONGUES[target]
    now, expected = tongue.hear(said.kind, said.body, stream), tongue.expect(response)
    for name in Heard.__struct_fields__:
        was, is_ = getattr(expected, name), getattr(now, name)
        is_native = name == "stop" and is_ == response.finished.native  # two may have one word
        if was != is_ and not is_native:
            assert any(excuses(loss, name) for loss in said.losses), (
                target,
                name,
                was,
                is_,
                said.losses,
            )


def assert_broken_off(response: Response, *, stream: bool) -> None:
    """Assert that a stream which could not go on had arguments to say that are no object."""
    calls = [piece for piece in response.pieces if piece.start.kind is PartKind.TOOL_CALL]
    assert stream
    assert any(object_of(piece.text) is None for piece in calls)


def assert_same(response: Response, said: Said, target: str, *, stream: bool) -> None:
    """Assert that a case said again in its own dialect says the same."""
    again = fold(reread(said, target, stream=stream))
    assert again.stop is response.stop or [loss.path for loss in said.losses] == ["stop"]
    assert again.usage == response.usage
    if any(re.fullmatch(r"parts\[\d+\]", loss.path) for loss in said.losses):
        return  # a part that there is no word for when it is said whole
    for kind in PartKind:
        was, now = _of_kind(response, kind), _of_kind(again, kind)
        assert now == was or _joined(now) == _joined(was), kind


def _of_kind(response: Response, kind: PartKind) -> list[tuple[int, str | None, Any]]:
    found = [piece for piece in response.pieces if piece.start.kind is kind]
    told = [(piece.start.choice, piece.start.name, loads(piece.text)) for piece in found]
    return sorted(told, key=lambda each: each[0])


def _joined(said: list[tuple[int, str | None, Any]]) -> str:
    """Texts that a whole answer says in one."""
    return "".join(str(text) for _, _, text in said)


def reread(said: Said, target: str, *, stream: bool) -> list[Event]:
    """What our own decoder of the target reads."""
    head = ResponseHead(200, ((b"content-type", said.kind.encode()),))
    decoder = CHATS[target].decoder(head, stream=stream)
    items = [*decoder.receive_data(said.body), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def excuses(loss: Loss, name: str) -> bool:
    """Whether a loss of an answer accounts for a difference in what is heard."""
    match name:
        case "stop" | "usage":
            return loss.path == name or loss.path.startswith(f"{name}.")
        case "calls":
            return loss.path.endswith((".arguments", ".id")) or loss.path.startswith("parts[")
        case _:
            return loss.path.startswith("parts[") and not loss.path.endswith(".citations")


def unsaid(response: Response, said: Said, target: str, *, stream: bool) -> Iterator[str]:
    """What is neither in the target's bytes nor among the losses."""
    text = said.body.decode("utf-8", "replace")
    text += "".join(str(unseal(found)) for found in re.findall(r"understudy\.[\w=-]+", text))
    for path, value in _sayings(response):
        if value not in text and not any(_covers(loss, path) for loss in said.losses):
            yield path
    yield from _miscounted(response, said, target, stream=stream)


def _sayings(response: Response) -> Iterator[tuple[str, str]]:
    """What an answer says beside its words: each with its path, and a string to look for."""
    for field, raw in (response.started.fields or {}).items():
        yield from _marked(f"started.{field}", bytes(raw))
    for field, raw in (response.finished.fields or {}).items():
        yield from _marked(f"finished.{field}", bytes(raw))
    if response.finished.stop_sequence is not None:
        yield "stop_sequence", response.finished.stop_sequence
    for piece in response.pieces:
        where = f"parts[{piece.start.index}]"
        for field, raw in (piece.fields or {}).items():
            yield from _marked(f"{where}.{field}", bytes(raw))
        if piece.start.raw is not None:
            yield from _marked(where, bytes(piece.start.raw))
        for citation in piece.citations:
            yield f"{where}.citations", citation.url or citation.title or ""
        for name in ("signature", "encrypted", "audio_base64"):
            value = getattr(piece, name)
            if value is not None:
                yield f"{where}.{name}", value


def _marked(path: str, raw: bytes) -> Iterator[tuple[str, str]]:
    for mark in marks(raw):
        yield path, mark


def marks(data: bytes) -> list[str]:
    return list(dict.fromkeys(MARK.findall(data.decode("utf-8", "replace"))))


def _covers(loss: Loss, path: str) -> bool:
    """Whether a loss speaks of a place, of what it is in, or of its seal by another name."""
    seals = (".signature", ".encrypted", ".audio_base64")
    if path.endswith(seals) and loss.path.rpartition(".")[0] == path.rpartition(".")[0]:
        return True
    if path == "stop_sequence" and loss.path == "stop":
        return True
    return path == loss.path or path.startswith((f"{loss.path}.", f"{loss.path}["))


def _miscounted(response: Response, said: Said, target: str, *, stream: bool) -> Iterator[str]:
    """Counts that our own decoder of the target reads otherwise, without a loss."""
    was = response.usage
    last = reread(said, target, stream=stream)[-1]
    if was is None or not isinstance(last, Finished):
        return
    now = last.usage or Usage()
    declared = {loss.path.removeprefix("usage.") for loss in said.losses}
    for name in ("prompt_tokens", "output_tokens", *SHARES):
        if getattr(was, name) != getattr(now, name) and name not in declared:
            yield f"usage.{name}"


def sse(*frames: object, done: bool = True) -> bytes:
    """Frames as OpenAI's dialects send them: strings as they are, all else as JSON."""
    said = [
        frame.encode() if isinstance(frame, str) else b"data: " + dump(frame) + b"\n\n"
        for frame in frames
    ]
    return b"".join(said) + (b"data: [DONE]\n\n" if done else b"")


def dump(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
