"""Faults as values: each says what a provider does wrong (`Effect`), and when (`When`).

`plan` carries them out; `fault_text` reads and describes them.
"""

import enum
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec


class How(enum.Enum):
    RST = "rst"
    FIN = "fin"


class Place(enum.Enum):
    HEAD = "head"
    BODY = "body"


class Terminator(enum.Enum):
    """Which part of a stream's end is left out: the finish reason, the last frame, or both."""

    BOTH = "both"
    FINISH = "finish"
    DONE = "done"


class Refuse(msgspec.Struct, frozen=True, tag_field="fault", tag="refuse"):
    """Reset every connection as it is accepted, and kept-alive ones at their next request."""


class Drop(msgspec.Struct, frozen=True, tag_field="fault", tag="drop"):
    """Read the request, then end the connection before any header."""

    how: How = How.RST


class Hang(msgspec.Struct, frozen=True, tag_field="fault", tag="hang"):
    """Read the request and never answer."""


class Silence(msgspec.Struct, frozen=True, tag_field="fault", tag="silence"):
    """Send the headers of a good answer, then nothing; or a comment every `comments` seconds."""

    comments: float = 0.0


class Cut(msgspec.Struct, frozen=True, tag_field="fault", tag="cut"):
    """End the connection after `after` pieces of content."""

    after: int = 0
    how: How = How.RST


class Stall(msgspec.Struct, frozen=True, tag_field="fault", tag="stall"):
    """Stop after `after` pieces of content and keep the connection; or go on with comments."""

    after: int = 0
    comments: float = 0.0


class Trickle(msgspec.Struct, frozen=True, tag_field="fault", tag="trickle"):
    """After `after` pieces of content send single bytes, one every `every` seconds."""

    every: float = 0.05
    after: int = 0


class Slow(msgspec.Struct, frozen=True, tag_field="fault", tag="slow"):
    """Say `rate` tokens a second."""

    rate: float = 1.0


class SlowFirstToken(msgspec.Struct, frozen=True, tag_field="fault", tag="slow_first_token"):
    """Wait `delay` seconds before the first content; with where=head before the headers too."""

    delay: float = 5.0
    where: Place = Place.BODY


class InStreamError(msgspec.Struct, frozen=True, tag_field="fault", tag="in_stream_error"):
    """After `after` pieces of content say an error inside the answer, in the dialect's own form."""

    after: int = 0
    type: str = "server_error"
    code: str | None = None
    message: str = "The server had an error while processing your request"


class Malformed(msgspec.Struct, frozen=True, tag_field="fault", tag="malformed"):
    """Send broken JSON in the place of content number `after`, and go on."""

    after: int = 0


class MissingTerminator(msgspec.Struct, frozen=True, tag_field="fault", tag="missing_terminator"):
    """End the body well, as HTTP says it, without the end of the answer."""

    part: Terminator = Terminator.BOTH
    after: int | None = None


class Empty(msgspec.Struct, frozen=True, tag_field="fault", tag="empty"):
    """Say nothing and end well; `stop` is the reason given."""

    stop: str = "end"


class Finish(msgspec.Struct, frozen=True, tag_field="fault", tag="finish"):
    """Stop after `after` pieces of content with the finish reason `word`."""

    word: str = "content_filter"
    after: int | None = None


class WrongModel(msgspec.Struct, frozen=True, tag_field="fault", tag="wrong_model"):
    """Answer in the name of another model."""

    name: str = "another-model"


class WrongWords(msgspec.Struct, frozen=True, tag_field="fault", tag="wrong_words"):
    """From content number `after` on say words of another script, and end well."""

    after: int = 0


class NoUsage(msgspec.Struct, frozen=True, tag_field="fault", tag="no_usage"):
    """Do not say what was used."""


class Status(msgspec.Struct, frozen=True, tag_field="fault", tag="status"):
    """Answer with an error status, in the dialect's own form."""

    status: int = 500
    retry_after: float | None = None
    type: str | None = None
    code: str | None = None
    message: str = "simulated failure"


class Page(msgspec.Struct, frozen=True, tag_field="fault", tag="page"):
    """Answer with these very bytes."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = {}


class RowOf(msgspec.Struct, frozen=True, tag_field="fault", tag="row"):
    """Show a row of the failure taxonomy: its example's status, headers and body, or what else.

    What breaks off does so after `after` pieces of content.
    """

    id: str
    after: int = 2
    retry_after: float | None = None


class Html200(msgspec.Struct, frozen=True, tag_field="fault", tag="html_200"):
    """Answer 200 with an HTML page, as a captive portal does."""


class JsonError200(msgspec.Struct, frozen=True, tag_field="fault", tag="json_error_200"):
    """Answer 200 with an error object in the dialect's own form."""

    type: str = "server_error"
    message: str = "Provider returned error"


class TruncatedJson(msgspec.Struct, frozen=True, tag_field="fault", tag="truncated_json"):
    """Send `share` of the body, and end it well."""

    share: float = 0.5


class WrongLength(msgspec.Struct, frozen=True, tag_field="fault", tag="wrong_length"):
    """Announce `by` bytes more than there are, and close."""

    by: int = 10


class BadChunk(msgspec.Struct, frozen=True, tag_field="fault", tag="bad_chunk"):
    """Break HTTP's own framing after `after` pieces of content."""

    after: int = 0


class BadEncoding(msgspec.Struct, frozen=True, tag_field="fault", tag="bad_encoding"):
    """Claim that the body is compressed."""


class Redirect(msgspec.Struct, frozen=True, tag_field="fault", tag="redirect"):
    """Answer with a redirect."""

    location: str = "http://127.0.0.1:9/"
    status: int = 307


Effect: TypeAlias = (
    Refuse | Drop | Hang | Silence | Cut | Stall | Trickle | Slow | SlowFirstToken | InStreamError
    | Malformed | MissingTerminator | Empty | Finish | WrongModel | WrongWords | NoUsage | Status
    | Page | RowOf | Html200 | JsonError200 | TruncatedJson | WrongLength | BadChunk | BadEncoding
    | Redirect
)  # fmt: skip


class Moment(msgspec.Struct, frozen=True):
    """When a request comes: `since` seconds after the fault was set, as number `number` (from 0).

    `model`, `key` and `streamed` are None where they are not known (a connection without a request
    yet).
    """

    since: float = 0.0
    number: int = 0
    model: str | None = None
    key: str | None = None
    streamed: bool | None = None


class _Named(msgspec.Struct):
    model: str = ""
    stream: bool = False


def moment_of(since: float, number: int, body: bytes, key: str | None) -> Moment:
    """The moment of a request with that body and credential."""
    try:
        said = msgspec.json.decode(body, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Moment(since, number, None, key)
    return Moment(since, number, said.model, key, said.stream)


class When(msgspec.Struct, frozen=True):
    """Which requests a fault meets; all of them unless told otherwise.

    `p` is a probability; `begin` and `until` are seconds from when it was set; `skip` requests pass
    first, and then at most `times` are met. With `down` it comes and goes: `up` seconds of health,
    then `down` seconds of fault. `model` and `key` name the only model, the only credential met;
    `streamed` says whether only streams are met, or only whole answers.
    """

    p: float = 1.0
    begin: float = 0.0
    until: float | None = None
    skip: int = 0
    times: int | None = None
    up: float = 0.0
    down: float = 0.0
    model: str | None = None
    key: str | None = None
    streamed: bool | None = None

    def meets(self, moment: Moment, draw: Callable[[], float]) -> bool:
        """Whether it meets that request; `draw` gives random numbers from 0 to 1."""
        return self._is_time(moment) and self._is_meant(moment) and (self.p >= 1 or draw() < self.p)

    def _is_time(self, moment: Moment) -> bool:
        if moment.since < self.begin or (self.until is not None and moment.since >= self.until):
            return False
        if self.down > 0 and (moment.since - self.begin) % (self.up + self.down) < self.up:
            return False
        if moment.number < self.skip:
            return False
        return self.times is None or moment.number < self.skip + self.times

    def _is_meant(self, moment: Moment) -> bool:
        if self.model is not None and moment.model != self.model:
            return False
        if self.streamed is not None and moment.streamed is not self.streamed:
            return False
        return self.key is None or moment.key == self.key


class Fault(msgspec.Struct, frozen=True):
    effect: Effect
    when: When = When()


def active(
    faults: Sequence[Fault], moment: Moment, draw: Callable[[], float]
) -> tuple[Effect, ...]:
    """The effects that meet a request, in their order."""
    return tuple(fault.effect for fault in faults if fault.when.meets(moment, draw))
