"""Events to bytes in their envelope: what the dialect inside says, in binary messages."""

import msgspec

from understudy.chat.events import Event, Finished
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.dialects.aws import error_body, exception
from understudy.dialects.base import ResponseEncoder
from understudy.dialects.bedrock_invoke.chunks import METRICS, OWN, chunk
from understudy.wire.http import Headers
from understudy.wire.sse import SseDecoder

_HEAD: Headers = (
    (b"content-type", b"application/vnd.amazon.eventstream"),
    (b"x-amzn-bedrock-content-type", b"application/json"),
)
_LAST = b'{"type":"message_stop"}'


class StreamEncoder:
    """Says what the dialect inside says, event by event."""

    def __init__(self, inside: ResponseEncoder) -> None:
        self._inside = inside
        self._frames = SseDecoder()
        self.losses: list[Loss] = inside.losses

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        metrics = None
        if isinstance(event, Finished):
            event, metrics = without_metrics(event)
        said = self._inside.send(event)
        if not said:
            return b""
        frames = [frame.data for frame in self._frames.receive_data(said)]
        return b"".join(chunk(_measured(data, metrics)) for data in frames if data is not None)

    def abort(self, failure: Failure) -> bytes:
        """An exception in the stream: the official clients raise it."""
        return exception(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a message holds an event
        return b""


class WholeEncoder:
    """Says the body of the dialect inside; an error is AWS's."""

    def __init__(self, inside: ResponseEncoder) -> None:
        self._inside = inside
        self.losses: list[Loss] = inside.losses

    def head(self) -> Headers:
        return self._inside.head()

    def send(self, event: Event) -> bytes:
        return self._inside.send(event)

    def abort(self, failure: Failure) -> bytes:
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""


def without_metrics(finished: Finished) -> tuple[Finished, msgspec.Raw | None]:
    """What the envelope added to an end, and the end without it."""
    fields = finished.fields or {}
    metrics = fields.get(OWN + METRICS)
    if metrics is None:
        return finished, None
    rest = {name: raw for name, raw in fields.items() if name != OWN + METRICS}
    return msgspec.structs.replace(finished, fields=rest or None), metrics


def _measured(data: bytes, metrics: msgspec.Raw | None) -> bytes:
    if metrics is None or data != _LAST:
        return data
    return b'%b,"%b":%b}' % (data[:-1], METRICS.encode(), bytes(metrics))
