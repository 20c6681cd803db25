"""An answer's bytes, and what faults make of them: cut, held up, damaged, wrongly framed."""

from collections.abc import Sequence

import msgspec

from understudy.dialects.base import Dialect
from understudy.sim import faults as fault
from understudy.sim.faults import Effect, Place, Terminator
from understudy.sim.provider import Draft, refusal
from understudy.sim.steps import Act, Step, chunk, ending, head, joined
from understudy.wire.http import Headers

_COMMENT = b": keep-alive\n\n"
_GARBAGE = b'data: {"id":"sim","choices":[{"delta":{"content":"\n\n'


class Piece(msgspec.Struct, frozen=True, gc=False):
    """Some of a body. Pieces with content are what faults count, `is_end` ends the answer."""

    data: bytes
    delay: float = 0.0
    is_content: bool = False
    is_end: bool = False


class Body(msgspec.Struct, frozen=True):
    """An answer as it will be sent. `length` None: chunked.

    `ending` follows the pieces in the place of a good end. From content number `trickle_after` on
    single bytes go out, one every `trickle` seconds.
    """

    headers: Headers
    length: int | None
    pieces: tuple[Piece, ...]
    head_delay: float = 0.0
    ending: tuple[Step, ...] | None = None
    surplus: int = 0
    trickle: float = 0.0
    trickle_after: int = 0


def damaged(dialect: Dialect, draft: Draft, body: Body, effect: Effect) -> Body:
    """What the effect makes of the body: how much of it comes, and what comes instead."""
    stream = draft.request.stream
    match effect:
        case fault.Cut(after=after, how=how):
            return _stopped(body, after, Step(act=ending(how)))
        case fault.Stall(after=after, comments=every):
            return _stopped(body, after, *_waiting(every, stream=stream))
        case fault.Silence(comments=every):
            silent = _stopped(body, 0, *_waiting(every, stream=stream))
            is_chunked = stream or every > 0
            length = None if is_chunked else body.length
            return msgspec.structs.replace(silent, pieces=(), length=length)
        case fault.InStreamError(after=after, type=type_, code=code, message=message):
            encoder = dialect.encoder(draft.request)
            data = encoder.abort(refusal(500, type_, code, message))
            said = [piece for piece in _until(body.pieces, after) if not piece.is_end]
            return msgspec.structs.replace(body, pieces=(*said, Piece(data)))
        case fault.Malformed(after=after) if stream:
            return _replaced(body, after, Piece(_GARBAGE, is_content=True))
        case fault.MissingTerminator(part=part) if stream:
            return _unterminated(body, part)
        case fault.Malformed() | fault.MissingTerminator():
            return _resized(body, _share(body.pieces, 0.5))
        case fault.TruncatedJson(share=share):
            return _resized(body, _share(body.pieces, share))
        case _:
            return body


def reframed(body: Body, effect: Effect, *, stream: bool) -> Body:
    """What the effect makes of the pace and of HTTP's framing."""
    match effect:
        case fault.SlowFirstToken(delay=delay, where=Place.HEAD):
            return msgspec.structs.replace(body, head_delay=delay)
        case fault.SlowFirstToken(delay=delay):
            return _delayed(body, delay, stream=stream)
        case fault.Slow(rate=rate):
            return _paced(body, 1 / max(rate, 1e-6))
        case fault.Trickle(every=every, after=after):
            return msgspec.structs.replace(body, trickle=every, trickle_after=after)
        case fault.WrongLength(by=by):
            return msgspec.structs.replace(body, surplus=by, ending=(Step(act=Act.CLOSE),))
        case fault.BadChunk(after=after):
            broken = Step(data=b"not a chunk size\r\n", act=Act.HOLD)
            stopped = _stopped(body, after, broken)
            return msgspec.structs.replace(stopped, length=None)
        case fault.BadEncoding():
            headers = (*body.headers, (b"content-encoding", b"gzip"))
            return msgspec.structs.replace(body, headers=headers)
        case _:
            return body


def _until(pieces: Sequence[Piece], after: int) -> tuple[Piece, ...]:
    """The pieces before content number `after`."""
    count = 0
    for index, piece in enumerate(pieces):
        if piece.is_content:
            if count >= after:
                return tuple(pieces[:index])
            count += 1
    return tuple(pieces)


def _stopped(body: Body, after: int, *end: Step) -> Body:
    return msgspec.structs.replace(body, pieces=_until(body.pieces, after), ending=end)


def _replaced(body: Body, after: int, piece: Piece) -> Body:
    head = _until(body.pieces, after)
    return msgspec.structs.replace(body, pieces=(*head, piece, *body.pieces[len(head) + 1 :]))


def _resized(body: Body, pieces: tuple[Piece, ...]) -> Body:
    """The body with other pieces, and a length that agrees with them."""
    length = None if body.length is None else sum(len(piece.data) for piece in pieces)
    return msgspec.structs.replace(body, pieces=pieces, length=length)


def _share(pieces: tuple[Piece, ...], share: float) -> tuple[Piece, ...]:
    """The first part of all bytes; the last piece is cut where that falls."""
    left = int(sum(len(piece.data) for piece in pieces) * min(max(share, 0.0), 1.0))
    kept: list[Piece] = []
    for piece in pieces:
        if left <= 0:
            break
        kept.append(msgspec.structs.replace(piece, data=piece.data[:left]))
        left -= len(piece.data)
    return tuple(kept)


def _unterminated(body: Body, part: Terminator) -> Body:
    """Leave out the answer's end, or some of its frames; an error in its place stays."""
    if not body.pieces or not body.pieces[-1].is_end:
        return body
    *rest, last = body.pieces
    frames = [frame + b"\n\n" for frame in last.data.split(b"\n\n") if frame]
    kept = {Terminator.BOTH: [], Terminator.FINISH: frames[-1:], Terminator.DONE: frames[:-1]}[part]
    data = b"".join(kept)
    left = (Piece(data, is_end=True),) if data else ()
    return msgspec.structs.replace(body, pieces=(*rest, *left))


def _delayed(body: Body, delay: float, *, stream: bool) -> Body:
    """Wait before the first content (of a whole answer: before its first byte)."""
    index = len(_until(body.pieces, 0)) if stream else 0
    pieces = tuple(
        msgspec.structs.replace(piece, delay=piece.delay + delay) if k == index else piece
        for k, piece in enumerate(body.pieces)
    )
    return msgspec.structs.replace(body, pieces=pieces)


def _paced(body: Body, delay: float) -> Body:
    pieces = tuple(
        msgspec.structs.replace(piece, delay=delay) if piece.is_content else piece
        for piece in body.pieces
    )
    return msgspec.structs.replace(body, pieces=pieces)


def _waiting(every: float, *, stream: bool) -> tuple[Step, ...]:
    """Keep the connection, in silence or with comments (empty lines where the answer is JSON)."""
    if every <= 0:
        return (Step(act=Act.HOLD),)
    return (Step(every, chunk(_COMMENT if stream else b"\n"), repeats=True),)


def steps_of(body: Body) -> tuple[Step, ...]:
    """Write the body as HTTP."""
    steps = [Step(body.head_delay, head(200, body.headers, body.length, body.surplus))]
    content = 0
    for piece in body.pieces:
        data = piece.data if body.length is not None else chunk(piece.data)
        if body.trickle and content >= body.trickle_after and (piece.is_content or content):
            steps.extend(Step(body.trickle, data[k : k + 1]) for k in range(len(data)))
        else:
            steps.append(Step(piece.delay, data))
        content += piece.is_content
    if body.ending is None:
        steps.append(Step(data=b"" if body.length is not None else b"0\r\n\r\n"))
    elif body.surplus and body.length is None:
        steps.append(Step(data=b"%x\r\n" % body.surplus))
    return joined([*steps, *(body.ending or ())])
