"""A client of the simulated world: what it asks, and what it makes of what it hears.

It reads with its dialect's own decoder, and knows what a well provider would have said, so that
each token missing, doubled or foreign is counted.
"""

import re
from collections.abc import Sequence

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed, Finished, PartDelta, PartKind, PartStarted
from understudy.chat.grammar import Grammar
from understudy.chat.parts import Text
from understudy.chat.request import (
    Format,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Role,
    Tool,
)
from understudy.chat.response import Folder, Piece
from understudy.dialects.base import Decoded, Dialect, ResponseDecoder
from understudy.sim.provider import expected_pieces
from understudy.sim.words import TOKEN_CHARS
from understudy.wire.http import Headers, HttpRequest, ResponseHead, header

GOOD = range(200, 300)
_SEAM = re.compile(rb": understudy target=(\S*) attempts=(\d+)(?: seam=(\d+))?\n\n")


class Ask(msgspec.Struct, frozen=True):
    """One request. `prompt` may hold the directives of `answer` (`[tokens=200]`, `[chunk=4]`).

    `body` is sent in the place of all that, as it is. `leaves_at`: seconds after which the client
    hangs up; `reads`: bytes a second that it takes (None: as they come). `limit` is on the
    answer's tokens.
    """

    model: str
    dialect: str
    prompt: str = "hello"
    stream: bool = True
    turns: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    wants_json: bool = False
    reasons: bool = False
    limit: int | None = None
    body: bytes | None = None
    leaves_at: float | None = None
    reads: float | None = None
    caller: str = "client"
    routes: frozenset[str] | None = None


class Heard(msgspec.Struct, frozen=True):
    """What a client made of its answer. Times are the world's; None: it never happened.

    `complete`: a good status, one finish, and a clean end. `is_exact`: and it is word for word what
    a well provider says. `missing_tokens` and `duplicated_tokens` are against that, for whatever
    text there is. `error` is the code (or type) that it was told. `target` and `attempts` are the
    receipt's, `seam` where it says that another target went on. `left`: the client hung up.
    """

    status: int
    complete: bool
    is_exact: bool
    missing_tokens: int
    duplicated_tokens: int
    finishes: int
    error: str | None
    began: float
    first_content: float | None
    ended: float
    attempts: int
    target: str
    seam: int | None = None
    left: bool = False
    retry_after: float | None = None
    text: str = ""


def written(ask: Ask, dialect: Dialect) -> HttpRequest:
    """The request, in its dialect."""
    said = [*ask.turns, ask.prompt]
    offset = len(said) % 2  # the last one is the user's
    messages = tuple(
        Message(Role.USER if (k + offset) % 2 else Role.ASSISTANT, (Text(text),))
        for k, text in enumerate(said)
    )
    request = Request(
        ask.model,
        messages,
        stream=ask.stream,
        tools=ask.tools,
        response_format=ResponseFormat(Format.JSON) if ask.wants_json else None,
        reasoning=ReasoningConfig(enabled=True, budget_tokens=1024) if ask.reasons else None,
        max_output_tokens=ask.limit,
    )
    endpoint = Endpoint(ask.dialect, ask.model, dialect.chat_paths()[0], "client")
    built, _ = dialect.build_request(request, endpoint)
    return built if ask.body is None else msgspec.structs.replace(built, body=ask.body)


class Ear:
    """Listens to one answer. `hear` says at the end what it was.

    `is_wrong` names the first thing that no client should ever see, whatever happened upstream.
    """

    def __init__(self, dialect: Dialect, body: bytes, *, stream: bool, now: float) -> None:
        self.status = 0
        self.is_wrong: str | None = None
        self._dialect = dialect
        self._asked = body
        self._stream = stream
        self._began = now
        self._headers: Headers = ()
        self._decoder: ResponseDecoder | None = None
        self._grammar = Grammar()
        self._folder = Folder()
        self._finishes = 0
        self._failed: Failed | None = None
        self._first_content: float | None = None
        self._error: list[bytes] = []
        self._length: int | None = None
        self._bytes = 0
        self._seam: tuple[str, int, int | None] | None = None
        self._is_clean = False

    def head(self, status: int, headers: Headers, length: int | None) -> None:
        self.status = status
        self._headers = headers
        self._length = length
        if status in GOOD:
            head = ResponseHead(status, headers)
            self._decoder = self._dialect.decoder(head, stream=self._stream)

    def data(self, data: bytes, now: float) -> None:
        self._bytes += len(data)
        if self._decoder is None:
            self._error.append(data)
            return
        if b": understudy " in data:
            found = _SEAM.search(data)
            if found is not None:
                seam = None if found[3] is None else int(found[3])
                self._seam = (found[1].decode(), int(found[2]), seam)
        if not self._stream and self._first_content is None:
            self._first_content = now
        self._listen(self._decoder.receive_data(data), now)

    def end(self, now: float, *, clean: bool) -> None:
        """The answer ended; or, not `clean`, its connection broke."""
        if self._length is not None and clean and self._length != self._bytes:
            self._wrong(f"{self._length} bytes were announced, {self._bytes} came")
        self._is_clean = clean
        if clean and self._decoder is not None and self._failed is None:
            self._listen(self._decoder.receive_eof(), now)

    def check(self, booked: int, seam: int | None) -> None:
        """Compare what is in the books with what came."""
        if booked != self._bytes:
            self._wrong(f"{booked} bytes are in the books, {self._bytes} came")
        if seam is not None and not 0 < seam <= self._bytes:
            self._wrong(f"a seam at {seam} of {self._bytes} bytes")

    def hear(self, now: float, *, left: bool) -> Heard:
        expected = _texts(expected_pieces(self._dialect, self._asked))
        said = _texts(self._folder.pieces())
        missing, doubled = _difference(expected, said)
        failed = self._failed is not None
        complete = self.status in GOOD and self._finishes == 1 and self._is_clean and not failed
        target, attempts, seam = self._receipt()
        after = header(self._headers, b"retry-after")
        return Heard(
            status=self.status,
            complete=complete,
            is_exact=complete and said == expected,
            missing_tokens=missing,
            duplicated_tokens=doubled,
            finishes=self._finishes,
            error=self._told(),
            began=self._began,
            first_content=self._first_content,
            ended=now,
            attempts=attempts,
            target=target,
            seam=seam,
            left=left,
            retry_after=None if after is None else float(after),
            text=said,
        )

    def _listen(self, items: Sequence[Decoded], now: float) -> None:
        for raw, events, _ in items:
            is_over = self._failed is not None or self._finishes > 0
            if is_over and (events or not _is_nothing(raw)):
                self._wrong(f"after the end: {raw[:200]!r}")
            self._take(events, now)

    def _take(self, events: Sequence[Event], now: float) -> None:
        for event in events:
            self._grammar.receive(event)
            self._folder.receive(event)
            if isinstance(event, PartDelta):
                if self._first_content is None and event.text:
                    self._first_content = now
            elif isinstance(event, PartStarted):
                if self._first_content is None and event.kind is PartKind.TOOL_CALL:
                    self._first_content = now
            elif isinstance(event, Finished):
                self._finishes += 1
            elif isinstance(event, Failed):
                self._failed = event

    def _told(self) -> str | None:
        """The error that the client was told, in one word."""
        if self._failed is not None:
            signal = self._failed.signal
        elif self.status and self.status not in GOOD:
            head = ResponseHead(self.status, self._headers)
            signal = self._dialect.parse_failure(head, b"".join(self._error))
        else:
            return None
        return signal.code or signal.type or signal.flag or "unnamed"

    def _receipt(self) -> tuple[str, int, int | None]:
        if self._seam is not None:
            return self._seam
        target = header(self._headers, b"x-understudy-target") or b""
        attempts = header(self._headers, b"x-understudy-attempts") or b"0"
        return target.decode(), int(attempts), None

    def _wrong(self, what: str) -> None:
        self.is_wrong = self.is_wrong or what


def _is_nothing(raw: bytes) -> bool:
    """Whether a frame is empty, or a comment."""
    said = raw.strip()
    return not said or said.startswith(b":")


def _texts(pieces: Sequence[Piece]) -> str:
    """What an answer says in one text, however its dialect spells it: tools too, no reasoning."""
    found: list[str] = []
    for piece in pieces:
        if piece.start.kind is PartKind.TOOL_CALL:
            found.append(f"\n{piece.start.name}({_compact(piece.text)})")
        elif piece.start.kind in (PartKind.TEXT, PartKind.REFUSAL):
            found.append(piece.text)
    return "".join(found)


def _compact(arguments: str) -> str:
    try:
        return msgspec.json.encode(msgspec.json.decode(arguments or "{}")).decode()
    except msgspec.DecodeError:
        return arguments


def _difference(expected: str, said: str) -> tuple[int, int]:
    """The tokens that are missing, and those that are too many."""
    if expected == said:
        return 0, 0
    shorter = min(len(expected), len(said))
    before = next((k for k in range(shorter) if expected[k] != said[k]), shorter)
    left = shorter - before
    behind = next((k for k in range(left) if expected[-1 - k] != said[-1 - k]), left)
    same = before + behind
    return -(-(len(expected) - same) // TOKEN_CHARS), -(-(len(said) - same) // TOKEN_CHARS)
