"""A stream of chunks for a client that asked for one."""

import itertools
from typing import assert_never

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
)
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.openai_chat import speech
from understudy.dialects.openai_chat.schema import OWN, encode
from understudy.dialects.openai_errors import error_body
from understudy.wire.http import Headers
from understudy.wire.sse import encode_comment

_HEAD: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_DONE = b"data: [DONE]\n\n"
_DETAILS = OWN + "reasoning_details"


class StreamEncoder:
    """Says events as chunks: the role first, then what is said, how it ended, and the usage."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._model = request.model
        self._wants_usage = request.wants_usage
        self._is_legacy = request.legacy_functions
        self._start = b""
        self._parts: dict[int, PartStarted] = {}
        self._plain: dict[int, bytes] = {}
        self._thoughts: dict[int, list[str]] = {}
        self._call_numbers: dict[int, int] = {}
        self._counters: dict[int, itertools.count[int]] = {}
        self._argued: set[int] = set()
        self._muted: set[int] = set()
        self._choices: set[int] = set()

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        match event:
            case PartDelta():
                plain = self._plain.get(event.index)
                if plain is not None and event.citation is None and event.fields is None:
                    return b'%b%b},"finish_reason":null}]}\n\n' % (plain, encode(event.text))
                return self._delta(event)
            case PartStarted():
                return self._part(event)
            case PartEnded():
                return self._ended(event.index)
            case Started():
                return self._started(event)
            case Finished():
                return self._finished(event)
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """An error chunk, and no [DONE]: the official clients raise on it."""
        return b"data: " + error_body(failure) + b"\n\n"

    def remark(self, text: bytes) -> bytes:
        return encode_comment(text)

    def _started(self, event: Started) -> bytes:
        identity = speech.identity(event, self._model, "chat.completion.chunk")
        self._start = b"data: " + encode(identity)[:-1]
        self._note(speech.foreign(event.fields, "started"))
        return self._role(0, speech.beside(event.fields))

    def _role(self, number: int, beside: speech.Said | None = None) -> bytes:
        self._choices.add(number)
        return self._chunk(number, {"role": "assistant", "content": ""}, beside=beside)

    def _part(self, event: PartStarted) -> bytes:
        index = event.index
        self._parts[index] = event
        said = b"" if event.choice in self._choices else self._role(event.choice)
        if not speech.is_sayable(event):
            self._muted.add(index)
            self._note([Loss(f"parts[{index}]", f"no word for a part of kind {event.kind.value}")])
            return said
        match event.kind:
            case PartKind.TEXT:
                self._plain[index] = self._before(event.choice, b"content")
            case PartKind.REFUSAL:
                self._plain[index] = self._before(event.choice, b"refusal")
            case PartKind.REASONING:
                self._thoughts[index] = []
            case PartKind.TOOL_CALL:
                return said + self._call(event)
            case PartKind.AUDIO:
                audio = {"audio": {"id": event.id}} if event.id else {"audio": {}}
                return said + self._chunk(event.choice, audio)
            case PartKind.OPAQUE:
                return said + self._chunk(event.choice, {"content": [event.raw]})
            case PartKind.IMAGE:
                pass  # not sayable
            case _:
                assert_never(event.kind)
        return said

    def _call(self, event: PartStarted) -> bytes:
        counter = self._counters.setdefault(event.choice, itertools.count())
        number = self._call_numbers[event.index] = next(counter)
        if self._is_legacy_call(event):
            if number:
                self._muted.add(event.index)
                self._note([Loss(f"parts[{event.index}]", "one function call at a time")])
                return b""
            body = {"name": event.name or "", "arguments": ""}
            return self._chunk(event.choice, {speech.LEGACY: body})
        call = {"index": number, **speech.tool_call(event, "")}
        return self._chunk(event.choice, {"tool_calls": [call]})

    def _ended(self, index: int) -> bytes:
        """A call without arguments has empty ones: clients parse them as JSON."""
        part = self._parts[index]
        if part.kind is not PartKind.TOOL_CALL or part.is_custom or index in self._argued:
            return b""
        return self._delta(PartDelta(index, "{}"))

    def _is_legacy_call(self, start: PartStarted) -> bool:
        return self._is_legacy or start.field == speech.LEGACY

    def _delta(self, event: PartDelta) -> bytes:
        if event.index in self._muted:
            return b""
        part = self._parts[event.index]
        match part.kind:
            case PartKind.TEXT | PartKind.REFUSAL:
                return self._text(part, event)
            case PartKind.REASONING:
                return self._thought(part, event)
            case PartKind.TOOL_CALL:
                return self._arguments(part, event)
            case PartKind.AUDIO:
                return self._sound(part, event)
            case PartKind.OPAQUE | PartKind.IMAGE:
                return b""
            case _:
                assert_never(part.kind)

    def _text(self, part: PartStarted, event: PartDelta) -> bytes:
        self._note(speech.foreign(event.fields, f"parts[{event.index}]"))
        delta: speech.Object = {}
        if event.text:
            delta["refusal" if part.kind is PartKind.REFUSAL else "content"] = event.text
        if event.citation is not None:
            annotation = speech.annotation(event.citation)
            if annotation is None:
                where = f"parts[{event.index}].citations"
                self._note([Loss(where, "only citations of a URL can be said")])
            else:
                delta["annotations"] = [annotation]
        return self._chunk(part.choice, delta) if delta else b""

    def _thought(self, part: PartStarted, event: PartDelta) -> bytes:
        self._note(speech.foreign(event.fields, f"parts[{event.index}]"))
        if event.citation is not None:
            self._note([speech.uncited(part)])
        if part.field == speech.THINKING:
            said = speech.thinking(event.text, event.signature, event.fields)
            return self._chunk(part.choice, {"content": [said]})
        self._thoughts[event.index].append(event.text)
        delta: speech.Object = {}
        if event.text and part.field != "reasoning_details":
            delta[speech.reasoning_field(part)] = event.text
        details: object = (event.fields or {}).get(_DETAILS)
        if details is None:
            whole = "".join(self._thoughts[event.index])
            details = speech.reasoning_details(part, whole, event.signature, event.encrypted)
        if details:
            delta["reasoning_details"] = details
        return self._chunk(part.choice, delta) if delta else b""

    def _arguments(self, part: PartStarted, event: PartDelta) -> bytes:
        self._note(speech.foreign(event.fields, f"parts[{event.index}]"))
        if event.text:
            self._argued.add(event.index)
        if self._is_legacy_call(part):
            return self._chunk(part.choice, {speech.LEGACY: {"arguments": event.text}})
        call: speech.Object = {"index": self._call_numbers[event.index]}
        if part.is_custom:
            call["custom"] = {"input": event.text}
        else:
            call["function"] = {"arguments": event.text}
        call |= speech.own_fields(event.fields)
        return self._chunk(part.choice, {"tool_calls": [call]})

    def _sound(self, part: PartStarted, event: PartDelta) -> bytes:
        audio: speech.Object = dict(speech.own_fields(event.fields))
        if event.text:
            audio["transcript"] = event.text
        if event.audio_base64:
            audio["data"] = event.audio_base64
        return self._chunk(part.choice, {"audio": audio}) if audio else b""

    def _finished(self, event: Finished) -> bytes:
        self._note(speech.finish_losses(event))
        self._note(speech.foreign(event.fields, "finished"))
        numbers = sorted(self._choices | {end.choice for end in event.choices})
        said = [self._ending(event, number) for number in numbers]
        if self._wants_usage and event.usage is not None:
            usage = speech.usage_bytes(event.usage, event.fields)
            said.append(self._start + b',"choices":[],"usage":' + bytes(usage) + b"}\n\n")
        return b"".join([*said, _DONE])

    def _ending(self, event: Finished, number: int) -> bytes:
        beside_choice, message = speech.at_choice(event.fields, number)
        choice: speech.Object = {"index": number, "delta": message, **beside_choice}
        legacy = self._is_legacy or any(
            part.field == speech.LEGACY for part in self._parts.values() if part.choice == number
        )
        choice["finish_reason"] = speech.finish_word(event, number, legacy=legacy)
        if event.stop_sequence is not None and number == 0:
            choice["stop_reason"] = event.stop_sequence  # as vLLM says it
        beside = speech.beside(event.fields) if number == 0 else {}
        return self._start + b"," + encode({"choices": [choice], **beside})[1:] + b"\n\n"

    def _before(self, number: int, field: bytes) -> bytes:
        """All of a chunk that comes before its text."""
        index = str(number).encode()
        return self._start + b',"choices":[{"index":' + index + b',"delta":{"' + field + b'":'

    def _chunk(
        self, number: int, delta: speech.Said, *, beside: speech.Said | None = None
    ) -> bytes:
        choice = {"index": number, "delta": delta, "finish_reason": None}
        return self._start + b"," + encode({"choices": [choice], **(beside or {})})[1:] + b"\n\n"

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]
