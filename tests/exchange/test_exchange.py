"""The exchange, as transcripts: what it is told, and what it then wants."""

import pytest

from tests.exchange.stage import JSON, SSE, ask, begin, frames, route, say, services, target, whole
from tests.play import Stage, check_invariants, upstream_data, upstream_head
from tests.routing.world import limited
from understudy.chat.endpoint import Needs
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    ClientGone,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
)
from understudy.routing.steps import Lease
from understudy.wire.http import ResponseHead

HELLO = (("start", "id-1"), ("text", "hello"))
END = ("end", "end")
GOOD = b'{"id":"id-1","text":"hello","stop":"end"}'


def three() -> Stage:
    return ask(services(target("a"), target("b"), target("c")))


def test_a_stream_of_the_same_dialect_passes_byte_for_byte() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    say(stage, 1, END)
    assert stage.sent() == frames(*HELLO, END)
    assert stage.head()[b"x-understudy-target"] == b"a"
    assert stage.head()[b"x-understudy-attempts"] == b"1"
    assert stage.closes() == [True]
    assert stage.entry().outcome == "ok"
    check_invariants(stage.commands)


def test_nothing_is_sent_before_the_first_content() -> None:
    stage = three()
    begin(stage, 1, ("start", "id-1"))
    assert stage.heads() == []
    say(stage, 1, ("text", "x"))
    assert stage.sent() == frames(("start", "id-1"), ("text", "x"))


@pytest.mark.parametrize(
    "flag", ["connect_refused", "connect_timeout", "reset_before_headers", "tls_failure"]
)
def test_a_failure_before_content_is_invisible(flag: str) -> None:
    stage = three()
    stage.tell(UpstreamClosed(1, flag))
    begin(stage, 2, *HELLO, END)
    assert stage.targets() == ["a", "b"]
    assert stage.sent() == frames(*HELLO, END)
    assert stage.head()[b"x-understudy-target"] == b"b"
    assert stage.head()[b"x-understudy-attempts"] == b"2"
    assert [one.outcome for one in stage.entry().attempts] == [f"any.transport.{flag}", "ok"]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 502, 503, 529])
def test_an_error_status_moves_to_the_next_target(status: int) -> None:
    stage = three()
    whole(stage, 1, ResponseHead(status, ()), b'{"oops":1}')
    begin(stage, 2, *HELLO, END)
    assert stage.sent() == frames(*HELLO, END)


def test_a_start_that_is_followed_by_a_break_leaves_no_trace() -> None:
    stage = three()
    begin(stage, 1, ("start", "id-a"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    begin(stage, 2, ("start", "id-b"), ("text", "hello"), END)
    assert b"id-a" not in stage.sent()


def test_the_callers_mistake_is_passed_on_and_nobody_else_is_asked() -> None:
    stage = three()
    whole(stage, 1, ResponseHead(400, ((b"x-request-id", b"r1"),)), b'{"oops":"yours"}')
    assert stage.targets() == ["a"]
    assert stage.status() == 400
    assert stage.sent() == b'{"oops":"yours"}'
    assert stage.head()[b"x-request-id"] == b"r1"
    assert stage.entry().outcome == "rejected"


def test_our_own_credentials_trouble_is_not_the_clients() -> None:
    stage = ask(services(target("a")))
    whole(stage, 1, ResponseHead(401, ()), b'{"oops":"key sk-secret is wrong"}')
    assert stage.status() == 502
    assert stage.entry().outcome == "failed"


def test_when_all_targets_fail_the_client_is_told_which() -> None:
    stage = ask(services(target("a"), target("b")))
    for attempt in (1, 2):
        whole(stage, attempt, ResponseHead(500, ()), b"{}")
    attempt = 2
    while not stage.closes():
        stage.tell(TimerFired(), after=30)
        if len(stage.targets()) > attempt:
            attempt += 1
            whole(stage, attempt, ResponseHead(500, ()), b"{}")
    assert stage.status() in {502, 503}
    assert b"any.http.500" in stage.sent()
    assert len(stage.heads()) == 1


@pytest.mark.parametrize(("rest", "is_waited_for"), [(0.25, True), (2.0, False)])
def test_who_rests_for_a_moment_is_waited_for(rest: float, is_waited_for: bool) -> None:
    made = services(target("a"))
    (route_,) = [made.router.find(name) for name in made.router.names()]
    assert route_ is not None
    lease = made.router.lease(made.router.begin(route_, Needs(), 0.0), 0.0)
    assert isinstance(lease, Lease)
    made.router.close(lease, limited(retry_after=rest), 0.0)
    stage = ask(made)
    assert stage.targets() == []
    if is_waited_for:
        assert not stage.closes()
        stage.tell(TimerFired(), after=rest)
        begin(stage, 1, *HELLO, END)
        assert stage.sent() == frames(*HELLO, END)
    else:
        assert stage.status() == 429


def test_an_unknown_model_is_refused_with_a_suggestion() -> None:
    stage = ask(services(target("alpha/beta")), model="alpha/bet")
    assert stage.status() == 404
    assert stage.targets() == []


def test_a_body_that_is_no_request_is_refused() -> None:
    stage = ask(services(target("a")), turns=7)  # type: ignore[arg-type]
    assert stage.status() == 400
    assert stage.entry().outcome == "rejected"


def test_a_whole_answer_is_sent_with_its_length() -> None:
    stage = ask(services(target("a")), stream=False)
    whole(stage, 1, JSON, GOOD)
    (head,) = stage.heads()
    assert head.length == len(GOOD)
    assert stage.sent() == GOOD


def test_a_whole_answer_that_breaks_in_the_middle_is_asked_for_elsewhere() -> None:
    stage = ask(services(target("a"), target("b")), stream=False)
    stage.tell(UpstreamConnected(1), upstream_head(1, JSON), upstream_data(1, GOOD[:10]))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    whole(stage, 2, JSON, GOOD)
    assert stage.sent() == GOOD


@pytest.mark.parametrize("body", [b"", b"<html>", GOOD[:-5]])
def test_a_whole_answer_that_is_not_whole_is_no_success(body: bytes) -> None:
    stage = ask(services(target("a"), target("b")), stream=False)
    whole(stage, 1, JSON, body)
    whole(stage, 2, JSON, GOOD)
    assert stage.targets() == ["a", "b"]
    assert stage.sent() == GOOD


def test_an_encoding_that_nobody_asked_for_is_a_failure() -> None:
    stage = three()
    head = ResponseHead(200, (*SSE.headers, (b"content-encoding", b"gzip")))
    stage.tell(UpstreamConnected(1), upstream_head(1, head))
    assert stage.cancelled() == [1]
    assert stage.targets() == ["a", "b"]


def test_a_client_that_leaves_before_the_first_byte_stops_everything() -> None:
    stage = three()
    stage.tell(ClientGone())
    assert stage.cancelled() == [1]
    assert stage.entry().outcome == "client_gone"
    assert stage.heads() == []
    assert stage.tell(UpstreamClosed(1, "reset_mid_stream"), TimerFired()) == []


def test_a_client_that_leaves_during_a_pause_starts_nothing() -> None:
    stage = ask(services(target("a")))
    whole(stage, 1, ResponseHead(500, ()), b"{}")
    stage.tell(ClientGone())
    stage.tell(TimerFired(), after=60)
    assert stage.targets() == ["a"]


def test_losses_are_in_the_receipt() -> None:
    stage = ask(services(target("b", "yot")), loud=True)
    begin(stage, 1, *HELLO, END)
    assert stage.head()[b"x-understudy-loss"] == b"extensions.toy.loud"
    assert stage.entry().losses == ("extensions.toy.loud",)


def test_bodies_are_kept_only_where_the_route_records() -> None:
    stage = ask(services(target("a"), route=route(record=True)))
    begin(stage, 1, *HELLO, END)
    assert stage.entry().response_body == frames(*HELLO, END)
    assert ask(services(target("a"))).exchange.handle(ClientGone(), 0.0) is not None
    stage = three()
    begin(stage, 1, *HELLO, END)
    assert stage.entry().response_body is None


def test_a_caller_may_be_kept_from_a_route() -> None:
    asked = Asked("1", 0.0, "toy", b'{"model":"r","turns":["x"]}', routes=frozenset({"other"}))
    stage = Stage(Exchange(services(target("a")), asked, 0.0))
    assert stage.status() == 404
    assert stage.targets() == []


def test_every_lease_is_closed_once() -> None:
    shared = services(target("a"), target("b"))
    stage = ask(shared)
    stage.tell(UpstreamClosed(1, "connect_refused"))
    begin(stage, 2, *HELLO)
    stage.tell(ClientGone())
    assert not shared.router._leased
