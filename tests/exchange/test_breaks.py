"""What happens when an answer breaks after the client has seen some of it, as transcripts."""

from tests.exchange.stage import ask, begin, frames, route, say, services, target
from tests.play import Stage, check_invariants, upstream_end
from understudy.exchange.messages import TimerFired, UpstreamClosed
from understudy.routing.topology import OnBreak

HELLO = (("start", "id-1"), ("text", "hello"))
END = ("end", "end")
GOOD = b'{"id":"id-1","text":"hello","stop":"end"}'


def three() -> Stage:
    return ask(services(target("a"), target("b"), target("c")))


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


def test_an_answer_that_had_said_all_is_complete_though_the_connection_broke() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)))
    begin(stage, 1, *HELLO, ("stop", "end"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.targets() == ["a"]
    assert stage.sent() == frames(*HELLO, ("stop", "end"))
    assert stage.entry().outcome == "ok"
    assert stage.cancelled() == []
    check_invariants(stage.commands)


def test_an_answer_that_had_said_all_is_not_waited_for() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)))
    begin(stage, 1, *HELLO, ("stop", "end"))
    stage.tell(TimerFired(), after=100.0)
    assert stage.cancelled() == [1]
    assert stage.entry().outcome == "ok"
    check_invariants(stage.commands)


def test_an_answer_whose_provider_runs_a_tool_goes_on_after_a_reason_for_its_end() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)))
    begin(stage, 1, *HELLO, ("ran", "code"), ("stop", "end"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.sent().endswith(frames(("error", "any.transport.reset_mid_stream")))
    assert stage.entry().outcome == "cut"


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
    begin(stage, 2, ("start", "id-b"), ("text", " three four five six seven eight "))
    stage.tell(UpstreamClosed(2, "reset_mid_stream"))
    assert stage.request(3)["turns"] == ["hi", "one two three four five six seven eight"]
    begin(stage, 3, ("start", "id-c"), ("text", " nine"), END)
    assert stage.entry().outcome == "ok"
    first, second = stage.entry().seams
    assert 0 < first < second
    assert stage.entry().seam == first
    assert b"target=c attempts=3 seam=%d\n" % second in stage.sent()
    assert stage.sent().count(b"event: end") == 1


def test_a_target_that_begins_anew_is_left_for_the_next() -> None:
    long = "It was the best of times, it was the worst of times, "
    stage = ask(services(target("a"), target("b"), target("c"), route=route(OnBreak.RESUME)))
    begin(stage, 1, ("start", "id-a"), ("text", long))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    begin(stage, 2, ("start", "id-b"), ("text", "It was the best of times, they say. "))
    assert stage.targets() == ["a", "b", "c"]
    begin(stage, 3, ("start", "id-c"), ("text", " it was the age of wisdom "), END)
    assert stage.sent().endswith(frames(("text", "it was the age of wisdom "), END))
    tried = [one.outcome for one in stage.entry().attempts]
    assert tried == ["any.transport.reset_mid_stream", "gateway.continuation_diverged", "ok"]


def test_an_unfinished_word_waits_and_is_said_anew_by_the_next() -> None:
    stage = ask(services(target("a"), target("b"), route=route(OnBreak.RESUME)))
    begin(stage, 1, ("start", "id-a"), ("text", "one "))
    say(stage, 1, ("text", "two"), ("text", " un"))
    assert stage.sent().endswith(frames(("text", "one "), ("text", "two")))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    assert stage.request(2)["turns"] == ["hi", "one two"]
    begin(stage, 2, ("start", "id-b"), ("text", " unbelievable but not unheard of"), END)
    assert b"un\n" not in stage.sent()
    assert stage.sent().endswith(frames(("text", " unbelievable but not unheard of"), END))


def test_an_unfinished_word_is_shown_where_nobody_goes_on() -> None:
    stage = ask(services(target("a"), route=route(OnBreak.RESUME)))
    begin(stage, 1, *HELLO)
    say(stage, 1, ("text", " un"))
    stage.tell(UpstreamClosed(1, "reset_mid_stream"))
    error = ("error", "any.transport.reset_mid_stream")
    assert stage.sent() == frames(*HELLO, ("text", " un"), error)


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
