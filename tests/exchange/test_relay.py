"""Races until the first token: who speaks, who is out, and what the client hears of it."""

import pytest

from tests.exchange.stage import (
    JSON,
    ask,
    begin,
    frames,
    route,
    say,
    services,
    target,
    whole,
)
from tests.play import Stage, check_invariants
from understudy.chat.endpoint import Needs
from understudy.chat.failure import Progress, Signal, Surface
from understudy.exchange.messages import ClientGone, TimerFired, UpstreamClosed, UpstreamConnected
from understudy.exchange.services import Services
from understudy.routing.budget import RetryBudget
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import OnBreak
from understudy.wire.http import ResponseHead

HELLO = (("start", "id-1"), ("text", "hello"))
BONJOUR = (("start", "id-2"), ("text", "bonjour"))
END = ("end", "end")
USUAL = 0.4
BAD = ResponseHead(400, ())


def experienced(*, hedge: bool = True, on_break: OnBreak = OnBreak.ERROR) -> Services:
    """Services whose first target has shown that it takes USUAL seconds to its first token."""
    made = services(target("a"), target("b"), target("c"), route=route(on_break, hedge=hedge))
    found = made.router.find("r")
    assert found is not None
    for call in range(20):
        at = -60.0 + call
        lease = made.router.lease(made.router.begin(found, Needs(), at), at)
        assert isinstance(lease, Lease)
        made.router.first_content(lease, at + USUAL)
        made.router.close(lease, Ended.SUCCEEDED, at + USUAL)
    return made


def late(made: Services | None = None, *, stream: bool = True) -> Stage:
    """A request whose first target has not said anything when the moment of the hedge comes."""
    stage = ask(made or experienced(), stream=stream)
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=USUAL)
    return stage


def outcomes(stage: Stage) -> list[tuple[str, str, bool]]:
    return [(one.target, one.outcome, one.is_hedge) for one in stage.entry().attempts]


def test_a_second_target_is_asked_at_the_usual_time_of_the_first() -> None:
    stage = ask(experienced())
    assert stage.wake_at() == pytest.approx(USUAL)
    stage.tell(TimerFired(), after=USUAL - 0.01)
    assert stage.targets() == ["a"]
    stage.tell(TimerFired(), after=0.02)
    assert stage.targets() == ["a", "b"]
    stage.tell(TimerFired(), after=0.5)
    assert stage.targets() == ["a", "b"], "one hedge for a request"


def test_the_hedge_wins_and_the_late_one_is_cancelled_at_once() -> None:
    stage = late()
    begin(stage, 1, ("start", "id-1"))
    begin(stage, 2, *BONJOUR)
    assert stage.cancelled() == [1]
    say(stage, 1, ("text", "hello"), END)  # too late: nobody listens
    say(stage, 2, END)
    assert stage.sent() == frames(*BONJOUR, END)
    assert outcomes(stage) == [("a", "outrun", False), ("b", "ok", True)]
    assert stage.entry().target == "b"
    check_invariants(stage.commands)


def test_the_first_wins_after_all() -> None:
    stage = late()
    begin(stage, 2, ("start", "id-2"))
    begin(stage, 1, *HELLO, END)
    assert stage.cancelled() == [2]
    assert stage.sent() == frames(*HELLO, END)
    assert outcomes(stage) == [("b", "abandoned", True), ("a", "ok", False)]


def test_the_first_fails_while_the_hedge_goes_on() -> None:
    stage = late()
    stage.tell(UpstreamClosed(1, "reset_before_headers"))
    assert stage.targets() == ["a", "b"], "the rival is the retry"
    begin(stage, 2, *BONJOUR, END)
    assert stage.sent() == frames(*BONJOUR, END)


def test_both_fail_and_a_third_answers() -> None:
    stage = late()
    stage.tell(UpstreamClosed(2, "reset_before_headers"))
    assert stage.targets() == ["a", "b"]
    stage.tell(UpstreamClosed(1, "reset_before_headers"))
    assert stage.targets() == ["a", "b", "c"]
    begin(stage, 3, *HELLO, END)
    assert stage.entry().outcome == "ok"


def test_a_failure_before_the_moment_leaves_no_hedge_behind() -> None:
    stage = ask(experienced())
    stage.tell(UpstreamClosed(1, "reset_before_headers"))
    stage.tell(TimerFired(), after=USUAL + 0.1)
    assert stage.targets() == ["a", "b"]
    assert stage.wake_at() > stage.now


def test_the_client_goes_and_both_are_cancelled() -> None:
    stage = late()
    stage.tell(ClientGone())
    assert sorted(stage.cancelled()) == [1, 2]
    assert [one[1] for one in outcomes(stage)] == ["abandoned", "abandoned"]


def test_a_buffered_answer_is_decided_at_its_first_token_too() -> None:
    stage = late(experienced(on_break=OnBreak.RESTART))
    begin(stage, 2, *BONJOUR)
    assert stage.cancelled() == [1]
    assert stage.heads() == []
    stage.tell(UpstreamClosed(2, "reset_mid_stream"))
    begin(stage, 3, *HELLO, END)
    assert stage.sent() == frames(*HELLO, END)


def shut(made: Services, name: str, at: float) -> None:
    """Others find out that the host of that target is down."""
    found = made.router.find("r")
    assert found is not None
    for _ in range(5):
        chain = made.router.begin(found, Needs(), at)
        lease = made.router.lease(chain, at)
        assert isinstance(lease, Lease)
        assert lease.target.name == name
        down = Signal(Surface.TRANSPORT, flag="connect_refused")
        failure = made.classifier.classify("*", down, Progress.NOT_SENT)
        made.router.close(lease, failure, at)


@pytest.mark.parametrize("stream", [True, False])
def test_who_waits_for_a_target_that_was_shut_since_is_answered_by_another(*, stream: bool) -> None:
    """Also on a route that does not hedge, and where only the whole answer is awaited."""
    made = services(target("a"), target("b"))
    stage = ask(made, stream=stream)
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=2.0)
    assert stage.targets() == ["a"], "nothing speaks against it yet"
    shut(made, "a", at=3.0)
    stage.tell(TimerFired(), after=2.0)
    assert stage.targets() == ["a", "b"]
    if stream:
        begin(stage, 2, *HELLO, END)
    else:
        whole(stage, 2, JSON, b'{"id":"id-1","text":"hello","stop":"end"}')
    assert stage.cancelled() == [1]
    assert stage.entry().outcome == "ok"


def test_an_answer_that_flows_is_left_alone_whatever_others_find() -> None:
    made = services(target("a"), target("b"))
    stage = ask(made)
    begin(stage, 1, *HELLO)
    shut(made, "a", at=1.0)
    stage.tell(TimerFired(), after=5.0)
    assert stage.targets() == ["a"]
    assert stage.wake_at() > 5.0


def test_the_idle_limit_holds_from_the_first_content_on() -> None:
    stage = ask(services(target("a"), target("b")))
    begin(stage, 1, *HELLO)
    assert stage.wake_at() == 20.0


def test_no_hedge_unless_the_route_wants_it() -> None:
    assert late(experienced(hedge=False)).targets() == ["a"]


def test_a_whole_answer_is_not_hedged() -> None:
    stage = late(stream=False)
    assert stage.targets() == ["a"]
    whole(stage, 1, JSON, b'{"id":"id-1","text":"hello","stop":"end"}')
    assert stage.entry().outcome == "ok"


def test_a_target_of_unknown_speed_is_not_hedged() -> None:
    made = services(target("a"), target("b"), route=route(hedge=True))
    assert late(made).targets() == ["a"]


def test_the_prelude_of_one_is_never_mixed_with_the_words_of_another() -> None:
    stage = late()
    begin(stage, 1, ("start", "id-1"))
    begin(stage, 2, ("start", "id-2"))
    say(stage, 2, ("text", "bonjour"), END)
    assert b"id-1" not in stage.sent()
    assert stage.sent() == frames(*BONJOUR, END)


def test_who_is_silent_for_half_of_the_time_gets_company_and_is_not_cut_off() -> None:
    """Where every target needs more than half of the deadline, cutting them off fails for sure."""
    stage = ask(services(target("a"), target("b"), target("c"), route=route(deadline=4.0)))
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=2.0)
    assert stage.targets() == ["a", "b"]
    stage.tell(UpstreamConnected(2))
    stage.tell(TimerFired(), after=1.0)
    assert stage.targets() == ["a", "b", "c"]
    assert stage.cancelled() == []
    begin(stage, 1, *HELLO, END)
    assert stage.entry().outcome == "ok"
    assert sorted(stage.cancelled()) == [2, 3]
    check_invariants(stage.commands)


def test_company_is_a_retry_and_is_paid_for_as_one() -> None:
    budget = RetryBudget(ratio=0.0, reserve=0.0)
    made = services(target("a"), target("b"), route=route(deadline=4.0), budget=budget)
    stage = ask(made)
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=2.0)
    assert stage.targets() == ["a"]


def test_nobody_is_waited_for_once_two_have_said_that_the_request_is_at_fault() -> None:
    stage = ask(services(target("a"), target("b"), target("c"), route=route(deadline=4.0)))
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=2.0)
    whole(stage, 2, BAD, b'{"oops":"bad"}')
    assert stage.heads() == [], "one may see it differently"
    stage.tell(TimerFired(), after=1.0)
    assert stage.targets() == ["a", "b", "c"]
    whole(stage, 3, BAD, b'{"oops":"bad"}')
    assert stage.status() == 400
    assert stage.cancelled() == [1]
    assert [one[1] for one in outcomes(stage)][-1] == "abandoned"
    check_invariants(stage.commands)


def test_a_mistake_that_one_found_is_told_where_the_other_never_answers() -> None:
    stage = ask(services(target("a"), target("b"), route=route(deadline=4.0)))
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=2.0)
    whole(stage, 2, BAD, b'{"oops":"bad"}')
    assert stage.heads() == [], "one may see it differently"
    stage.tell(TimerFired(), after=2.0)
    assert stage.status() == 400
    assert stage.entry().outcome == "rejected"
    check_invariants(stage.commands)


def test_a_mistake_that_one_found_is_forgotten_where_the_other_answers() -> None:
    stage = ask(services(target("a"), target("b"), route=route(deadline=4.0)))
    stage.tell(UpstreamConnected(1))
    stage.tell(TimerFired(), after=2.0)
    whole(stage, 2, BAD, b'{"oops":"bad"}')
    begin(stage, 1, *HELLO, END)
    assert stage.sent() == frames(*HELLO, END)
    assert stage.entry().outcome == "ok"
