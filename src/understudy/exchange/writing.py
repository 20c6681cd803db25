"""Writing: one client request as it goes to one target: its own bytes with named edits, or
translated.
"""

import re
from collections.abc import Mapping

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.base import LEAF, Dialect, Edits, Glance, Retells
from understudy.dialects.crowd import check_crowd
from understudy.dialects.translating import Translated, translate
from understudy.exchange.asked import Asked
from understudy.exchange.media import Media
from understudy.operations.task import Expected
from understudy.wire.http import Headers, HttpRequest

_OURS: Headers = (
    (b"content-type", b"application/json"),
    (b"accept-encoding", b"identity"),
    (b"user-agent", b"understudy"),
)

_CALL_ID = re.compile(rb'"tool_call_id"\s*:\s*"([^"]*)"')

_AT_ONCE = Loss("stream", "answered whole, and told at once", Change.CHANGED)


class Written(msgspec.Struct, frozen=True):
    """`is_passthrough`: the answer comes back in the client's dialect and needs no translation.

    `names`: what tools are called that go by another name in `request`. `is_sparse`: a stream whose
    events may be as far apart as a whole answer takes.
    """

    request: HttpRequest
    losses: tuple[Loss, ...]
    is_passthrough: bool
    stream: bool
    hides_usage: bool = False
    expected: Expected | None = None
    names: Mapping[str, str] = {}
    is_sparse: bool = False


class Writer:
    """Writes the same request for any target; reads it whole only when it must."""

    def __init__(self, asked: Asked, dialects: Mapping[str, Dialect]) -> None:
        self.client = dialects[asked.dialect]
        self._asked = asked
        self._dialects = dialects
        self._parsed: Request | None = None
        self._is_foreign = False
        self.media = Media()

    def glance(self) -> Glance:
        """Raises: InvalidRequest."""
        glance = self._asked.glance
        if glance is None:
            glance = self.client.glance(self._asked.body, self._asked.path)
        self._is_foreign = glance.is_foreign
        return glance

    def request(self) -> Request:
        """The whole request, read once. Raises: InvalidRequest."""
        if self._parsed is None:
            body = self._asked.sealed or self._asked.body
            check_crowd(body)
            self._parsed = self.client.parse_request(body, self._asked.path)
        return self._parsed

    def write(self, endpoint: Endpoint, glance: Glance) -> Written:
        """Write the request for `endpoint`.

        Raises: InvalidRequest, MediaNeeded, MediaMissing.
        """
        if _comes_whole(endpoint, glance, is_own=self._is_own(endpoint)):
            return self._for_a_whole(endpoint, glance)
        if not self._is_own(endpoint):
            request, losses, names = self._built(endpoint, self.request())
            return Written(
                _with_own(request),
                losses,
                is_passthrough=False,
                stream=glance.stream,
                expected=glance.expected,
                names=names,
            )
        if self._retells(endpoint, glance):
            request, losses, _ = self._built(endpoint, self.request())
            return Written(
                _with_own(request),
                losses,
                is_passthrough=False,
                stream=glance.stream,
                expected=glance.expected,
            )
        if self._must_change(endpoint, glance):
            request, losses, _ = self._built(endpoint, self.request())
            hides = glance.stream and not glance.wants_usage
            headers = _merged(request.headers, self._asked.headers)
            return Written(
                _with_own(msgspec.structs.replace(request, headers=headers)),
                losses,
                is_passthrough=True,
                stream=glance.stream,
                hides_usage=hides,
                expected=glance.expected,
                is_sparse=glance.stream and not glance.is_talk,
            )
        return self._edited(endpoint, glance)

    def _for_a_whole(self, endpoint: Endpoint, glance: Glance) -> Written:
        """Ask for a whole answer, of which the client's stream will be made."""
        asked = msgspec.structs.replace(self.request(), stream=False)
        request, losses, _ = self._built(endpoint, asked)
        expected = glance.expected
        if expected is not None:
            expected = msgspec.structs.replace(expected, least=1)
        return Written(
            _with_own(request),
            (*losses, _AT_ONCE),
            is_passthrough=False,
            stream=False,
            expected=expected,
        )

    def write_continuation(self, endpoint: Endpoint, request: Request) -> Written:
        """Write a request that is ours (a continuation), not the client's. Raises: as `write`."""
        written, losses, names = self._built(endpoint, request)
        return Written(
            _with_own(written), losses, is_passthrough=False, stream=request.stream, names=names
        )

    def _built(self, endpoint: Endpoint, request: Request) -> Translated:
        dialect = self._dialects[endpoint.dialect]
        whole = self.media.inlined(request, dialect.inlines)
        if self._is_own(endpoint):
            return Translated(*dialect.build_request(whole, endpoint))
        return translate(whole, dialect, endpoint)

    def _is_own(self, endpoint: Endpoint) -> bool:
        return endpoint.dialect == self._asked.dialect and not self._is_foreign

    def _edited(self, endpoint: Endpoint, glance: Glance) -> Written:
        asks = glance.stream and not glance.wants_usage
        edits = Edits(endpoint.model, asks, endpoint.renames)
        body = self.client.edit_request(self._asked.body, edits)
        headers = _merged(endpoint.headers, self._asked.headers)
        path = self.client.path(endpoint, stream=glance.stream)
        if glance.leaf:
            path = path.replace(LEAF, glance.leaf)
        ours = _OURS if glance.media is None else ((b"content-type", glance.media), *_OURS[1:])
        request = HttpRequest("POST", path, (*ours, *headers), body)
        return Written(
            request,
            (),
            is_passthrough=True,
            stream=glance.stream,
            hides_usage=asks,
            expected=glance.expected,
            is_sparse=glance.stream and not glance.is_talk,
        )

    def _must_change(self, endpoint: Endpoint, glance: Glance) -> bool:
        """Whether more than named edits is needed although the target speaks the client's dialect.

        So it is with a field that it refuses, something asked for that it cannot do, ids of tool
        calls from another host or longer than it takes, a last message that it continues only where
        it is marked, and thoughts that a model of another dialect or producer had.
        """
        needs = glance.needs.capabilities
        return bool(
            glance.must_change
            or self._asked.makers - {endpoint.producer}
            or (endpoint.rejects and self._names_rejected(endpoint))
            or not needs <= endpoint.capabilities
            or (endpoint.tool_id_length is not None and Capability.TOOLS in needs)
            or (endpoint.limits.tool_id is not None and self._has_long_id(endpoint.limits.tool_id))
            or (Capability.PREFILL in needs and "prefix" in endpoint.accepts)
        )

    def _retells(self, endpoint: Endpoint, glance: Glance) -> bool:
        """Whether the target answers in the client's dialect, and yet not as the client asked."""
        client = self.client
        return (
            bool(endpoint.rejects)
            and not glance.is_talk
            and isinstance(client, Retells)
            and client.retells(self.request(), endpoint)
        )

    def _has_long_id(self, most: int) -> bool:
        """Whether a call is answered by an id of more characters: another host made it."""
        body = self._asked.body
        return b'"tool_call_id"' in body and any(
            len(found) > most for found in _CALL_ID.findall(body)
        )

    def _names_rejected(self, endpoint: Endpoint) -> bool:
        body = self._asked.body
        return any(b'"%s"' % path.rpartition(".")[2].encode() in body for path in endpoint.rejects)


def _comes_whole(endpoint: Endpoint, glance: Glance, *, is_own: bool) -> bool:
    """Whether a target cannot stream what is to be streamed: no two APIs do so alike."""
    if not glance.stream or glance.is_talk:
        return False
    return not is_own or not glance.stream_needs <= endpoint.capabilities


def _with_own(request: HttpRequest) -> HttpRequest:
    """A dialect's own header fields win over ours."""
    named = {name for name, _ in request.headers}
    ours = tuple(field for field in _OURS if field[0] not in named)
    return msgspec.structs.replace(request, headers=(*ours, *request.headers))


def _merged(static: Headers, sent: Headers) -> Headers:
    """The client's own fields (a version, a beta) win over the target's defaults."""
    if not sent:
        return static
    named = {name for name, _ in sent}
    return (*(field for field in static if field[0] not in named), *sent)
