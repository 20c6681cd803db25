"""What a client makes of an answer: whole, short, doubled, foreign, badly ended."""

import json

import pytest
from tests.sim.stage import ANTHROPIC, OPENAI

from understudy.chat.request import Tool
from understudy.dialects.catalog import DIALECTS
from understudy.sim.listening import Ask, Ear, Heard, written
from understudy.sim.plan import plan
from understudy.sim.provider import Incoming, Provider, respond
from understudy.sim.reply import Reply

both = pytest.mark.parametrize("name", [OPENAI, ANTHROPIC])


def answer(name: str, body: bytes) -> tuple[Reply, bytes]:
    """What a well provider answers: the head (inside), and the body."""
    dialect = DIALECTS[name]
    incoming = Incoming("POST", dialect.chat_paths()[0], (), body)
    reply = Reply()
    for step in plan(dialect, respond(Provider("p", name), dialect, incoming)):
        reply.feed(step.data)
    return reply, reply.take_body()


def hear(ask: Ask, edit=lambda data: data, *, clean: bool = True) -> tuple[Heard, Ear]:
    dialect = DIALECTS[ask.dialect]
    body = written(ask, dialect).body
    reply, said = answer(ask.dialect, body)
    head = reply.take_head()
    assert head is not None
    ear = Ear(dialect, body, stream=ask.stream, now=1.0)
    ear.head(head.status, head.headers, None)
    ear.data(edit(said), 2.0)
    ear.end(3.0, clean=clean)
    return ear.hear(3.0, left=False), ear


@both
@pytest.mark.parametrize("stream", [True, False])
def test_a_good_answer_is_complete_and_exact(name, stream):
    heard, ear = hear(Ask("r", name, stream=stream))
    assert heard.is_exact
    assert (heard.began, heard.first_content, heard.ended) == (1.0, 2.0, 3.0)
    assert ear.is_wrong is None


@both
def test_tools_json_and_turns_are_asked_for_and_compared(name):
    tool = Tool("look", schema=None)
    heard, _ = hear(Ask("r", name, "[tool=look]", tools=(tool,)))
    assert heard.is_exact
    assert heard.text == "\nlook({})"
    assert hear(Ask("r", name, "[json] x", wants_json=name == OPENAI))[0].text.startswith("{")
    body = json.loads(written(Ask("r", name, "three", turns=("one", "two")), DIALECTS[name]).body)
    said = body["input" if "input" in body else "messages"]
    assert [message["role"] for message in said] == ["user", "assistant", "user"]


@both
def test_a_broken_connection_is_not_complete(name):
    heard, _ = hear(Ask("r", name), clean=False)
    assert not heard.complete


def test_what_is_missing_and_what_is_too_much_is_counted_in_tokens():
    ask = Ask("r", OPENAI, "x [tokens=9]")
    frames = answer(OPENAI, written(ask, DIALECTS[OPENAI]).body)[1].split(b"\n\n")
    short = b"\n\n".join(frames[:4] + frames[6:])
    assert hear(ask, lambda _: short)[0].missing_tokens == 2
    doubled = b"\n\n".join(frames[:4] + frames[3:])
    heard, _ = hear(ask, lambda _: doubled)
    assert (heard.missing_tokens, heard.duplicated_tokens) == (0, 1)
    assert heard.complete
    assert not heard.is_exact


def test_a_second_end_is_wrong():
    for name in (OPENAI, ANTHROPIC):
        _, ear = hear(Ask("r", name), lambda data: data + data)
        assert ear.is_wrong is not None
        _, ear = hear(Ask("r", name), lambda data: data + b": a comment\n\n")
        assert ear.is_wrong is None


def test_an_answer_of_another_length_than_announced_is_wrong():
    ear = Ear(DIALECTS[OPENAI], b"{}", stream=False, now=0.0)
    ear.head(200, ((b"content-type", b"application/json"),), 9)
    ear.data(b"{}", 0.0)
    ear.end(0.0, clean=True)
    assert ear.is_wrong == "9 bytes were announced, 2 came"


@both
def test_an_error_is_told_by_its_code(name):
    dialect = DIALECTS[name]
    ear = Ear(dialect, b"{}", stream=True, now=0.0)
    body = b'{"error":{"type":"rate_limit_error","message":"slow"}}'
    ear.head(429, ((b"retry-after", b"7"), (b"x-understudy-attempts", b"3")), None)
    ear.data(body, 0.0)
    ear.end(0.0, clean=True)
    heard = ear.hear(0.0, left=False)
    assert (heard.error, heard.retry_after, heard.attempts) == ("rate_limit_error", 7.0, 3)
    assert not heard.complete


def test_a_seam_is_read_from_the_stream():
    comment = b": understudy target=b attempts=2 seam=77\n\n"
    heard, _ = hear(Ask("r", OPENAI), lambda data: comment + data)
    assert (heard.target, heard.attempts, heard.seam) == ("b", 2, 77)
