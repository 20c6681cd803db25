"""What holds for an exchange whatever happens: random providers, clients and clocks."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.stage import JSON, SSE, ask, frames, route, services, target, whole
from tests.play import Stage, check_invariants
from understudy.exchange.messages import (
    ClientBlocked,
    ClientGone,
    ClientReady,
    Command,
    Input,
    Record,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
    UpstreamRead,
)
from understudy.exchange.services import Limits, Services
from understudy.routing.breaker import State
from understudy.routing.topology import OnBreak
from understudy.wire.http import ResponseHead
from understudy.wire.sse import SseDecoder

FLAGS = ("connect_refused", "dns_failure", "reset_before_headers", "reset_mid_stream", "no_such")


class Answer(msgspec.Struct, frozen=True):
    """What a provider does with one attempt. `flag` None: the response ends as HTTP says."""

    head: ResponseHead
    body: bytes
    flag: str | None = None


class Move(msgspec.Struct, frozen=True):
    """One thing that happens: `size` bytes are read, or one of the other inputs comes."""

    what: str
    size: int = 0
    after: float = 0.0


texts = st.lists(st.sampled_from(["one ", "two", "t" * 40, "x\ty"]), min_size=1, max_size=4)
noise = st.sampled_from([b"", b": ping\n\n", frames(("unknown", "?")), b"retry: 1\n\n"])
tails = st.sampled_from(
    [
        frames(("end", "end")),
        frames(("tool", "f"), ("end", "tool_calls")),
        frames(("end", "length")),
    ]
)


def streamed(words: list[str], between: bytes, tail: bytes) -> bytes:
    said = [frames(("text", word)) for word in words]
    return frames(("start", "id")) + between + between.join(said) + tail


streams = st.builds(streamed, texts, noise, tails)
broken = st.builds(lambda body, cut: body[: int(len(body) * cut)], streams, st.floats(0, 1))
failing = st.builds(
    lambda body, code: body + frames(("error", code)),
    st.builds(streamed, texts, noise, st.just(b"")),
    st.sampled_from(["overloaded", "mystery"]),
)
objects = st.sampled_from(
    [b'{"id":"i","text":"hello","stop":"end"}', b'{"id":"i","te', b"", b"null", b"<html>"]
)
errors = st.sampled_from([400, 401, 404, 413, 429, 500, 503, 529, 302])
flags = st.none() | st.sampled_from(FLAGS)
answers = st.one_of(
    st.builds(Answer, st.just(SSE), streams),
    st.builds(Answer, st.just(SSE), broken | failing | objects, flags),
    st.builds(Answer, st.just(JSON), objects | streams, flags),
    st.builds(Answer, errors.map(lambda status: ResponseHead(status, ())), objects, flags),
    st.just(Answer(ResponseHead(200, ((b"content-type", b"text/html"),)), b"<html>")),
    st.just(Answer(ResponseHead(200, ((b"content-encoding", b"gzip"),)), b"\x1f\x8b")),
)
moves = st.one_of(
    st.builds(Move, st.just("read"), st.integers(0, 60)),
    st.builds(Move, st.just("read"), st.just(100_000)),
    st.builds(Move, st.just("late"), st.integers(0, 60)),
    st.builds(Move, st.just("wake")),
    st.builds(Move, st.just("timer"), after=st.sampled_from([0.0, 0.3, 5.0, 61.0])),
    st.builds(Move, st.sampled_from(["blocked", "ready"]), after=st.sampled_from([0.0, 7.0])),
)
LITTLE = settings(max_examples=60, deadline=None)
MOVES = st.lists(moves, max_size=30)
ANSWERS = st.lists(answers, min_size=4, max_size=4)


class World:
    """Plays moves to an exchange as the shell would, and keeps the books beside it."""

    def __init__(self, stage: Stage, planned: Sequence[Answer]) -> None:
        self.stage = stage
        self.planned = planned
        self.over: set[int] = set()
        self.cancelled: set[int] = set()
        self._read: dict[int, int] = {}
        self._note(stage.commands)

    @property
    def started(self) -> set[int]:
        return {one.attempt for one in self.stage.commands if isinstance(one, StartAttempt)}

    @property
    def live(self) -> list[int]:
        return sorted(self.started - self.over - self.cancelled)

    def answer(self, attempt: int) -> Answer:
        return self.planned[(attempt - 1) % len(self.planned)]

    def play(self, move: Move) -> None:
        assert len(self.live) <= 1 or self.stage.closes()
        match move.what:
            case "read" if self.live:
                self._feed(self.live[-1], move.size)
            case "late" if self.over | self.cancelled:
                attempt = min(self.over | self.cancelled)
                self._tell(UpstreamRead(attempt, data=self.answer(attempt).body[: move.size]))
                self._tell(UpstreamClosed(attempt, "reset_mid_stream"))
            case "wake" if not self.stage.closes():
                self._tell(TimerFired(), after=max(0.0, self.stage.wake_at() - self.stage.now))
            case "timer":
                self._tell(TimerFired(), after=move.after)
            case "blocked":
                self._tell(ClientBlocked(), after=move.after)
            case "ready":
                self._tell(ClientReady(), after=move.after)

    def leave(self) -> None:
        self._tell(ClientGone())

    def _feed(self, attempt: int, size: int) -> None:
        answer = self.answer(attempt)
        if attempt not in self._read:
            self._read[attempt] = 0
            self._tell(UpstreamConnected(attempt))
            self._tell(UpstreamRead(attempt, answer.head))
            return
        at = self._read[attempt]
        data = answer.body[at : at + size]
        self._read[attempt] = at + len(data)
        is_end = at + size >= len(answer.body)
        if not is_end:
            self._tell(UpstreamRead(attempt, data=data))
            return
        if answer.flag is None:
            self._tell(UpstreamRead(attempt, data=data, is_end=True))
            self.over.add(attempt)
            return
        self._tell(UpstreamRead(attempt, data=data))
        if attempt in self.live:
            self.over.add(attempt)
            self._tell(UpstreamClosed(attempt, answer.flag))

    def _tell(self, event: Input, after: float = 0.0) -> None:
        self._note(self.stage.tell(event, after=after))

    def _note(self, commands: Sequence[Command]) -> None:
        fresh = set(self.stage.cancelled()) - self.cancelled
        assert not fresh & self.over, "what is over is not cancelled"
        self.cancelled |= fresh
        assert len([one for one in commands if isinstance(one, Record)]) <= 1


def three(on_break: OnBreak, dialects: Sequence[str], limits: Limits | None = None) -> Services:
    targets = [target(name, dialect) for name, dialect in zip("abc", dialects, strict=True)]
    return services(*targets, route=route(on_break), limits=limits)


def check_the_end(world: World, shared: Services) -> None:
    """What must be so when an exchange is over."""
    stage = world.stage
    check_invariants(stage.commands)
    assert len(stage.closes()) == 1
    assert shared.router._leased == {}
    assert shared.budget.held_bytes == 0
    entry = stage.entry()
    assert [one.number for one in entry.attempts] == sorted(world.started)
    if world.live:
        # Its answer was whole before HTTP said so: the connection is left to drain.
        assert entry.outcome == "ok"
        assert world.live == [max(world.started)]
    match entry.outcome:
        case "ok":
            assert stage.closes() == [True]
            assert 200 <= stage.status() < 300
        case "failed" | "rejected":
            assert stage.status() >= 300
        case "cut":
            assert stage.closes() == [False] or events(stage.sent())[-1] == "error"
        case _:
            assert entry.outcome == "client_gone"


def events(body: bytes) -> list[str]:
    return [frame.event for frame in SseDecoder().receive_data(body)]


def without_error(sent: bytes) -> bytes:
    """What was sent, without the frame of ours that says that it is incomplete."""
    frames_ = SseDecoder().receive_data(sent)
    if frames_ and frames_[-1].event == "error":
        return sent[: -len(frames_[-1].raw)]
    return sent


def run(world: World, moves_: Sequence[Move]) -> None:
    for move in moves_:
        world.play(move)
    if not world.stage.closes():
        world.leave()


@pytest.mark.parametrize("on_break", list(OnBreak))
@LITTLE
@given(
    st.sampled_from([("toy",) * 3, ("yot",) * 3, ("toy", "yot", "toy")]),
    st.lists(st.tuples(st.booleans(), ANSWERS, MOVES), min_size=1, max_size=3),
)
def test_every_exchange_ends_once_and_leaves_nothing_behind(on_break, dialects, exchanges) -> None:
    shared = three(on_break, dialects)
    for stream, planned, moves_ in exchanges:
        world = World(ask(shared, stream=stream), planned)
        run(world, moves_)
        check_the_end(world, shared)


@pytest.mark.parametrize("on_break", list(OnBreak))
@LITTLE
@given(st.booleans(), ANSWERS, MOVES)
def test_so_it_is_where_memory_is_short(on_break, stream, planned, moves_) -> None:
    shared = three(on_break, ("toy",) * 3, Limits(held=8, error=8, answer=40))
    shared.budget.limit_bytes = 0
    world = World(ask(shared, stream=stream), planned)
    run(world, moves_)
    check_the_end(world, shared)


@pytest.mark.parametrize("on_break", list(OnBreak))
@LITTLE
@given(ANSWERS, MOVES)
def test_a_client_never_sees_bytes_of_two_answers_without_a_seam(on_break, planned, moves_) -> None:
    shared = three(on_break, ("toy",) * 3)
    world = World(ask(shared), planned)
    run(world, moves_)
    stage = world.stage
    if not stage.heads() or stage.status() >= 300:
        return
    entry = stage.entry()
    sent = without_error(stage.sent()) if entry.outcome == "cut" else stage.sent()
    bodies = [world.answer(attempt).body for attempt in world.started]
    if entry.seam is not None:
        assert on_break is OnBreak.RESUME
        sent = sent[: entry.seam]
    assert any(body.startswith(sent) for body in bodies)
    if entry.outcome == "ok":
        assert "end" in events(stage.sent())


@LITTLE
@given(st.lists(st.sampled_from([400, 413, 422]), min_size=1, max_size=12))
def test_callers_mistakes_open_no_breaker(statuses: list[int]) -> None:
    shared = three(OnBreak.ERROR, ("toy",) * 3)
    for status in statuses:
        stage = ask(shared)
        whole(stage, 1, ResponseHead(status, ()), b'{"oops":"yours"}')
        if not stage.closes():
            stage.tell(ClientGone())
    assert all(view.state is State.CLOSED for view in shared.router.snapshot(1.0).domains)
    assert all(view.is_eligible for view in shared.router.snapshot(1.0).targets)


@LITTLE
@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_callers_that_leave_open_no_breaker(lengths: list[int]) -> None:
    shared = three(OnBreak.ERROR, ("toy",) * 3)
    for length in lengths:
        world = World(ask(shared), [Answer(SSE, frames(("start", "x"), ("text", "hello")))])
        for _ in range(length):
            world.play(Move("read", 40))
        world.leave()
        assert world.stage.entry().outcome == "client_gone"
    assert all(view.state is State.CLOSED for view in shared.router.snapshot(1.0).domains)
    assert all(view.is_eligible for view in shared.router.snapshot(1.0).targets)
