"""Limits of time and memory, as transcripts."""

import pytest

from tests.exchange.stage import JSON, SSE, ask, begin, route, say, services, target, whole
from tests.play import Stage, upstream_data, upstream_head
from understudy.exchange.messages import (
    ClientBlocked,
    ClientGone,
    ClientReady,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
)
from understudy.exchange.services import Limits
from understudy.routing.topology import Timeouts
from understudy.wire.http import ResponseHead

HELLO = (("start", "id-1"), ("text", "hello"))
END = ("end", "end")
GOOD = b'{"id":"id-1","text":"hello","stop":"end"}'


def three() -> Stage:
    return ask(services(target("a"), target("b"), target("c")))


def test_short_memory_lets_a_large_whole_answer_go_and_a_break_is_then_a_broken_connection() -> (
    None
):
    crowded = services(target("a"), target("b"), limits=Limits(held=4))
    crowded.budget.limit_bytes = 8
    stage = ask(crowded, stream=False)
    stage.tell(UpstreamConnected(1), upstream_head(1, JSON), upstream_data(1, GOOD[:10]))
    assert stage.sent() == GOOD[:10]
    assert crowded.budget.held_bytes == 0
    stage.tell(upstream_data(1, GOOD[10:20]), UpstreamClosed(1, "reset_mid_stream"))
    assert stage.closes() == [False]
    assert stage.targets() == ["a"]


def test_held_memory_is_given_back_whatever_happens() -> None:
    shared = services(target("a"), target("b"))
    stage = ask(shared, stream=False)
    stage.tell(UpstreamConnected(1), upstream_head(1, JSON), upstream_data(1, GOOD[:10]))
    assert shared.budget.held_bytes == 10
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    stage.tell(UpstreamConnected(2), upstream_head(2, JSON), upstream_data(2, GOOD))
    stage.tell(ClientGone())
    assert shared.budget.held_bytes == 0


def test_an_answer_over_the_limit_is_a_failure() -> None:
    stage = ask(services(target("a"), target("b"), limits=Limits(answer=20)), stream=False)
    stage.tell(UpstreamConnected(1), upstream_head(1, JSON), upstream_data(1, GOOD))
    assert stage.cancelled() == [1]
    assert stage.targets() == ["a", "b"]


def test_a_stream_of_nothing_but_comments_is_a_failure_before_it_fills_the_memory() -> None:
    stage = ask(services(target("a"), target("b"), limits=Limits(prelude=100)))
    stage.tell(UpstreamConnected(1), upstream_head(1, SSE))
    for _ in range(20):
        stage.tell(upstream_data(1, b": wait\n\n"))
    assert stage.cancelled() == [1]
    assert stage.targets() == ["a", "b"]


def test_a_stream_may_be_of_any_length_after_its_first_content() -> None:
    stage = ask(services(target("a"), target("b"), limits=Limits(prelude=100)))
    begin(stage, 1, *HELLO)
    for _ in range(20):
        stage.tell(upstream_data(1, b": wait\n\n"))
    say(stage, 1, END)
    assert stage.closes() == [True]
    assert stage.targets() == ["a"]


@pytest.mark.parametrize(
    ("prepare", "flag"),
    [
        ((), "connect_timeout"),
        ((UpstreamConnected(1),), "ttfb_timeout"),
        ((UpstreamConnected(1), upstream_head(1, SSE)), "headers_then_silence"),
    ],
)
def test_silence_before_content_moves_on(prepare: tuple[object, ...], flag: str) -> None:
    stage = three()
    stage.tell(*prepare)  # type: ignore[arg-type]
    while len(stage.targets()) == 1:
        stage.tell(TimerFired(), after=5)
    assert stage.cancelled() == [1]
    begin(stage, 2, *HELLO, END)
    assert stage.entry().attempts[0].outcome == f"any.transport.{flag}"


def test_silence_after_content_is_noticed() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    stage.tell(TimerFired(), after=25)
    assert stage.entry().attempts[0].outcome == "any.transport.idle_mid_stream"
    assert stage.cancelled() == [1]


def test_keep_alive_comments_are_not_content() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    for _ in range(30):
        stage.tell(upstream_data(1, b": ping\n\n"), TimerFired(), after=1)
    assert stage.entry().attempts[0].outcome == "any.transport.idle_mid_stream"


def test_a_drip_is_noticed() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    for _ in range(10):
        say(stage, 1, ("text", "x"))
        stage.tell(TimerFired(), after=9)
    assert stage.entry().attempts[0].outcome == "any.transport.drip_below_min_rate"


def test_a_slow_reader_is_not_the_upstreams_fault() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    stage.tell(ClientBlocked())
    stage.tell(TimerFired(), after=100)
    stage.tell(ClientReady())
    stage.tell(TimerFired(), after=1)
    say(stage, 1, END)
    assert stage.entry().outcome == "ok"


def test_the_deadline_ends_the_chain() -> None:
    stage = ask(services(target("a"), target("b"), route=route(deadline=10.0)))
    stage.tell(UpstreamConnected(1), TimerFired(), after=10)
    assert stage.cancelled() == [1]
    assert stage.status() == 504
    assert stage.targets() == ["a"]


def test_the_deadline_ends_a_pause_too() -> None:
    stage = ask(services(target("a"), route=route(deadline=40.0)))
    whole(stage, 1, ResponseHead(500, ()), b"{}")
    stage.tell(TimerFired(), after=41)
    assert len(stage.closes()) == 1


def test_whole_answers_have_a_limit_of_their_own() -> None:
    limits = Timeouts(answer=50.0)
    stage = ask(services(target("a"), target("b"), route=route(timeouts=limits)), stream=False)
    stage.tell(UpstreamConnected(1), TimerFired(), after=40)
    assert stage.targets() == ["a"]
    stage.tell(TimerFired(), after=11)
    assert stage.targets() == ["a", "b"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_limit_shorter_than_that_of_connecting_is_kept(*, stream: bool) -> None:
    limits = Timeouts(connect=3.0, first_token=0.5, answer=0.5, is_adaptive=False)
    stage = ask(services(target("a"), target("b"), route=route(timeouts=limits)), stream=stream)
    stage.tell(UpstreamConnected(1), after=0.1)
    assert stage.wake_at() == 0.5
    stage.tell(TimerFired(), after=0.4)
    assert stage.targets() == ["a", "b"]


def test_a_silent_target_leaves_half_of_the_deadline_to_the_next() -> None:
    for stream in (True, False):
        shared = services(target("a"), target("b"), route=route(deadline=6.0))
        stage = ask(shared, stream=stream)
        stage.tell(UpstreamConnected(1), TimerFired(), after=2.9)
        assert stage.targets() == ["a"]
        stage.tell(TimerFired(), after=0.2)
        assert stage.targets() == ["a", "b"]


def test_a_deadline_that_passes_in_silence_is_the_silent_targets_fault() -> None:
    stage = ask(services(target("a"), route=route(deadline=6.0)))
    stage.tell(UpstreamConnected(1), TimerFired(), after=6.0)
    assert stage.entry().attempts[0].outcome == "any.transport.ttfb_timeout"
    assert stage.status() == 504
