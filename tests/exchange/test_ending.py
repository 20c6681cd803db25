"""How an exchange ends when there is no whole answer."""

import pytest

from tests.exchange.stage import JSON, ask, begin, route, services, target, whole
from tests.play import Stage, upstream_end
from tests.routing.world import failure
from understudy.chat.endpoint import Capability
from understudy.chat.events import Failed, Finished, StopReason
from understudy.chat.failure import Signal, Surface
from understudy.exchange import ending
from understudy.exchange.messages import TimerFired, UpstreamClosed
from understudy.routing.topology import OnBreak, Policy
from understudy.wire.http import ResponseHead

REFUSAL = Finished(StopReason.CONTENT_FILTER, native="content_filter")


def stage(**fields: object) -> Stage:
    return ask(services(target("a"), target("b"), route=route(**fields)))  # type: ignore[arg-type]


def test_a_refusal_is_an_answer_unless_the_route_says_otherwise() -> None:
    one = stage()
    plain = route()
    willing = route(policy=Policy(refusal_fails_over=True))
    delivery = one.exchange._delivery
    assert ending.judged(REFUSAL, plain, delivery) is REFUSAL
    told = ending.judged(REFUSAL, willing, delivery)
    assert isinstance(told, Failed)
    assert told.signal.finish == "content_filter"
    assert ending.judged(Finished(StopReason.END), willing, delivery).__class__ is Finished


def test_a_refusal_that_was_shown_stays() -> None:
    one = stage()
    begin(one, 1, ("start", "x"), ("text", "I can"))
    willing = route(policy=Policy(refusal_fails_over=True))
    assert ending.judged(REFUSAL, willing, one.exchange._delivery) is REFUSAL


def test_a_failure_stays_one() -> None:
    failed = Failed(Signal(Surface.STREAM, flag="x"))
    assert ending.judged(failed, route(), stage().exchange._delivery) is failed


@pytest.mark.parametrize(
    ("on_break", "needs"),
    [(OnBreak.ERROR, None), (OnBreak.RESTART, None), (OnBreak.RESUME, {Capability.PREFILL})],
)
def test_only_a_route_that_resumes_may_go_on(on_break: OnBreak, needs: object) -> None:
    one = stage(on_break=OnBreak.RESUME)
    begin(one, 1, ("start", "x"), ("text", "hello"))
    exchange = one.exchange
    asked = route(on_break=on_break)
    found = ending.rest_needs(asked, exchange._glance, exchange._delivery, exchange._writer)
    assert needs == found


def test_an_error_of_our_own_has_the_status_of_its_fault() -> None:
    one = ask(services(target("a")), model="nobody")
    assert (one.status(), one.entry().outcome) == (404, "rejected")
    one = ask(services(target("a")))
    whole(one, 1, ResponseHead(401, ()), b"{}")
    assert one.entry().outcome == "failed"


def test_what_was_begun_is_cut_explicitly() -> None:
    one = stage()
    begin(one, 1, ("start", "x"), ("text", "hello"))
    one.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert one.closes() == [True]
    assert one.sent().rstrip().endswith(b"reset_mid_stream")


def test_nothing_more_can_be_said_of_a_refusal_after_the_commit() -> None:
    one = stage()
    begin(one, 1, ("start", "x"), ("text", "hello"))
    how = ending.refused(failure(), one.exchange._delivery)
    assert (how.outcome, how.clean, list(how.commands)) == ("cut", False, [])


MUTE = (("start", "x"), ("end", "end"))


def outcomes(one: Stage) -> list[str]:
    return [attempt.outcome for attempt in one.entry().attempts]


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_without_a_word_is_asked_for_once_more_elsewhere(*, stream: bool) -> None:
    one = ask(services(target("a"), target("b"), route=route()), stream=stream)
    answer = b'{"id": "x", "text": "%b", "stop": "end"}'
    if stream:
        begin(one, 1, *MUTE)
        begin(one, 2, ("start", "y"), ("text", "hello"), ("end", "end"))
        one.tell(upstream_end(2))
    else:
        whole(one, 1, JSON, answer % b"")
        whole(one, 2, JSON, answer % b"hello")
    assert outcomes(one) == ["gateway.said_nothing", "ok"]
    assert one.entry().attempts[0].charged is None
    assert b"hello" in one.sent()


@pytest.mark.parametrize("names", ["ab", "a"])
def test_what_two_say_without_a_word_is_the_answer(names: str) -> None:
    one = ask(services(*map(target, names), route=route()))
    begin(one, 1, *MUTE)
    if names == "a":  # which is asked again after a while
        one.tell(TimerFired(), after=5.0)
    begin(one, 2, *MUTE)
    one.tell(upstream_end(2))
    assert outcomes(one) == ["gateway.said_nothing", "ok"]
    assert (one.status(), one.entry().outcome) == (200, "ok")


def test_who_was_asked_to_go_on_may_have_nothing_to_add() -> None:
    one = ask(services(target("a"), target("b"), route=route()), turns=("hi", "I am"))
    begin(one, 1, *MUTE)
    one.tell(upstream_end(1))
    assert outcomes(one) == ["ok"]
