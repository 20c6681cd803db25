"""The response object: as it is created, as it ends, as it fails."""

from collections.abc import Sequence

from understudy.chat.events import Finished, PartKind, Started, StopReason
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request, Tool
from understudy.chat.response import Piece
from understudy.dialects import fields as kept
from understudy.dialects.openai_responses import speech
from understudy.dialects.openai_responses.echo import echo
from understudy.dialects.openai_responses.ids import response_id
from understudy.dialects.openai_responses.layout import Layout, Place, unsayable
from understudy.dialects.openai_responses.request import CUSTOM
from understudy.dialects.openai_responses.schema import NAME, OWN, Raw
from understudy.dialects.openai_responses.status import (
    COMPLETED,
    INCOMPLETE,
    stop_losses,
    write_stop,
)
from understudy.dialects.openai_responses.usage import usage_losses, write_usage

Object = speech.Object


class Reply:
    """One response for a client. `layout` says where its parts stand."""

    def __init__(self, request: Request) -> None:
        self.is_started = False
        self.layout: Layout
        self._request = request
        self._identity: Object = {}
        self._echo: Object = {}

    def start(self, started: Started) -> list[Loss]:
        """Take the answer's identity; returns what of its beginning cannot be said."""
        request = self._request
        self.is_started = True
        salt = (started.created, started.model, len(request.messages), request.messages[-1:])
        id_ = response_id(started.id, *salt)
        self.layout = Layout(id_, _customs(request))
        self._echo = echo(request)
        self._identity = {
            "id": id_,
            "object": "response",
            "created_at": started.created or 0,
            "model": started.model or request.model,
        }
        return speech.foreign(started.fields, "started")

    def begun(self) -> Object:
        """The response before anything is said in it."""
        return self._object("in_progress", [])

    def failed(self, error: object) -> Object:
        """The response that broke off."""
        said = self._object("failed", [])
        if isinstance(error, dict):
            said["error"] = {"code": error.get("code"), "message": error.get("message")}
        return said

    def ended(
        self, finished: Finished, output: Sequence[Object | Raw], *, refused: bool
    ) -> tuple[Object, list[Loss]]:
        """The whole response, and what of its end cannot be said."""
        status, reason = write_stop(finished.stop, finished.native, refused=refused)
        said = self._object(status, output)
        if status == INCOMPLETE:
            said["incomplete_details"] = {"reason": reason}
        own = kept.own(finished.fields, OWN)
        if finished.usage is not None:
            said["usage"] = write_usage(finished.usage, own.pop("usage", None))
        said |= own
        losses = stop_losses(finished.stop, finished.native, finished.stop_sequence)
        losses += speech.foreign(finished.fields, "finished")
        if finished.usage is not None:
            losses += usage_losses(finished.usage)
        return said, losses

    def _object(self, status: str, output: Sequence[Object | Raw]) -> Object:
        return {
            **self._identity,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": output,
            "usage": None,
            **self._echo,
        }


def output_of(
    pieces: Sequence[Piece], layout: Layout, losses: list[Loss], *, is_cut: bool
) -> list[Object | Raw]:
    """All items of an answer. `is_cut`: the last broke off at a limit."""
    placed: list[list[tuple[Piece, Place]]] = []
    for piece in pieces:
        lost = unsayable(piece.start)
        if lost is not None:
            losses.append(lost)
            if lost.change is Change.DROPPED:
                continue
        place = layout.place(piece.start)
        if place.is_first:
            placed.append([])
        placed[place.output].append((piece, place))
    items = [speech.whole_item(each, losses) for each in placed]
    if items and is_cut:
        cut_off(items[-1])
    return items


def cut_off(item: Object | Raw) -> None:
    """Mark an item that a limit cut short."""
    if isinstance(item, dict) and item.get("status") == COMPLETED:
        item["status"] = INCOMPLETE


def is_cut(finished: Finished) -> bool:
    """Whether the last item of an answer is not whole."""
    return finished.stop in (StopReason.LENGTH, StopReason.CONTENT_FILTER)


def has_refused(pieces: Sequence[Piece]) -> bool:
    """Whether the answer says in words that it refuses."""
    return any(piece.start.kind is PartKind.REFUSAL for piece in pieces)


def _customs(request: Request) -> frozenset[str]:
    """The tools that take free text, and for which functions may have stood in."""
    return frozenset(
        tool.name
        for tool in request.tools
        if isinstance(tool, Tool) and CUSTOM in tool.extensions.get(NAME, {})
    )
