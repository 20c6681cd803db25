"""A whole body for a client that did not ask for a stream."""

from understudy.chat.events import Event, Finished, PartKind
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.anthropic_messages import speech
from understudy.dialects.anthropic_messages.failure import error_body
from understudy.dialects.anthropic_messages.schema import encode
from understudy.dialects.anthropic_messages.stop import stop_losses
from understudy.wire.http import Headers

_HEAD: Headers = ((b"content-type", b"application/json"),)


class WholeEncoder:
    """Says nothing until the answer has ended, and then all of it."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._model = request.model
        self._folder = Folder()

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        self._folder.receive(event)
        if not isinstance(event, Finished):
            return b""
        return self._body(event)

    def abort(self, failure: Failure) -> bytes:
        """An error object: nothing of the answer has been said yet."""
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _body(self, finished: Finished) -> bytes:
        response = self._folder.response()
        started = response.started
        content = [said for piece in response.pieces for said in self._block(piece)]
        self._note(speech.foreign(started.fields, "started"))
        self._note(speech.foreign(finished.fields, "finished"))
        self._note(stop_losses(finished))
        self._note(speech.usage_losses(finished.usage))
        return encode(
            {
                **speech.message(started, self._model),
                "content": content,
                **speech.end(finished),
                "usage": speech.usage(finished.usage, started.fields, finished.fields),
                **speech.own_fields(started.fields),
                **speech.own_fields(finished.fields),
            }
        )

    def _block(self, piece: Piece) -> list[object]:
        lost = speech.unsayable(piece.start)
        if lost is not None:
            self._note([lost])
            if piece.start.choice or piece.start.kind is not PartKind.AUDIO:
                return []
        losses: list[Loss] = []
        said = speech.block(piece, losses)
        self._note(losses)
        return [said]

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]
