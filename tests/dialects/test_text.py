"""Text: what is not UTF-8 is no answer, wherever in it that stands."""

import json

import pytest
from tests.sim.hearing import ANTHROPIC, OPENAI, Answer, asked, steps

from understudy.chat.events import Failed, Finished
from understudy.dialects.text import check_text
from understudy.wire.http import ResponseHead

BOTH = pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC], ids=lambda dialect: dialect.name)


@pytest.mark.parametrize("text", ["", "plain", "ŝanĝo 🙂"])
def test_text_is_text(text):
    check_text(text.encode())


@pytest.mark.parametrize("data", [b"\xff", b"a\xed\xa0\x80", "ŝ".encode()[:1]])
def test_other_bytes_are_none(data):
    with pytest.raises(UnicodeDecodeError):
        check_text(data)


@BOTH
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("where", [b'"m"', b'"sim-', b"assistant"])
def test_bad_bytes_in_a_field_that_nobody_reads_make_it_no_answer(dialect, stream, where):
    played = steps(dialect, asked("hi [tokens=8]", stream=stream))
    answer = Answer(played)
    assert answer.body.count(where)
    assert isinstance(last(dialect, answer.body, stream=stream), Finished)
    damaged = answer.body.replace(where, where[:-1] + b"\xff" + where[-1:])
    assert isinstance(last(dialect, damaged, stream=stream), Failed)
    head = ResponseHead(200, ((b"content-type", b"application/json"),))
    if not stream:
        assert dialect.skim(head, answer.body) is not None
        assert dialect.skim(head, damaged) is None
        assert json.loads(answer.body)


def last(dialect, body, *, stream):
    kind = b"text/event-stream" if stream else b"application/json"
    decoder = dialect.decoder(ResponseHead(200, ((b"content-type", kind),)), stream=stream)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    return [event for item in items for event in item.events][-1]
