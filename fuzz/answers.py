"""Targets that read what providers say: event streams, answers of both dialects, errors, hints."""

import math
import zlib
from collections.abc import Callable, Sequence

from fuzz.target import pieces
from understudy.chat.events import Event, Failed, Finished
from understudy.chat.failure import Progress, Signal, Surface
from understudy.chat.grammar import Grammar
from understudy.chat.hints import LONGEST, retry_after, should_retry
from understudy.chat.request import Request
from understudy.chat.response import Folder
from understudy.dialects.base import Decoded, Dialect, ResponseDecoder
from understudy.dialects.bedrock_invoke.chunks import chunk
from understudy.dialects.catalog import CHATS
from understudy.exchange.splice import summed
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.wire.errors import WireError
from understudy.wire.http import Headers, ResponseHead
from understudy.wire.sse import Frame, SseDecoder, encode_frame

TAXONOMY = load_taxonomy()
CLASSIFIER = Classifier(TAXONOMY.rows)
PROVIDERS = sorted(TAXONOMY.providers)
LIMIT_BYTES = 4096
_CLOSINGS = (
    b"",
    b"data: [DONE]\n\n",
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    b"]",
    chunk(b'{"type":"message_stop"}'),
)
_EMPTY = frozenset({"empty_200", "stop_without_parts"})
"""What an answer is where another dialect takes it to say nothing."""


def sse(data: bytes) -> None:
    """Frames are the same however bytes are cut, and lose none of them."""
    whole, split = _framed([data]), _framed(pieces(data))
    assert whole == split, "cuts change the frames"
    if whole is None:
        return
    frames, rest = whole
    assert b"".join(frame.raw for frame in frames) + rest == data
    for frame in frames:
        if frame.data is not None and "\0" not in frame.event:
            again = SseDecoder().receive_data(encode_frame(frame.data, frame.event))
            assert [one.data for one in again] == [frame.data.replace(b"\r", b"\n")]


def stream(dialect: str) -> Callable[[bytes], None]:
    """A target: an answer as a stream."""

    def run(data: bytes) -> None:
        _answer(CHATS[dialect], data, is_stream=True)

    return run


def whole(dialect: str) -> Callable[[bytes], None]:
    """A target: an answer as one body, and what a skim of it says."""

    def run(data: bytes) -> None:
        events = _answer(CHATS[dialect], data, is_stream=False)
        skimmed = CHATS[dialect].skim(_head(b"application/json"), data)
        if skimmed is not None:
            end = events[-1]
            assert isinstance(end, Finished), "a skim calls good what a decoder does not"
            assert (skimmed.stop, skimmed.usage) == (end.stop, end.usage)

    return run


def errors(data: bytes) -> None:
    """Whatever stands under an error status is a failure with a row; nothing raises.

    The first line is a status and header fields, as `429 retry-after=3;x=y`; the rest is the body.
    """
    first, _, body = data.partition(b"\n")
    status, _, said = first.partition(b" ")
    number = int(status) if status.isdigit() and len(status) == 3 else 500
    pairs = [field.partition(b"=") for field in said.split(b";") if field]
    headers: Headers = tuple((name.lower(), value) for name, _, value in pairs)
    hint = retry_after(headers)
    assert hint is None or (math.isfinite(hint) and 0 <= hint <= LONGEST)
    assert should_retry(headers) in {None, True, False}
    for dialect in CHATS.values():
        signal = dialect.parse_failure(ResponseHead(number, headers), body)
        assert signal.status == number
        _classified(signal)


def _framed(reads: Sequence[bytes]) -> tuple[list[Frame], bytes] | None:
    decoder = SseDecoder(LIMIT_BYTES)
    try:
        frames = [frame for read in reads for frame in decoder.receive_data(read)]
    except WireError:
        return None
    return frames, decoder.receive_eof()


def _answer(dialect: Dialect, data: bytes, *, is_stream: bool) -> list[Event]:
    head = ResponseHead(200, dialect.encoder(Request("m", (), stream=is_stream)).head())

    def fresh() -> ResponseDecoder:
        return dialect.decoder(head, stream=is_stream)

    items, split = _decoded(fresh(), [data]), _decoded(fresh(), pieces(data))
    events = [event for item in items for event in item.events]
    assert events == [event for item in split for event in item.events], "cuts change the events"
    shown, cut = (b"".join(x.raw for x in each if not x.is_hidden) for each in (items, split))
    assert shown == cut, "cuts change the bytes"
    joined = b"".join(item.raw for item in items)
    assert joined[: len(data)] == data, "bytes got lost"
    assert joined[len(data) :].lstrip(b"\n") in _CLOSINGS
    grammar = Grammar()
    for event in events:
        grammar.receive(event)
    assert isinstance(events[-1], Finished | Failed), "an answer ends"
    end = events[-1]
    if isinstance(end, Failed):
        _classified(end.signal)
    _said_again(events)
    return events


def _decoded(decoder: ResponseDecoder, reads: Sequence[bytes]) -> list[Decoded]:
    items = [item for read in reads for item in decoder.receive_data(read)]
    return [*items, *decoder.receive_eof()]


def _said_again(events: Sequence[Event]) -> None:
    """All dialects can say what one heard, streamed and whole, and what they say is well-formed."""
    folder = Folder()
    for event in events:
        folder.receive(event)
    folder.pieces()
    for dialect in CHATS.values():
        for is_stream in (True, False):
            encoder = dialect.encoder(Request("m", (), stream=is_stream))
            said = [encoder.send(event) for event in events[:-1]]
            end = events[-1]
            if isinstance(end, Failed):
                failure = CLASSIFIER.classify("*", end.signal, Progress.STREAMING)
                assert encoder.abort(failure)
                continue
            said.append(encoder.send(summed([end], None)[0]))
            decoder = dialect.decoder(ResponseHead(200, encoder.head()), stream=is_stream)
            heard = [e for item in _decoded(decoder, [b"".join(said)]) for e in item.events]
            assert not isinstance(heard[-1], Failed) or _is_empty(heard[-1].signal)


def _is_empty(signal: Signal) -> bool:
    """Whether an answer fails only for having said nothing; some say so by why it ended."""
    return signal.flag in _EMPTY or (signal.flag is None and signal.finish == "OTHER")


def _classified(signal: Signal) -> None:
    """One provider's rows are enough for one input; which, follows from what it says."""
    provider = PROVIDERS[zlib.crc32(signal.message.encode("utf-8", "replace")) % len(PROVIDERS)]
    failure = CLASSIFIER.classify(provider, signal, Progress.SENT)
    assert failure.message
    assert failure.retry_after is None or 0 < failure.retry_after <= LONGEST
    for dialect in CHATS.values():
        status, _, body = dialect.render_failure(failure)
        assert 400 <= status <= 599
        seen = dialect.parse_failure(ResponseHead(status, ()), body)
        assert seen.surface is Surface.HTTP


def _head(kind: bytes) -> ResponseHead:
    return ResponseHead(200, ((b"content-type", kind),))
