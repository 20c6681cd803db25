"""A dialect that can say any failure of the taxonomy, in its normalised fields.

Seven of the taxonomy's sixteen providers speak APIs that this package has no dialect for yet.
Whatever such a dialect will hear ends up as a `Signal`, so here the bytes are the signal itself:
an SSE event named `signal`, a body under `signal`, or an error body. All else is Chat Completions.
"""

from collections.abc import Sequence
from typing import cast

import msgspec
from tests.sim.hearing import OPENAI

from understudy.chat.events import Failed
from understudy.chat.failure import Signal, Surface
from understudy.chat.hints import retry_after
from understudy.dialects.base import Decoded, Dialect, ResponseDecoder
from understudy.wire.http import ResponseHead

_EVENT = b"event: signal\ndata: "


class Carrier:
    name = "carrier"

    def __getattr__(self, name: str) -> object:
        return getattr(OPENAI, name)

    def decoder(
        self, head: ResponseHead, *, stream: bool, hide_usage: bool = False
    ) -> ResponseDecoder:
        return _Decoder(OPENAI.decoder(head, stream=stream, hide_usage=hide_usage))

    def parse_failure(self, head: ResponseHead, body: bytes) -> Signal:
        signal = msgspec.json.decode(body, type=Signal)
        hint = retry_after(head.headers)
        return msgspec.structs.replace(
            signal, surface=Surface.HTTP, status=head.status, retry_after=hint
        )


class _Decoder:
    def __init__(self, inner: ResponseDecoder) -> None:
        self._inner = inner

    def receive_data(self, data: bytes) -> Sequence[Decoded]:
        """A signal is the last thing in what is read."""
        _, found, rest = data.partition(_EVENT)
        if found:
            signal = msgspec.json.decode(rest, type=Signal)
            return (Decoded(data, (Failed(signal),)),)
        return self._inner.receive_data(data)

    def receive_eof(self) -> Sequence[Decoded]:
        return self._inner.receive_eof()


CARRIER = cast("Dialect", Carrier())


def as_event(signal: Signal) -> bytes:
    """A signal inside an answer, streamed or whole."""
    return _EVENT + msgspec.json.encode(signal) + b"\n\n"


def as_body(signal: Signal) -> bytes:
    """A signal as the body of an error."""
    return msgspec.json.encode(signal)
