"""Answers, events to bytes: a chunk for each, or one body that says all."""

from typing import assert_never

from typing_extensions import override

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartStarted,
    Started,
)
from understudy.chat.failure import Failure
from understudy.chat.request import Request
from understudy.dialects.gemini_generate.failure import error_body
from understudy.dialects.gemini_generate.schema import Raw, encode
from understudy.dialects.gemini_generate.speech import (
    Object,
    Said,
    Speaker,
    ending,
    finish_losses,
    identity,
)
from understudy.wire.http import Headers
from understudy.wire.lines import on_one_line
from understudy.wire.sse import encode_frame

_STREAM: Headers = ((b"content-type", b"text/event-stream"),)
_PLAIN = b'{"candidates":[{"content":{"parts":[{"text":%b}],"role":"model"},"index":%d}]%b'
_NEXT = b",\r\n"
_ARRAY_END = b"\r\n]\r\n"
_WHOLE: Headers = ((b"content-type", b"application/json; charset=UTF-8"),)


class StreamEncoder:
    """Says events as server-sent events, one part in each."""

    def __init__(self, request: Request) -> None:
        self._speaker = Speaker()
        self.losses = self._speaker.losses
        self._model = request.model
        self._identity: Object = {}
        self._after = b"}"  # all of a chunk that comes behind its candidates

    def head(self) -> Headers:
        return _STREAM

    def send(self, event: Event) -> bytes:
        if type(event) is PartDelta:
            choice = self._speaker.plain_choice(event)
            if choice >= 0:
                return self._element(_PLAIN % (encode(event.text), choice, self._after))
        elif type(event) is Started:
            self._identity = identity(event, self._model)
            self._after = b"," + encode(self._identity)[1:]
        elif type(event) is Finished:
            return self._finished(event)
        return b"".join(self._chunk(said) for said in heard(self._speaker, event))

    def abort(self, failure: Failure) -> bytes:
        """An event that is an error object, and none with a reason for the end."""
        return encode_frame(error_body(failure))

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002
        """Google's own clients take a comment for data, and fail (google-genai 2.34)."""
        return b""

    def _chunk(self, said: Said) -> bytes:
        content = {"parts": [said.part], "role": "model"}
        return self._framed({"candidates": [{"content": content, "index": said.choice}]})

    def _finished(self, finished: Finished) -> bytes:
        speaker = self._speaker
        speaker.note(finish_losses(finished))
        ends, beside = ending(finished, speaker.choices)
        unsaid = [said for choice in sorted(speaker.choices) for said in speaker.unsaid(choice)]
        parts: dict[int, Object | Raw] = {said.choice: said.part for said in unsaid}
        candidates = [
            {"content": {"parts": [parts.get(number, {"text": ""})], "role": "model"}, **end}
            for number, end in ends.items()
        ]
        return self._framed({"candidates": candidates, **beside} if candidates else beside)

    def _framed(self, said: Object) -> bytes:
        return self._element(encode({**said, **self._identity}))

    def _element(self, data: bytes) -> bytes:
        return encode_frame(on_one_line(data))


class ArrayEncoder(StreamEncoder):
    """Says events as elements of one JSON array: the form of a stream that `alt=sse` did not ask
    for. Its end is the array's.
    """

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._before = b"["

    @override
    def head(self) -> Headers:
        return _WHOLE

    @override
    def abort(self, failure: Failure) -> bytes:
        """What is given up has begun: a provider's own elements may stand before this one."""
        return _NEXT + error_body(failure) + _ARRAY_END

    @override
    def _finished(self, finished: Finished) -> bytes:
        return super()._finished(finished) + _ARRAY_END

    @override
    def _element(self, data: bytes) -> bytes:
        before, self._before = self._before, _NEXT
        return before + data


class WholeEncoder:
    """Says nothing until the answer has ended, and then all of it."""

    def __init__(self, request: Request) -> None:
        self._speaker = Speaker()
        self.losses = self._speaker.losses
        self._model = request.model
        self._identity: Object = {}
        self._said: dict[int, list[Said]] = {}

    def head(self) -> Headers:
        return _WHOLE

    def send(self, event: Event) -> bytes:
        if isinstance(event, Started):
            self._identity = identity(event, self._model)
        if isinstance(event, Finished):
            return self._body(event)
        for said in heard(self._speaker, event):
            self._add(said)
        return b""

    def abort(self, failure: Failure) -> bytes:
        """An error object: nothing of the answer has been said yet."""
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _add(self, said: Said) -> None:
        known = self._said.setdefault(said.choice, [])
        for number, old in enumerate(known):
            if isinstance(old.part, dict) and old.at == said.at >= 0:
                known[number] = Said(said.choice, said.at, _joined(old.part, said.part))
                return
        known.append(said)

    def _body(self, finished: Finished) -> bytes:
        speaker = self._speaker
        speaker.note(finish_losses(finished))
        for choice in sorted(speaker.choices):
            for said in speaker.unsaid(choice):
                self._add(said)
        ends, beside = ending(finished, speaker.choices)
        candidates = []
        for number, end in ends.items():
            parts = [said.part for said in self._said.get(number, [])]
            content: Object = {"parts": parts, "role": "model"} if parts else {"role": "model"}
            candidates.append({"content": content, **end})
        body: Object = {"candidates": candidates, **beside} if candidates else beside
        return encode({**body, **self._identity})


def heard(speaker: Speaker, event: Event) -> list[Said]:
    """The parts that an event comes to."""
    match event:
        case Started():
            speaker.started(event)
            return []
        case PartStarted():
            return speaker.start(event)
        case PartDelta():
            return speaker.delta(event)
        case PartEnded():
            return speaker.end(event)
        case Finished():
            return []
        case Failed():
            raise AssertionError("a failure is never sent: see abort")
        case _:
            assert_never(event)


def _joined(old: Object | Raw, new: Object | Raw) -> Object | Raw:
    """Two pieces of one part; their words go on where they ended."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **new, "text": f"{old.get('text', '')}{new.get('text', '')}"}
