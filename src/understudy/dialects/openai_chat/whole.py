"""A whole body for a client that asked for one: everything is collected, and said at the end."""

from typing import assert_never

from understudy.chat.events import Event, Finished, PartKind, Started
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.openai_chat import speech
from understudy.dialects.openai_chat.schema import OWN, encode
from understudy.dialects.openai_errors import error_body
from understudy.wire.http import Headers

_HEAD: Headers = ((b"content-type", b"application/json"),)
_DETAILS = OWN + "reasoning_details"


class WholeEncoder:
    """Collects events; the last one yields the body."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._model = request.model
        self._is_legacy = request.legacy_functions
        self._folder = Folder()

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        self._folder.receive(event)
        return self._body(event) if type(event) is Finished else b""

    def abort(self, failure: Failure) -> bytes:
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _body(self, finished: Finished) -> bytes:
        started = self._folder.started or Started("", "")
        pieces = self._folder.pieces()
        self._note(speech.foreign(started.fields, "started"))
        self._note(speech.foreign(finished.fields, "finished"))
        self._note(speech.finish_losses(finished))
        numbers = {piece.start.choice for piece in pieces}
        numbers |= {end.choice for end in finished.choices} | {0}
        body = speech.identity(started, self._model, "chat.completion")
        body["choices"] = [
            self._choice(finished, number, [p for p in pieces if p.start.choice == number])
            for number in sorted(numbers)
        ]
        if finished.usage is not None:
            body["usage"] = speech.usage_bytes(finished.usage, finished.fields)
        return encode({**body, **speech.beside(started.fields), **speech.beside(finished.fields)})

    def _choice(self, finished: Finished, number: int, pieces: list[Piece]) -> speech.Object:
        beside, extras = speech.at_choice(finished.fields, number)
        message = _Message(is_legacy=self._is_legacy)
        for piece in pieces:
            message.add(piece)
        self._note(message.losses)
        choice: speech.Object = {
            "index": number,
            "message": {**message.object(), **extras},
            "logprobs": None,
            **beside,
            "finish_reason": speech.finish_word(finished, number, legacy=message.is_legacy),
        }
        if finished.stop_sequence is not None and number == 0:
            choice["stop_reason"] = finished.stop_sequence  # as vLLM says it
        return choice

    def _note(self, losses: list[Loss]) -> None:
        if losses:
            self.losses += [loss for loss in losses if loss not in self.losses]


class _Message:
    """The message of one choice, piece by piece."""

    def __init__(self, *, is_legacy: bool) -> None:
        self.losses: list[Loss] = []
        self.is_legacy = is_legacy
        self._texts: list[str] = []
        self._items: list[object] = []
        self._is_list = False
        self._refusals: list[str] = []
        self._annotations: list[object] = []
        self._calls: list[object] = []
        self._fields: speech.Object = {}
        self._details: list[object] = []

    def add(self, piece: Piece) -> None:
        where = f"parts[{piece.start.index}]"
        self.losses += speech.foreign(piece.fields, where)
        if not speech.is_sayable(piece.start):
            kind = piece.start.kind.value
            self.losses.append(Loss(where, f"no word for a part of kind {kind}"))
            return
        match piece.start.kind:
            case PartKind.TEXT:
                self._text(piece, where)
            case PartKind.REFUSAL:
                self._refusals.append(piece.text)
            case PartKind.REASONING:
                self._thought(piece)
            case PartKind.TOOL_CALL:
                self._call(piece, where)
            case PartKind.AUDIO:
                self._sound(piece)
            case PartKind.OPAQUE:
                self._is_list = True
                self._items.append(piece.start.raw)
            case PartKind.IMAGE:
                pass  # not sayable
            case _:
                assert_never(piece.start.kind)

    def object(self) -> speech.Object:
        content: object = "".join(self._texts) if self._texts else None
        if self._is_list:
            content = self._items
        refusal = "".join(self._refusals) if self._refusals else None
        said: speech.Object = {"role": "assistant", "content": content, "refusal": refusal}
        said |= self._fields
        if self._details:
            said["reasoning_details"] = self._details
        if self._annotations:
            said["annotations"] = self._annotations
        if self._calls:
            said["tool_calls"] = self._calls
        return said

    def _text(self, piece: Piece, where: str) -> None:
        self._texts.append(piece.text)
        self._items.append({"type": "text", "text": piece.text})
        for citation in piece.citations:
            annotation = speech.annotation(citation)
            if annotation is None:
                reason = "only citations of a URL can be said"
                self.losses.append(Loss(f"{where}.citations", reason))
            else:
                self._annotations.append(annotation)

    def _thought(self, piece: Piece) -> None:
        start = piece.start
        if piece.citations:
            self.losses.append(speech.uncited(start))
        if start.field == speech.THINKING:
            self._is_list = True
            self._items.append(speech.thinking(piece.text, piece.signature, piece.fields))
            return
        raw = (piece.fields or {}).get(_DETAILS)
        if raw is not None:
            self._details += speech.elements(raw)
        else:
            self._details += speech.reasoning_details(
                start, piece.text, piece.signature, piece.encrypted
            )
        if piece.text and start.field != "reasoning_details":
            field = speech.reasoning_field(start)
            self._fields[field] = f"{self._fields.get(field, '')}{piece.text}"

    def _call(self, piece: Piece, where: str) -> None:
        arguments = piece.text
        if not arguments and not piece.start.is_custom:
            arguments = "{}"  # clients parse them as JSON
        if self.is_legacy or piece.start.field == speech.LEGACY:
            self.is_legacy = True
            if speech.LEGACY in self._fields:
                self.losses.append(Loss(where, "one function call at a time"))
            else:
                body = {"name": piece.start.name or "", "arguments": arguments}
                self._fields[speech.LEGACY] = body
            return
        call = speech.tool_call(piece.start, arguments)
        self._calls.append({**call, **speech.own_fields(piece.fields)})

    def _sound(self, piece: Piece) -> None:
        self._fields["audio"] = {
            "id": piece.start.id or "",
            "data": piece.audio_base64 or "",
            "expires_at": 0,
            "transcript": piece.text,
            **speech.own_fields(piece.fields),
        }
