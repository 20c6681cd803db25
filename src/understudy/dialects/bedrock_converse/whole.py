"""A whole body for a client that did not ask for a stream."""

from understudy.chat.events import Event, Finished, PartDelta, PartKind
from understudy.chat.failure import Failure
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.arguments import given
from understudy.dialects.aws import error_body
from understudy.dialects.bedrock_converse import speech
from understudy.dialects.bedrock_converse.opaque import grown
from understudy.dialects.bedrock_converse.schema import CITED, REDACTED, Object, Raw, encode
from understudy.wire.http import Headers

_HEAD: Headers = ((b"content-type", b"application/json"),)


class WholeEncoder:
    """Says nothing until the answer has ended, and then all of it."""

    def __init__(self, request: Request) -> None:  # noqa: ARG002 - every body is alike
        self.losses: list[Loss] = []
        self._folder = Folder()

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        self._folder.receive(event)
        return self._body(event) if isinstance(event, Finished) else b""

    def abort(self, failure: Failure) -> bytes:
        """An error object: nothing of the answer has been said yet."""
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _body(self, finished: Finished) -> bytes:
        response = self._folder.response()
        fields = response.started.fields
        self._note(speech.foreign(fields, "started"))
        content = [said for piece in response.pieces if (said := self._block(piece)) is not None]
        self._note(speech.end_losses(finished))
        message = {"role": "assistant", "content": content, **speech.own_fields(fields)}
        output = {"output": {"message": message}}
        return encode({**output, **speech.stopped(finished), **speech.measured(finished)})

    def _block(self, piece: Piece) -> Object | Raw | None:
        start = piece.start
        lost = speech.unsayable(start)
        if lost is not None:
            self._note([lost])
            if lost.change is Change.DROPPED:
                return None
        self._note(speech.foreign(piece.fields, f"parts[{start.index}]"))
        delta = PartDelta(
            start.index, piece.text, signature=piece.signature, encrypted=piece.encrypted
        )
        self._note(speech.thought_losses(start, delta))
        self._note(speech.id_losses(start))
        if start.kind is PartKind.OPAQUE:
            assert start.raw is not None
            return grown(start.raw, piece.text, speech.deltas(piece.fields))
        said = self._said(piece)
        return None if said is None else {**said, **speech.beside_block(piece.fields)}

    def _said(self, piece: Piece) -> Object | None:
        start = piece.start
        beside = speech.beside(piece.fields)
        match start.kind:
            case PartKind.REASONING:
                return self._thought(piece)
            case PartKind.TOOL_CALL:
                where = f"parts[{start.index}]"
                said = given(piece.text, where, self.losses, is_custom=start.is_custom)
                return {"toolUse": {**speech.call_start(start), "input": said, **beside}}
            case _:
                cited = []
                for each in piece.citations:
                    self._note(speech.citation_losses(start, each))
                    cited.append(speech.citation(each))
                citations = [raw for raw in cited if raw is not None]
                if not citations and start.field != CITED:
                    return {"text": piece.text, **beside}
                content = [{"text": piece.text}]
                return {CITED: {"content": content, "citations": citations, **beside}}

    def _thought(self, piece: Piece) -> Object | None:
        start = piece.start
        for each in piece.citations:
            self._note(speech.citation_losses(start, each))
        if speech.is_hidden(start):
            return {"reasoningContent": {REDACTED: piece.encrypted or ""}}
        signature = piece.signature if speech.reads_back(start) else None
        if not piece.text and signature is None:
            return None  # nothing was said of it
        text: Object = {"text": piece.text, **speech.beside(piece.fields)}
        if signature is not None:
            text["signature"] = signature
        return {"reasoningContent": {"reasoningText": text}}

    def _note(self, losses: list[Loss]) -> None:
        self.losses += [loss for loss in losses if loss not in self.losses]
