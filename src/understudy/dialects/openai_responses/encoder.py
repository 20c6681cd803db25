"""A stream of events for a client that asked for one."""

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
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.openai_errors import error_body
from understudy.dialects.openai_responses import speech
from understudy.dialects.openai_responses.annotations import annotation_losses, write_annotation
from understudy.dialects.openai_responses.layout import Place, field_of, unsayable
from understudy.dialects.openai_responses.reply import Reply, cut_off, has_refused, is_cut
from understudy.dialects.openai_responses.schema import SUMMARY, Raw, decode_tree, encode
from understudy.dialects.openai_responses.status import COMPLETED, INCOMPLETE
from understudy.wire.http import Headers
from understudy.wire.sse import encode_comment

_HEAD: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)
_TEXTUAL = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})
_DONE_AT_ONCE = frozenset({"function_call", "custom_tool_call", "opaque"})
_CALLS = {
    "function_call": ("response.function_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
}

Object = speech.Object


class StreamEncoder:
    """Says events as this dialect's: a response is created, its items begin, grow and are done.

    A message or a thought is done when another item begins: more of its parts may come until then.
    """

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._reply = Reply(request)
        self._folder = Folder()
        self._number = 0
        self._starts: dict[int, PartStarted] = {}
        self._places: dict[int, Place] = {}
        self._plain: dict[int, bytes] = {}
        self._open: set[int] = set()
        self._members: dict[int, list[int]] = {}
        self._done: dict[int, Object | Raw] = {}
        self._notes: dict[int, int] = {}

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        self._folder.receive(event)
        match event:
            case PartDelta():
                plain = self._plain.get(event.index)
                if plain is not None and event.citation is None and event.fields is None:
                    return self._more(plain, event.text) if event.text else b""
                return self._delta(event)
            case PartStarted():
                return self._part(event)
            case PartEnded(index=index):
                return self._ended(index) if index in self._places else b""
            case Started():
                self.losses += self._reply.start(event)
                created = self._frame("response.created", {"response": self._reply.begun()})
                begun = self._reply.begun()
                return created + self._frame("response.in_progress", {"response": begun})
            case Finished():
                return self._finished(event)
            case Failed():
                raise AssertionError("a failure is said by abort")
            case _:
                assert_never(event)

    def abort(self, failure: Failure) -> bytes:
        """A response that failed, or an error where none had begun. The official clients raise on
        the `error` in either.
        """
        error = decode_tree(error_body(failure))["error"]
        if self._reply.is_started:
            body: Object = {"response": self._reply.failed(error), "error": error}
            return self._frame("response.failed", body)
        said = {"code": error["code"], "message": error["message"], "param": None, "error": error}
        return self._frame("error", said)

    def remark(self, text: bytes) -> bytes:
        return encode_comment(text)

    def _part(self, event: PartStarted) -> bytes:
        lost = unsayable(event)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return b""
        index = event.index
        place = self._reply.layout.place(event)
        self._starts[index], self._places[index] = event, place
        self._open.add(index)
        self._members.setdefault(place.output, []).append(index)
        said = b""
        if place.is_first:
            said = self._settle()
            item = speech.begun(event, place)
            body: Object = {"output_index": place.output, "item": item}
            said += self._frame("response.output_item.added", body)
        if place.kind == "message":
            return said + self._text_begun(event, place)
        if place.kind in _CALLS and (event.is_custom or place.kind == "function_call"):
            self._plain[index] = self._before(f"{_CALLS[place.kind][0]}.delta", place)
        return said

    def _text_begun(self, event: PartStarted, place: Place) -> bytes:
        part: Object = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
        if event.kind is PartKind.REFUSAL:
            part = {"type": "refusal", "refusal": ""}
            at = self._at(place, "content_index")
        else:
            at = {**self._at(place, "content_index"), "logprobs": []}
        kind = "refusal" if event.kind is PartKind.REFUSAL else "output_text"
        self._plain[event.index] = self._before(f"response.{kind}.delta", place, at)
        body = {**self._at(place, "content_index"), "part": part}
        return self._frame("response.content_part.added", body)

    def _delta(self, event: PartDelta) -> bytes:
        place = self._places.get(event.index)
        if place is None:
            return b""
        start = self._starts[event.index]
        self._note(speech.foreign(event.fields, f"parts[{event.index}]"))
        if start.kind in _TEXTUAL:
            return self._text(event, start, place)
        if start.kind is PartKind.REASONING and event.text:
            return self._thought(event, start, place)
        plain = self._plain.get(event.index)
        return self._more(plain, event.text) if plain is not None and event.text else b""

    def _text(self, event: PartDelta, start: PartStarted, place: Place) -> bytes:
        said = b""
        chances = speech.chances(event.fields)
        at = self._at(place, "content_index")
        if chances is not None and start.kind is PartKind.TEXT:
            body = {**at, "delta": event.text, "logprobs": chances}
            said = self._frame("response.output_text.delta", body)
        elif event.text:
            said = self._more(self._plain[event.index], event.text)
        if event.citation is None:
            return said
        note = write_annotation(event.citation)
        self._note(annotation_losses(event.citation, f"parts[{event.index}]"))
        if note is None:
            return said
        number = self._notes.get(event.index, 0)
        self._notes[event.index] = number + 1
        body = {**at, "annotation_index": number, "annotation": note}
        return said + self._frame("response.output_text.annotation.added", body)

    def _thought(self, event: PartDelta, start: PartStarted, place: Place) -> bytes:
        """More of a thought; its part begins with the first words of it."""
        said = b""
        if event.index not in self._plain:
            part, text, counter = _thinking(start)
            at = self._at(place, counter)
            body = {**at, "part": speech.thought(start, "")}
            said = self._frame(f"response.{part}.added", body)
            self._plain[event.index] = self._before(f"response.{text}.delta", place, at)
        return said + self._more(self._plain[event.index], event.text)

    def _ended(self, index: int) -> bytes:
        self._open.discard(index)
        place, piece = self._places[index], self._folder.piece(index)
        said = b""
        if place.kind == "message":
            said = self._text_ended(piece, place)
        elif place.kind == "reasoning":
            said = self._thought_ended(piece, place)
        elif place.kind in _CALLS:
            said = self._call_ended(piece, place)
        is_last = place.output == len(self._members) - 1
        if place.kind in _DONE_AT_ONCE or not is_last:
            said += self._item_done(place.output)
        return said

    def _text_ended(self, piece: Piece, place: Place) -> bytes:
        losses: list[Loss] = []
        part = speech.content(piece, losses)
        self._note(losses)
        at = self._at(place, "content_index")
        if piece.start.kind is PartKind.REFUSAL:
            said = self._frame("response.refusal.done", {**at, "refusal": piece.text})
        else:
            text = {"text": piece.text, "logprobs": part["logprobs"]}
            said = self._frame("response.output_text.done", {**at, **text})
        return said + self._frame("response.content_part.done", {**at, "part": part})

    def _thought_ended(self, piece: Piece, place: Place) -> bytes:
        if not piece.text:
            return b""
        part, text, counter = _thinking(piece.start)
        at = self._at(place, counter)
        said = self._frame(f"response.{text}.done", {**at, "text": piece.text})
        body = {**at, "part": speech.thought(piece.start, piece.text)}
        return said + self._frame(f"response.{part}.done", body)

    def _call_ended(self, piece: Piece, place: Place) -> bytes:
        """Arguments that were held back are said now; none are an empty object."""
        kind, field = _CALLS[place.kind]
        text = str(speech.given(piece, place)[field])
        said = b""
        at = self._at(place)
        if text and (piece.start.index not in self._plain or not piece.text):
            said = self._frame(f"{kind}.delta", {**at, "delta": text})
        return said + self._frame(f"{kind}.done", {**at, field: text})

    def _settle(self) -> bytes:
        """Another item begins: those before it that have said all are done."""
        return b"".join([self._item_done(output) for output in list(self._members)[:-1]])

    def _item_done(self, output: int) -> bytes:
        members = self._members[output]
        if output in self._done or any(index in self._open for index in members):
            return b""
        losses: list[Loss] = []
        pieces = [(self._folder.piece(index), self._places[index]) for index in members]
        item = self._done[output] = speech.whole_item(pieces, losses)
        self._note(losses)
        return self._frame("response.output_item.done", {"output_index": output, "item": item})

    def _finished(self, event: Finished) -> bytes:
        said = []
        last = len(self._members) - 1
        for output in self._members:
            if output not in self._done and output == last and is_cut(event):
                said.append(self._last_done(output))
            else:
                said.append(self._item_done(output))
        items = [self._done[output] for output in sorted(self._done)]
        refused = has_refused([self._folder.piece(index) for index in self._places])
        body, losses = self._reply.ended(event, items, refused=refused)
        self._note(losses)
        if body["status"] not in (COMPLETED, INCOMPLETE):  # a stream is not asked for again
            self._note([Loss("stop", f"said as incomplete, was {body['status']}", Change.CHANGED)])
            body |= {"status": INCOMPLETE, "incomplete_details": {"reason": body["status"]}}
        kind = f"response.{body['status']}"
        return b"".join([*said, self._frame(kind, {"response": body})])

    def _last_done(self, output: int) -> bytes:
        """The last item of an answer that a limit cut short."""
        losses: list[Loss] = []
        pieces = [(self._folder.piece(i), self._places[i]) for i in self._members[output]]
        item = self._done[output] = speech.whole_item(pieces, losses)
        cut_off(item)
        self._note(losses)
        return self._frame("response.output_item.done", {"output_index": output, "item": item})

    def _at(self, place: Place, counter: str | None = None) -> Object:
        at: Object = {"item_id": place.item, "output_index": place.output}
        return at if counter is None else {**at, counter: place.inner}

    def _before(self, kind: str, place: Place, at: Object | None = None) -> bytes:
        """All of a delta's frame that comes before its text."""
        said = encode({"type": kind, **(self._at(place) if at is None else at)})
        return b'event: %b\ndata: %b,"delta":' % (kind.encode(), said[:-1])

    def _more(self, plain: bytes, text: str) -> bytes:
        number = self._number
        self._number = number + 1
        return b'%b%b,"sequence_number":%d}\n\n' % (plain, encode(text), number)

    def _frame(self, kind: str, body: Object) -> bytes:
        number = self._number
        self._number = number + 1
        data = encode({"type": kind, "sequence_number": number, **body})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]


def _thinking(start: PartStarted) -> tuple[str, str, str]:
    """How the events of a thought are called: of its part, of its text, and what counts them."""
    if field_of(start) == SUMMARY:
        return "reasoning_summary_part", "reasoning_summary_text", "summary_index"
    return "content_part", "reasoning_text", "content_index"
