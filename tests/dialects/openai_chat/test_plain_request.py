"""Plain requests: whatever is odd about one, it is read as the careful reader does, or left."""

import pytest
from tests.dialects.odd import dump, oddities
from tests.dialects.recordings import require
from tests.dialects.tongues.all import TONGUES

from understudy.chat.request import Request
from understudy.dialects.openai_chat.plain_request import read_plain
from understudy.dialects.openai_chat.request import read_closely
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import read_object

ASKED: dict = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "x"},
        {"role": "developer", "content": "x"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "x"},
    ],
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_completion_tokens": 5,
    "temperature": 1,
    "top_p": 0.5,
    "frequency_penalty": 0.1,
    "presence_penalty": -0.1,
    "seed": -3,
    "n": 2,
    "stop": ["x", ""],
    "user": "somebody",
}


def _closely(body: bytes) -> Request:
    return read_closely(Reader(read_object(body)))


def test_a_plain_request_is_read_whole():
    assert read_plain(dump(ASKED)) == _closely(dump(ASKED))


@pytest.mark.parametrize("more", [{}, {"max_tokens": 5, "stop": "x"}], ids=["one", "two"])
def test_whatever_is_odd_about_it_is_told_or_left_to_the_careful_reader(more):
    count = 0
    for tree in oddities({**ASKED, **more}):
        found = read_plain(dump(tree))
        assert found is None or found == _closely(dump(tree)), tree
        count += found is not None
    assert count > 50


@pytest.mark.parametrize("data", [b"", b"<html>", b"[" * 100_000, dump(ASKED)[:-4]])
def test_what_is_no_request_is_left_to_the_careful_reader(data):
    assert read_plain(data) is None


@pytest.mark.recordings
def test_recorded_requests_are_read_as_the_careful_reader_does():
    chats = TONGUES["openai_chat"].chats
    require(chats, "requests read twice")
    bodies = {each.request for each in chats if each.request}
    plain = {body: found for body in bodies if (found := read_plain(body)) is not None}
    assert plain
    for body, found in plain.items():
        assert found == _closely(body)
