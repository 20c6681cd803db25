"""The exchange, as transcripts: what it is told, and what it then wants."""

import pytest

from tests.exchange.stage import JSON, SSE, ask, begin, frames, route, say, services, target, whole
from tests.play import Stage, check_invariants, upstream_data, upstream_end, upstream_head
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    ClientBlocked,
    ClientGone,
    ClientReady,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
)
from understudy.exchange.services import Limits
from understudy.routing.topology import OnBreak, OnLoss, Timeouts
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


def test_an_unknown_model_is_refused_with_a_suggestion() -> None:
    stage = ask(services(target("alpha/beta")), model="alpha/bet")
    assert stage.status() == 404
    assert stage.targets() == []


def test_a_body_that_is_no_request_is_refused() -> None:
    stage = ask(services(target("a")), turns=7)  # type: ignore[arg-type]
    assert stage.status() == 400
    assert stage.entry().outcome == "rejected"


def test_a_break_after_content_is_an_explicit_error() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.targets() == ["a"]
    assert stage.sent() == frames(*HELLO, ("error", "any.transport.reset_mid_stream"))
    assert stage.entry().outcome == "cut"
    check_invariants(stage.commands)


def test_an_end_without_a_terminator_is_no_success() -> None:
    stage = three()
    begin(stage, 1, *HELLO)
    stage.tell(upstream_end(1))
    assert stage.sent().endswith(frames(("error", "any.stream.eof_without_terminator")))
    assert stage.entry().outcome == "cut"


def test_an_error_inside_the_stream_is_not_forwarded_as_it_is() -> None:
    stage = three()
    begin(stage, 1, ("start", "id-1"))
    say(stage, 1, ("error", "server_error"))
    begin(stage, 2, *HELLO, END)
    assert stage.sent() == frames(*HELLO, END)


def test_resume_continues_the_text_where_it_broke() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)))
    begin(stage, 1, ("start", "id-a"), ("text", "one two "))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.targets() == ["a", "b"]
    assert stage.request(2)["turns"] == ["hi", "one two"]
    begin(stage, 2, ("start", "id-b"), ("text", " three four five six seven"), END)
    texts = [line for line in stage.sent().split(b"\n") if line.startswith(b"data")]
    assert b"".join(texts) == b"data: id-adata: one two data: three four five six sevendata: end"
    assert b": understudy target=b attempts=2 seam=" in stage.sent()
    assert stage.entry().outcome == "ok"
    assert stage.entry().seam is not None
    check_invariants(stage.commands)


def test_resume_survives_a_second_break() -> None:
    stage = ask(services(target("a"), target("b"), target("c"), route=route(OnBreak.RESUME)))
    begin(stage, 1, ("start", "id-a"), ("text", "one two"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    begin(stage, 2, ("start", "id-b"), ("text", " three four five six seven eight"))
    stage.tell(UpstreamClosed(2, "reset_mid_stream"))
    assert stage.request(3)["turns"] == ["hi", "one two three four five six seven eight"]
    begin(stage, 3, ("start", "id-c"), ("text", " nine"), END)
    assert stage.entry().outcome == "ok"
    assert stage.sent().count(b"event: end") == 1


def test_resume_never_asks_a_target_that_rejects_prefill() -> None:
    stage = ask(
        services(target("a"), target("b", prefill=False), target("c"), route=route(OnBreak.RESUME))
    )
    begin(stage, 1, *HELLO)
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.targets() == ["a", "c"]


def test_resume_never_splices_a_tool_call() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)))
    begin(stage, 1, *HELLO, ("tool", "weather"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.targets() == ["a"]
    assert stage.entry().outcome == "cut"


def test_resume_never_splices_json() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)), json=True)
    begin(stage, 1, *HELLO)
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.targets() == ["a"]


def test_resume_crosses_dialects() -> None:
    stage = ask(services(target("a"), target("b", "yot"), route=route(OnBreak.RESUME)))
    begin(stage, 1, ("start", "id-a"), ("text", "one two"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    begin(stage, 2, ("start", "id-b"), ("text", " three"), END)
    assert b"id-b" not in stage.sent()
    assert stage.sent().endswith(frames(("text", " three"), END))


def test_restart_holds_the_answer_until_it_is_whole() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESTART)))
    begin(stage, 1, *HELLO)
    assert stage.heads() == []
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    begin(stage, 2, ("start", "id-b"), ("text", "bonjour"), END)
    assert stage.sent() == frames(("start", "id-b"), ("text", "bonjour"), END)


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


def test_losses_are_in_the_receipt() -> None:
    stage = ask(services(target("b", "yot")), loud=True)
    begin(stage, 1, *HELLO, END)
    assert stage.head()[b"x-understudy-loss"] == b"extensions.toy.loud"
    assert stage.entry().losses == ("extensions.toy.loud",)


def test_losses_may_be_refused() -> None:
    lossless = route(on_loss=OnLoss.REJECT)
    stage = ask(services(target("b", "yot"), target("a"), route=lossless), loud=True)
    assert stage.targets() == ["a"]
    stage = ask(services(target("b", "yot"), route=lossless), loud=True)
    assert stage.status() == 400
    assert b"extensions.toy.loud" in stage.sent()


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
    assert stage.status() == 403
    assert stage.targets() == []


def test_every_lease_is_closed_once() -> None:
    shared = services(target("a"), target("b"))
    stage = ask(shared)
    stage.tell(UpstreamClosed(1, "connect_refused"))
    begin(stage, 2, *HELLO)
    stage.tell(ClientGone())
    assert shared.router._leased == {}
