"""How answers of Anthropic, Google, AWS and Cohere are framed, and what is asked of broken ones."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from tests.dialects.tongues.all import TONGUES
from tests.dialects.tongues.heard import loads
from tests.dialects.unseen import Case, assert_broken_off, decode, dump, say, unsaid

from understudy.chat.events import Failed, PartKind
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.request import Request
from understudy.chat.response import Response, fold
from understudy.dialects.arguments import BrokenArguments
from understudy.dialects.bedrock_invoke.chunks import chunk
from understudy.dialects.catalog import CHATS
from understudy.wire.eventstream import EventStreamDecoder, encode_message
from understudy.wire.http import ResponseHead

EVENTS = b"application/vnd.amazon.eventstream"
GIVEN = frozenset({"input", "args", "location"})
"""What tools are given, and unions of which one member is said."""
_DATA = re.compile(rb"data: (\{.*\})\r?\n")

Way = Callable[[bytes], bytes]
SAID = frozenset({PartKind.TEXT, PartKind.REASONING, PartKind.TOOL_CALL, PartKind.REFUSAL})


class Break(msgspec.Struct, frozen=True):
    """A stream that breaks, and what is to be seen of it: fields of the signal."""

    case: Case
    saw: dict[str, Any]


def named(*events: object, end: bytes = b"") -> bytes:
    """Events named by their type: Anthropic's, Cohere's. Strings go out as they are."""
    return b"".join(map(_named, events)) + end


def _named(event: object) -> bytes:
    if isinstance(event, str):
        return event.encode()
    assert isinstance(event, dict)
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), dump(event))


def unnamed(*chunks: object) -> bytes:
    """Google's events: data alone, lines that end as the web's do."""
    return b"".join(
        chunk.encode() if isinstance(chunk, str) else b"data: %b\r\n\r\n" % dump(chunk)
        for chunk in chunks
    )


def array(*chunks: object) -> bytes:
    """Google's stream without `alt=sse`."""
    return b"[" + b",\r\n".join(map(dump, chunks)) + b"\r\n]"


def binary(*events: tuple[str, object]) -> bytes:
    """Messages of Amazon's event stream; a name that ends as exceptions do is one."""
    return b"".join(_message(name, said) for name, said in events)


def _message(name: str, said: object) -> bytes:
    kind = "exception" if name.endswith("Exception") else "event"
    headers = (
        (f":{kind}-type", name),
        (":content-type", "application/json"),
        (":message-type", kind),
    )
    return encode_message(headers, dump(said))


def assert_again(case: Case, *, stream: bool) -> None:
    """Assert that an answer said anew in its own dialect (after a failover, say) says the same."""
    try:
        said = say(case, case.dialect, stream=stream)
    except BrokenArguments:
        assert_broken_off(fold(decode(case, [case.body])), stream=stream)
        return
    head = ResponseHead(200, ((b"content-type", said.kind.encode()),))
    decoder = CHATS[case.dialect].decoder(head, stream=stream)
    items = [*decoder.receive_data(said.body), *decoder.receive_eof()]
    was = fold(decode(case, [case.body]))
    now = fold(event for item in items for event in item.events)
    assert list(unsaid(was, said, case.dialect, stream=stream)) == []
    assert now.usage == was.usage or said.losses
    for before, after in ((_words(was), _words(now)), (was.stop, now.stop)):
        assert before == after or said.losses, (before, after)


def _words(response: Response) -> list[tuple[str, str]]:
    """What was said, and as what, where it matters not into how many parts it was cut."""
    found: list[tuple[str, str]] = []
    for piece in response.pieces:
        kind = f"{piece.start.choice}: {piece.start.kind.value} {piece.start.name}"
        if found and found[-1][0] == kind and piece.start.kind is PartKind.TEXT:
            found[-1] = (kind, found[-1][1] + piece.text)
        elif piece.start.kind in SAID and (piece.text or piece.start.kind is PartKind.TOOL_CALL):
            is_call = piece.start.kind is PartKind.TOOL_CALL
            found.append((kind, str(loads(piece.text) or {}) if is_call else piece.text))
    return found


def assert_broken(broken: Break) -> None:
    """Assert that it says what it said so far, and then why it broke."""
    *said, last = decode(broken.case, [broken.case.body])
    assert isinstance(last, Failed), last
    seen = {name: getattr(last.signal, name) for name in broken.saw}
    assert seen == broken.saw
    text = "".join(getattr(event, "text", "") for event in said)
    assert text == broken.case.text


def assert_told(broken: Break, target: str) -> None:
    """Assert that a client which heard the beginning is told that there is no end."""
    *said, last = decode(broken.case, [broken.case.body])
    assert isinstance(last, Failed)
    encoder = CHATS[target].encoder(Request("m", (), stream=True))
    body = b"".join(encoder.send(event) for event in said) + encoder.abort(_failure(last))
    kind = dict(encoder.head())[b"content-type"].decode()
    with pytest.raises(Exception):  # noqa: B017, PT011 - each client has its own
        TONGUES[target].hear(kind, body, True)


def _failure(last: Failed) -> Failure:
    signal = last.signal
    return Failure(
        kind="x",
        fault=Fault.UPSTREAM,
        domain="model",
        charge=Scope.MODEL,
        progress=Progress.STREAMING,
        reactions=(),
        message=signal.message or "it broke",
        type=signal.type,
    )


def names(cases: Iterable[Case]) -> list[str]:
    return [f"{case.dialect}: {case.id}{'' if case.stream else ', whole'}" for case in cases]


def respelled(case: Case, way: Way) -> Case:
    """Say the same in other bytes: JSON that is spelled or laid out otherwise."""
    if not case.stream:
        return msgspec.structs.replace(case, body=way(case.body))
    if case.kind == EVENTS:
        messages = EventStreamDecoder().receive_data(case.body)
        body = b"".join(encode_message(tuple(m.headers.items()), way(m.payload)) for m in messages)
        return msgspec.structs.replace(case, body=body)
    body = _DATA.sub(lambda found: b"data: " + way(found[1]) + b"\n", case.body)
    return msgspec.structs.replace(case, body=body)


def enveloped(case: Case) -> Case:
    """An answer of Anthropic's as InvokeModel passes it on: the same, each event in a message."""
    if not case.stream:
        return msgspec.structs.replace(case, dialect="bedrock_invoke")
    events = _DATA.findall(case.body)
    body = b"".join(chunk(event) for event in events)
    return msgspec.structs.replace(case, dialect="bedrock_invoke", body=body, kind=EVENTS)


def backwards(data: bytes) -> bytes:
    """Fields in the other order, spaces everywhere, nothing but ASCII."""
    return json.dumps(_turned(json.loads(data))).encode()


def with_nulls(data: bytes) -> bytes:
    """Fields that nobody knows, and that say nothing."""
    return dump(_filled(json.loads(data)))


def _turned(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _turned(tree[name]) for name in reversed(tree)}
    return [_turned(each) for each in tree] if isinstance(tree, list) else tree


def _filled(tree: Any) -> Any:
    if isinstance(tree, dict):
        more = {name: each if name in GIVEN else _filled(each) for name, each in tree.items()}
        return {**more, "fieldOfTheFuture": None}
    return [_filled(each) for each in tree] if isinstance(tree, list) else tree
