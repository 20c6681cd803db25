"""Answers, bytes to events: streams of named events, and whole bodies."""

from functools import partial

import msgspec
from typing_extensions import override

from understudy.chat.events import Event, Failed, PartDelta
from understudy.chat.failure import Signal, Surface
from understudy.dialects.base import Decoded
from understudy.dialects.openai_errors import read_error
from understudy.dialects.openai_responses.answer import Answer
from understudy.dialects.openai_responses.outputs import OutOfOrder
from understudy.dialects.openai_responses.schema import (
    MALFORMED,
    Raws,
    decode_arguments_delta,
    decode_raws,
    decode_text_delta,
    encode,
    is_nothing,
    text_of,
)
from understudy.dialects.openai_responses.status import BROKEN
from understudy.dialects.stream import NO_EVENTS, EventStream
from understudy.dialects.text import check_text
from understudy.dialects.whole import LIMIT_BYTES, WholeDecoder, failed
from understudy.wire.sse import Frame, SseDecoder

_TEXT = "response.output_text.delta"
_ARGUMENTS = frozenset(
    {"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"}
)
_STARTS = frozenset({"response.queued", "response.in_progress"})
_ENDS = {
    "response.completed": msgspec.Raw(b'"completed"'),
    "response.incomplete": msgspec.Raw(b'"incomplete"'),
}
_SAYS = frozenset(
    {
        "response.output_item.added",
        "response.output_item.done",
        _TEXT,
        "response.output_text.done",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta",
    }
)
"""With what an answer may begin that nothing announced (LM Studio; BerriAI/litellm issue 22102)."""
_DONE = b"[DONE]"


class StreamDecoder(EventStream):
    """A stream of events. One instance for one answer.

    Nearly all frames are deltas of text or arguments, which a schema reads; the rest is taken
    apart. `response.completed` is the end, whatever follows it ([DONE], where a host says that).
    """

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        foreign = partial(whole_decoder, limit_bytes=limit_bytes, expects_stream=True)
        super().__init__(foreign, SseDecoder(limit_bytes))
        self._answer = Answer(Surface.STREAM)

    @override
    def _frame(self, frame: Frame) -> Decoded:
        data = frame.data
        if data is None or self._over or data == _DONE:
            return Decoded(frame.raw, NO_EVENTS)
        try:
            check_text(data)
            said = self._plain(frame.event, data)
            if said is not None:
                return Decoded(frame.raw, said)
            return Decoded(frame.raw, self._read(frame.event, decode_raws(data), data))
        except OutOfOrder as error:
            return Decoded(frame.raw, self._fail("duplicate_or_out_of_order", str(error)))
        except MALFORMED as error:
            reason = f"expected an event of a response, found other data ({error})"
            return Decoded(frame.raw, self._fail("unparsable_chunk", reason))

    def _plain(self, name: str, data: bytes) -> tuple[Event, ...] | None:
        """What most frames say; None for one that takes a closer look."""
        if name == _TEXT:
            try:
                delta = decode_text_delta(data)
            except msgspec.ValidationError:  # chances of tokens beside it
                return None
            index = self._answer.text_index(delta.output_index, delta.content_index)
            text = delta.delta
        elif name in _ARGUMENTS:
            more = decode_arguments_delta(data)
            index = self._answer.call_index(more.output_index)
            text = more.delta
        else:
            return None
        if index is None:
            return None
        return (PartDelta(index, text),) if text else NO_EVENTS

    def _read(self, name: str, event: Raws, data: bytes) -> list[Event]:
        """Read a frame field by field. Its type is what its data says: some hosts name no event."""
        kind = text_of(event.get("type")) or name
        if kind in {"response.failed", "response.cancelled"}:
            broken = _broken(_said(event), Surface.STREAM)
            self._over = True
            return [broken]
        is_foreign = not kind.startswith("response.")  # steering may fail without the answer
        if kind == "error" or (is_foreign and not is_nothing(event.get("error"))):
            self._over = True
            return [Failed(_named(read_error(data, Surface.STREAM), "error"))]
        if kind == "response.created":
            return self._answer.begin(decode_raws(event["response"]))
        if kind in _STARTS:
            return self._answer.start(decode_raws(event["response"]))
        if kind in _ENDS:
            return self._ended({"status": _ENDS[kind], **_said(event)})
        if kind in _SAYS:
            return [*self._answer.start({}), *self._answer.receive(kind, event)]
        if not self._answer.started:
            if not kind.startswith("response."):
                return []  # of the future, or a host's own
            raise OutOfOrder(f"expected response.created, found {kind[:80]}")
        return self._answer.receive(kind, event)

    def _ended(self, response: Raws) -> list[Event]:
        events = [*self._answer.start(response), *self._answer.finish(response)]
        self._over = True
        return events

    @override
    def _is_json(self, data: bytes) -> bool:
        try:
            decode_raws(data)
        except MALFORMED:
            return False
        return True

    @override
    def _is_complete(self) -> bool:
        return False  # its last frame says all that the others said, and nothing can stand in

    @override
    def _close(self) -> Decoded:
        raise AssertionError("nothing closes what was not completed")

    @override
    def _eof(self) -> list[Event]:
        if not self._begun:
            return self._fail("empty_200", "expected a stream of events, found none")
        return self._fail("eof_without_terminator", "the stream ended without response.completed")


def _said(event: Raws) -> Raws:
    """The response that an event tells of; some hosts say it in the event itself."""
    if "response" in event:
        return decode_raws(event["response"])
    return {name: raw for name, raw in event.items() if name not in {"type", "sequence_number"}}


def whole_decoder(
    *, limit_bytes: int = LIMIT_BYTES, is_page: bool = False, expects_stream: bool = False
) -> WholeDecoder:
    """A decoder of a whole body. `expects_stream`: an answer in one piece is none."""
    read = partial(_read_body, expects_stream=expects_stream)
    return WholeDecoder(read, limit_bytes=limit_bytes, is_page=is_page)


def _read_body(body: bytes, *, expects_stream: bool) -> list[Event]:
    try:
        check_text(body)
        raws = decode_raws(body)
        is_error = not is_nothing(raws.get("error")) or text_of(raws.get("type")) == "error"
        if text_of(raws.get("status")) in BROKEN:
            return [_broken(raws, Surface.SEMANTIC)]
        if is_error:
            return [Failed(_named(read_error(body, Surface.SEMANTIC), "error"))]
        if expects_stream:
            return failed("unparsable_chunk", "expected an event stream, found a JSON body")
        if "output" not in raws:
            return failed("invalid_json_body", "expected a response with output, found none")
        answer = Answer(Surface.SEMANTIC)
        events = answer.whole(raws)
        ends = answer.finish(raws)
    except (OutOfOrder, *MALFORMED) as error:
        return failed("invalid_json_body", f"expected a response, found other data ({error})")
    return ends if isinstance(ends[-1], Failed) else [*events, *ends]


def _broken(response: Raws, surface: Surface) -> Failed:
    """A response that failed or was cancelled says why in its `error`."""
    error = response.get("error")
    if is_nothing(error):
        status = text_of(response.get("status")) or "failed"
        return Failed(Signal(surface, message=f"the response was {status}", event=_FAILED))
    return Failed(_named(read_error(encode({"error": error}), surface), _FAILED))


_FAILED = "response.failed"


def _named(signal: Signal, event: str) -> Signal:
    return msgspec.structs.replace(signal, event=event)
