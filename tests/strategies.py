"""Hypothesis strategies for the neutral model: answers, and the event streams that say them."""

import itertools

from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.chat.parts import Citation
from understudy.chat.response import Piece, Response, unfold
from understudy.chat.usage import Usage

words = st.text(max_size=12)
said = st.text(min_size=1, max_size=12)
"""What is not said is None in the model, never an empty string."""

json_values = st.sampled_from([b"1", b'"x"', b"null", b'{"a":[1]}', b"[]", b"[1,2]", b'["a, b"]'])
fields = st.none() | st.dictionaries(st.sampled_from("abc"), json_values.map(Raw), max_size=3)
counts = st.integers(0, 10_000)
usages = st.builds(Usage, counts, counts, counts, counts, counts)
citations = st.builds(Citation, title=st.none() | words, url=st.none() | words, start=counts)
ends = st.builds(ChoiceEnd, st.integers(0, 3), st.sampled_from(StopReason), st.none() | words)
starteds = st.builds(
    Started, words, words, st.none() | counts, usage=st.none() | usages, fields=fields
)
finisheds = st.builds(
    Finished,
    st.sampled_from(StopReason),
    usage=st.none() | usages,
    native=st.none() | words,
    choices=st.lists(ends, max_size=2).map(tuple),
    fields=fields,
)
pieces = st.builds(
    Piece,
    start=st.builds(
        PartStarted,
        st.just(0),
        st.sampled_from(PartKind),
        id=st.none() | words,
        name=st.none() | words,
        choice=st.integers(0, 2),
    ),
    text=words,
    signature=st.none() | said,
    encrypted=st.none() | said,
    audio_base64=st.none() | said,
    citations=st.lists(citations, max_size=3).map(tuple),
    fields=fields,
)


def _numbered(found: list[Piece]) -> tuple[Piece, ...]:
    return tuple(
        replace(piece, start=replace(piece.start, index=index)) for index, piece in enumerate(found)
    )


responses = st.builds(Response, starteds, st.lists(pieces, max_size=4).map(_numbered), finisheds)

_INDEXES = st.integers(0, 1)
loose_events: st.SearchStrategy[Event] = st.one_of(
    st.just(Started("id", "model")),
    st.builds(PartStarted, _INDEXES, st.just(PartKind.TEXT)),
    st.builds(PartDelta, _INDEXES, st.just("x")),
    st.builds(PartEnded, _INDEXES),
    st.just(Finished(StopReason.END)),
    st.just(Failed(Signal(Surface.STREAM))),
)
"""Single events without regard to what came before: most streams of them are nonsense."""


@st.composite
def interleavings(draw: st.DrawFn) -> tuple[Response, list[Event]]:
    """A whole answer, and a stream that says it: parts interleaved, strings cut anywhere."""
    response = draw(responses)
    waiting = [_cut(draw, piece) for piece in response.pieces]
    events: list[Event] = [response.started]
    while waiting := [rest for rest in waiting if rest]:
        events.append(draw(st.sampled_from(waiting)).pop(0))
    return response, [*events, response.finished]


def _cut(draw: st.DrawFn, piece: Piece) -> list[Event]:
    """One part as events, each of its strings in up to three deltas."""
    alone = Response(Started("", ""), (piece,), Finished(StopReason.END))
    events: list[Event] = []
    for event in list(unfold(alone))[1:-1]:
        if not isinstance(event, PartDelta) or event.citation is not None:
            events.append(event)
            continue
        for name in ("text", "signature", "encrypted", "audio_base64"):
            whole: str | None = getattr(event, name)
            events.extend(
                replace(PartDelta(event.index), **{name: bit}) for bit in _bits(draw, whole or "")
            )
        if event.fields is not None:
            events.append(PartDelta(event.index, fields=event.fields))
    return events


def _bits(draw: st.DrawFn, whole: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=2)))
    edges = [0, *cuts, len(whole)]
    return [whole[a:b] for a, b in itertools.pairwise(edges) if b > a]
