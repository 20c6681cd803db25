"""Events to bytes in their envelope: what the dialect inside says, in binary messages.

The last event says once more how much was read and written, as Bedrock adds it for every lab; a
whole answer says it in header fields. Times are the provider's to tell.
"""

from collections.abc import Callable

import msgspec

from understudy.chat.events import Event, Finished
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.usage import Usage
from understudy.dialects.aws import error_body, exception
from understudy.dialects.base import ResponseEncoder
from understudy.dialects.bedrock_invoke.body import Told
from understudy.dialects.bedrock_invoke.chunks import METRICS, OWN, chunk
from understudy.wire.http import Headers

_HEAD: Headers = (
    (b"content-type", b"application/vnd.amazon.eventstream"),
    (b"x-amzn-bedrock-content-type", b"application/json"),
)
_COUNTS = (b"x-amzn-bedrock-input-token-count", b"x-amzn-bedrock-output-token-count")


class StreamEncoder:
    """Says what the dialect inside says, event by event."""

    def __init__(self, inside: ResponseEncoder, told: Told) -> None:
        self._inside = inside
        self._told = told
        self.losses: list[Loss] = inside.losses

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        if type(event) is Finished:
            return self._last(event)
        said = self._inside.send(event)
        return b"".join([chunk(data) for data in self._told(said)]) if said else b""

    def abort(self, failure: Failure) -> bytes:
        """An exception in the stream: the official clients raise it."""
        return exception(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a message holds an event
        return b""

    def _last(self, finished: Finished) -> bytes:
        finished, metrics = without_metrics(finished)
        events = self._told(self._inside.send(finished))
        if metrics is None and finished.usage is not None:
            metrics = msgspec.Raw(msgspec.json.encode(_counted(finished.usage)))
        if metrics is not None and events:
            events[-1] = b'%b,"%b":%b}' % (events[-1][:-1], METRICS.encode(), bytes(metrics))
        return b"".join([chunk(data) for data in events])


class WholeEncoder:
    """Says the body of the dialect inside, as `told` words it; an error is AWS's."""

    def __init__(self, inside: ResponseEncoder, told: Callable[[bytes], bytes]) -> None:
        self._inside = inside
        self._told = told
        self._usage: Usage | None = None
        self.losses: list[Loss] = inside.losses

    def head(self) -> Headers:
        fields = self._inside.head()
        if self._usage is None:
            return fields
        counts = (self._usage.prompt_tokens, self._usage.output_tokens)
        return fields + tuple(zip(_COUNTS, (b"%d" % count for count in counts), strict=True))

    def send(self, event: Event) -> bytes:
        if type(event) is Finished:
            event, _ = without_metrics(event)
            self._usage = event.usage
        said = self._inside.send(event)
        return self._told(said) if said else b""

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


def _counted(usage: Usage) -> dict[str, int]:
    """What the envelope counts; tokens of a cache beside those that it did not have."""
    counts = {"inputTokenCount": usage.input_tokens, "outputTokenCount": usage.output_tokens}
    if usage.cache_read_tokens or usage.cache_write_tokens:
        counts["cacheReadInputTokenCount"] = usage.cache_read_tokens
        counts["cacheWriteInputTokenCount"] = usage.cache_write_tokens
    return counts
