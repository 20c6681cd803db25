"""Plans: what faults make of an answer, as the dialect's own decoder and the classifier see it."""

import json

import pytest
from tests.sim.hearing import (
    ANTHROPIC,
    BOTH,
    OPENAI,
    Answer,
    asked,
    classified,
    signal,
    steps,
    whole,
)

from understudy.chat.events import StopReason
from understudy.sim.provider import Provider
from understudy.sim.steps import Act

STREAM = asked("hello [tokens=20]", stream=True)
WHOLE = asked("hello [tokens=20]")
by_name = pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)


@by_name
@pytest.mark.parametrize(
    ("fault", "row"),
    [
        ("missing_terminator", "any.stream.eof_without_terminator"),
        ("missing_terminator(after=3)", "any.stream.eof_without_terminator"),
        ("malformed(after=2)", "any.stream.unparsable_chunk"),
        ("html_200", "any.http.200_html"),
    ],
)
def test_what_a_stream_shows(dialect, fault, row):
    seen = signal(dialect, STREAM, fault)
    assert seen is not None
    assert classified("vllm", seen).kind == row


@by_name
@pytest.mark.parametrize(
    ("fault", "row"),
    [
        ("truncated_json", "any.http.200_invalid_json"),
        ("missing_terminator", "any.http.200_invalid_json"),
        ("malformed", "any.http.200_invalid_json"),
        ("html_200", "any.http.200_html"),
    ],
)
def test_what_a_whole_answer_shows(dialect, fault, row):
    seen = signal(dialect, WHOLE, fault)
    assert seen is not None
    assert classified("vllm", seen).kind == row


@pytest.mark.parametrize("body", [STREAM, WHOLE])
def test_an_empty_answer_is_what_its_dialect_makes_of_it(body):
    seen = signal(OPENAI, body, "empty")
    assert seen is not None
    assert classified("openai", seen).kind == "any.semantic.empty_200"
    assert signal(ANTHROPIC, body, "empty") is None  # there it is an answer, if a short one


@by_name
@pytest.mark.parametrize("body", [STREAM, WHOLE])
@pytest.mark.parametrize("fault", ["in_stream_error(after=2)", "json_error_200"])
def test_an_error_under_a_good_status_is_a_failure(dialect, body, fault):
    assert Answer(steps(dialect, body, fault)).status == 200
    seen = signal(dialect, body, fault)
    assert seen is not None
    assert seen.message


@by_name
def test_an_error_within_a_whole_answer_comes_when_it_would_in_a_stream(dialect):
    provider = Provider("p", dialect.name, delay=2.0, rate=10.0)
    first = steps(dialect, WHOLE, "in_stream_error(after=5)", provider)[0]
    assert first.delay == pytest.approx(2.5)
    assert steps(dialect, WHOLE, "json_error_200", provider)[0].delay == 0.0


@by_name
def test_a_status_is_the_dialects(dialect):
    seen = signal(dialect, STREAM, "status(429, retry_after=7, message=slow)")
    assert seen is not None
    assert (seen.status, seen.retry_after, seen.message) == (429, 7.0, "slow")


@by_name
def test_a_cut_has_no_end_of_its_own(dialect):
    answer = Answer(steps(dialect, STREAM, "cut(after=5)"))
    assert answer.act is Act.RESET
    assert not answer.is_whole
    assert Answer(steps(dialect, WHOLE, "cut(after=5)")).act is Act.RESET


@by_name
@pytest.mark.parametrize("fault", ["hang", "silence", "stall(after=2)"])
def test_what_keeps_silent_holds_the_connection(dialect, fault):
    for body in (STREAM, WHOLE):
        assert steps(dialect, body, fault)[-1].act is Act.HOLD


def test_comments_go_on_for_ever():
    step = steps(OPENAI, STREAM, "stall(after=2, comments=0.5)")[-1]
    assert (step.delay, step.repeats) == (0.5, True)
    assert b": keep-alive\n\n" in step.data


@by_name
def test_a_finish_reason_can_be_another(dialect):
    answer = whole(dialect, STREAM, "finish(length, after=3)")
    assert (len(answer.text), answer.stop) == (12, StopReason.LENGTH)


@by_name
@pytest.mark.parametrize("body", [STREAM, WHOLE])
def test_a_finish_reason_can_be_one_that_nobody_knows(dialect, body):
    assert whole(dialect, body, "finish(tired)").finished.native == "tired"


@by_name
def test_wrong_words_are_as_many_and_end_well(dialect):
    right, wrong = whole(dialect, WHOLE, ""), whole(dialect, WHOLE, "wrong_words(after=3)")
    assert wrong.stop is right.stop is StopReason.END
    assert len(wrong.text) == len(right.text)
    assert wrong.text[:12] == right.text[:12]
    assert not any("a" <= letter <= "z" for letter in wrong.text[30:])


@by_name
def test_another_model_and_no_usage(dialect):
    answer = whole(dialect, WHOLE, "wrong_model(cheap)+no_usage")
    assert answer.started.model == "cheap"
    assert answer.usage is None or answer.usage.output_tokens == 0


def test_openais_end_may_lack_its_finish_reason_or_its_done():
    no_done = Answer(steps(OPENAI, STREAM, "missing_terminator(done)")).body
    assert b'"finish_reason":"stop"' in no_done
    assert b"[DONE]" not in no_done
    no_finish = Answer(steps(OPENAI, STREAM, "missing_terminator(finish)")).body
    assert b'"finish_reason":"stop"' not in no_finish
    assert no_finish.endswith(b"data: [DONE]\n\n")


def test_anthropics_end_may_lack_its_stop():
    assert b"message_stop" not in Answer(steps(ANTHROPIC, STREAM, "missing_terminator(done)")).body


def test_tokens_are_paced_and_the_rest_is_at_once():
    body = asked("hello [tokens=20] [rate=100] [delay=0.5]", stream=True)
    delays = [step.delay for step in steps(OPENAI, body)]
    assert delays[:2] == [0.0, 0.5]
    assert delays[2:] == [0.01] * 19


def test_a_whole_answer_takes_as_long_as_its_tokens():
    body = asked("hello [tokens=20] [rate=100] [delay=0.5]")
    assert sum(step.delay for step in steps(OPENAI, body)) == pytest.approx(0.7)


def test_without_a_pace_everything_is_one_write():
    assert len(steps(OPENAI, STREAM)) == len(steps(OPENAI, WHOLE)) == 1


def test_slow_says_so_many_tokens_a_second():
    assert sum(step.delay for step in steps(OPENAI, STREAM, "slow(10)")) == pytest.approx(2.0)


def test_a_slow_first_token_delays_the_head_or_the_content():
    assert steps(OPENAI, STREAM, "slow_first_token(2, where=head)")[0].delay == 2
    head, first, *_ = steps(OPENAI, STREAM, "slow_first_token(2)")
    assert (head.delay, first.delay) == (0, 2)
    assert b"HTTP/1.1 200" in head.data


def test_faults_compose():
    played = steps(OPENAI, STREAM, "slow(10)+slow_first_token(1)+cut(after=3)")
    assert played[-1].act is Act.RESET
    assert sum(step.delay for step in played) == pytest.approx(1.3)


@pytest.mark.parametrize("body", [STREAM, WHOLE])
def test_a_plan_is_a_function_of_the_request(body):
    assert steps(OPENAI, body, "slow(10)") == steps(OPENAI, body, "slow(10)")


def test_models_and_failures_have_plans_too():
    refused = Answer(
        steps(OPENAI, asked("x", model="b"), "", Provider("a", OPENAI.name, models=("c",)))
    )
    assert refused.status == 404
    assert json.loads(refused.body)["error"]["code"] == "model_not_found"
