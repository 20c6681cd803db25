"""An answer as a plan: what to send after how long, how it ends, and what faults make of that."""

import itertools
from collections.abc import Iterator, Sequence

import msgspec

from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure
from understudy.dialects.arguments import BrokenArguments
from understudy.dialects.base import Dialect
from understudy.sim import faults as fault
from understudy.sim.answer import STAMP
from understudy.sim.body import Body, Piece, damaged, reframed, steps_of
from understudy.sim.faults import Effect
from understudy.sim.provider import Draft, Models, refusal
from understudy.sim.steps import Act, Step, ending, whole
from understudy.sim.words import TOKEN_CHARS
from understudy.wire.http import media_type

_HTML = (
    b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
)
_OTHER_SCRIPT = str.maketrans("abcdefghijklmnopqrstuvwxyz", "กขคงจฉชซญดตถทธนบปผฝพฟภมยรล")
_GOOD_ENDS = (b"stop", b"end_turn")
_STOPS = {
    "content_filter": StopReason.CONTENT_FILTER,
    "refusal": StopReason.REFUSAL,
    "length": StopReason.LENGTH,
    "max_tokens": StopReason.LENGTH,
    "pause_turn": StopReason.PAUSE,
    "end": StopReason.END,
    "stop": StopReason.END,
    "end_turn": StopReason.END,
}


def plan(
    dialect: Dialect, said: Draft | Models | Failure, effects: Sequence[Effect] = ()
) -> tuple[Step, ...]:
    """What to send. Effects apply in their order; one that replaces the answer ends the matter."""
    stream = isinstance(said, Draft) and said.request.stream
    for effect in effects:
        steps = _instead(dialect, effect, stream=stream)
        if steps is not None:
            return _late(steps, said, effect)
    if isinstance(said, Failure):
        return whole(*dialect.render_failure(said))
    if isinstance(said, Models):
        return whole(200, ((b"content-type", b"application/json"),), said.body)
    events = said.events
    for effect in effects:
        events = _edit(events, effect)
    try:
        body = _encode(dialect, said, events, slices=bool(effects))
    except BrokenArguments:  # cut inside of a call: some APIs can say that of a limit's end alone
        short = msgspec.structs.replace(events[-1], stop=StopReason.LENGTH, native=None)
        body = _encode(dialect, said, (*events[:-1], short), slices=bool(effects))
    for effect in effects:
        body = damaged(dialect, said, body, effect)
        body = reframed(body, effect, stream=stream)
    return steps_of(body)


def _instead(dialect: Dialect, effect: Effect, *, stream: bool) -> tuple[Step, ...] | None:
    """The steps of an effect that leaves nothing of the answer; None for the others."""
    match effect:
        case fault.Refuse():
            return (Step(act=Act.RESET),)
        case fault.Drop(how=how):
            return (Step(act=ending(how)),)
        case fault.Hang():
            return (Step(act=Act.HOLD),)
        case fault.InStreamError(type=type_, code=code, message=message) if not stream:
            return _error_200(dialect, type_, code, message)
        case fault.RowOf(id=row):
            raise AssertionError(f"row {row} was not resolved (rows.resolve)")
        case _:
            return _other_answer(dialect, effect)


def _late(
    steps: tuple[Step, ...], said: Draft | Models | Failure, effect: Effect
) -> tuple[Step, ...]:
    """Let an error that comes up while an answer is made take its time, as in a stream."""
    if not isinstance(effect, fault.InStreamError) or not isinstance(said, Draft):
        return steps
    wait = said.delay + (effect.after / said.rate if said.rate else 0.0)
    return (msgspec.structs.replace(steps[0], delay=wait), *steps[1:])


def _other_answer(dialect: Dialect, effect: Effect) -> tuple[Step, ...] | None:
    """A whole answer that has nothing to do with what was asked; None for other effects."""
    match effect:
        case fault.Status(status=status, type=type_, code=code, message=message):
            wait = effect.retry_after
            failure = refusal(status, type_, code, message, retry_after=wait)
            return whole(*dialect.render_failure(failure))
        case fault.Page(status=status, headers=fields, body=text):
            pairs = [(key.lower().encode(), value.encode()) for key, value in fields.items()]
            return whole(status, tuple(pairs), text.encode())
        case fault.Html200():
            return whole(200, ((b"content-type", b"text/html; charset=utf-8"),), _HTML)
        case fault.JsonError200(type=type_, message=message):
            return _error_200(dialect, type_, None, message)
        case fault.Redirect(status=status, location=location):
            return whole(status, ((b"location", location.encode()),), b"")
        case _:
            return None


def _edit(events: tuple[Event, ...], effect: Effect) -> tuple[Event, ...]:
    """What the effect makes of the answer's meaning."""
    match effect:
        case fault.Empty(stop=word):
            return _ended(events, 0, word)
        case fault.Finish(word=word, after=after):
            return _ended(events, after, word)
        case fault.MissingTerminator(after=int(after)):
            return _ended(events, after, None)
        case fault.WrongModel(name=name):
            return tuple(
                msgspec.structs.replace(event, model=name) if isinstance(event, Started) else event
                for event in events
            )
        case fault.WrongWords(after=after):
            return tuple(_garbled(events, after))
        case fault.NoUsage():
            return tuple(
                msgspec.structs.replace(event, usage=None)
                if isinstance(event, Started | Finished)
                else event
                for event in events
            )
        case _:
            return events


def _garbled(events: tuple[Event, ...], after: int) -> Iterator[Event]:
    """The same events with other letters: as many words, none of them right."""
    count = 0
    for event in events:
        if isinstance(event, PartDelta) and event.text:
            count += 1
            if count > after:
                yield msgspec.structs.replace(event, text=event.text.translate(_OTHER_SCRIPT))
                continue
        yield event


def _ended(events: tuple[Event, ...], after: int | None, word: str | None) -> tuple[Event, ...]:
    """The answer up to content number `after`, ended in good form, with `word` as its reason."""
    kept: list[Event] = []
    opened: list[int] = []
    count = 0
    for event in events[:-1]:
        if after is not None and count >= after and not isinstance(event, Started):
            break
        kept.append(event)
        if isinstance(event, PartStarted):
            opened.append(event.index)
        elif isinstance(event, PartEnded):
            opened.remove(event.index)
        elif isinstance(event, PartDelta) and event.text:
            count += 1
    finished = events[-1]
    assert isinstance(finished, Finished)
    if word is not None:
        stop = _STOPS.get(word, StopReason.OTHER)
        finished = msgspec.structs.replace(finished, stop=stop, native=word, choices=())
    return (*kept, *(PartEnded(index) for index in opened), finished)


def _encode(dialect: Dialect, draft: Draft, events: tuple[Event, ...], *, slices: bool) -> Body:
    """Let the dialect's encoder say the events; slice a whole body where faults will count."""
    encoder = dialect.encoder(draft.request)
    headers = encoder.head()
    said = [(event, _verbatim(event, encoder.send(event))) for event in events]
    if draft.request.stream:
        return Body(headers, None, tuple(_pieces(draft, said)))
    data = b"".join(data for _, data in said)
    texts = [event.text for event, _ in said if isinstance(event, PartDelta) and event.text]
    wait = draft.delay + (_tokens("".join(texts)) / draft.rate if draft.rate else 0.0)
    cuts = (
        [len(data) * k // (len(texts) + 1) for k in range(len(texts) + 2)]
        if slices
        else [0, len(data)]
    )
    pieces = [
        Piece(data[start:end], wait if start == 0 else 0.0, is_content=start > 0)
        for start, end in itertools.pairwise(cuts)
    ]
    return Body(headers, len(data), tuple(pieces))


def _verbatim(event: Event, data: bytes) -> bytes:
    """Say a finish reason for which an encoder has no word: it wrote its word for a good end."""
    if not isinstance(event, Finished) or event.native is None:
        return data
    word = event.native.encode()
    if b':"%b"' % word in data:
        return data
    for usual in _GOOD_ENDS:
        data = data.replace(b':"%b"' % usual, b':"%b"' % word)
    return data


def _pieces(draft: Draft, said: Sequence[tuple[Event, bytes]]) -> Iterator[Piece]:
    """One piece for each event that has bytes, paced by the tokens that it says."""
    tokens = 0.0  # said, and not yet in a piece
    is_first = True
    for event, data in said:
        if isinstance(event, PartDelta):
            tokens += 1.0 if event.audio_base64 else _tokens(event.text)
        elif isinstance(event, PartStarted) and event.kind is PartKind.IMAGE:
            tokens += 1.0
        if not data:
            continue
        delay = 0.0
        if tokens:
            delay = draft.delay if is_first else (tokens / draft.rate if draft.rate else 0.0)
            is_first = False
        yield Piece(data, delay, is_content=tokens > 0, is_end=isinstance(event, Finished))
        tokens = 0.0


def _tokens(text: str) -> float:
    return 1.0 if text == STAMP else len(text) / TOKEN_CHARS


def _error_200(
    dialect: Dialect, type_: str | None, code: str | None, message: str
) -> tuple[Step, ...]:
    _, headers, body = dialect.render_failure(refusal(500, type_, code, message))
    if media_type(headers) == b"":
        headers = (*headers, (b"content-type", b"application/json"))
    return whole(200, headers, body)
