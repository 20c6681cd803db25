"""A whole response for a client that asked for one: all is collected, and said at the end."""

from understudy.chat.events import Event, Finished, Started
from understudy.chat.failure import Failure
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Folder
from understudy.dialects.openai_errors import error_body
from understudy.dialects.openai_responses.reply import Reply, has_refused, is_cut, output_of
from understudy.dialects.openai_responses.schema import encode
from understudy.wire.http import Headers

_HEAD: Headers = ((b"content-type", b"application/json"),)


class WholeEncoder:
    """Collects events; the last one yields the body."""

    def __init__(self, request: Request) -> None:
        self.losses: list[Loss] = []
        self._reply = Reply(request)
        self._folder = Folder()

    def head(self) -> Headers:
        return _HEAD

    def send(self, event: Event) -> bytes:
        if type(event) is Started:
            self.losses += self._reply.start(event)
        self._folder.receive(event)
        return self._body(event) if type(event) is Finished else b""

    def abort(self, failure: Failure) -> bytes:
        return error_body(failure)

    def remark(self, text: bytes) -> bytes:  # noqa: ARG002 - a body has no room for it
        return b""

    def _body(self, finished: Finished) -> bytes:
        pieces = self._folder.pieces()
        losses: list[Loss] = []
        cut = is_cut(finished)
        output = output_of(pieces, self._reply.layout, losses, is_cut=cut)
        refused = has_refused(pieces)
        body, lost = self._reply.ended(finished, output, refused=refused)
        self.losses += dict.fromkeys([*losses, *lost])
        return encode(body)
