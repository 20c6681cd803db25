"""Plain chunks: whatever is odd about one, it is read as the careful reader does, or left to it."""

import pytest
from tests.dialects.gemini_generate.talk import end, events, sse, text
from tests.dialects.odd import dump, oddities
from tests.dialects.odd import said as told

from understudy.dialects.gemini_generate import answer
from understudy.dialects.gemini_generate.chunk import read_plain

CHUNK: dict = {
    "candidates": [{"content": {"parts": [{"text": "x"}], "role": "model"}, "index": 0}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4},
    "modelVersion": "m",
    "responseId": "r1",
    "createTime": "2026-11-25T00:00:00Z",
}


def test_a_plain_chunk_says_its_text():
    found = read_plain(dump(CHUNK))
    assert found is not None
    assert found.text == "x"


@pytest.mark.parametrize(
    "before",
    [
        text("a"),
        {"candidates": [{"content": {"parts": [{"text": "a", "thought": True}]}}]},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "a"}]}, "index": 1}]},
    ],
    ids=["text", "thought", "call", "another answer"],
)
def test_whatever_is_odd_about_it_is_read_as_closely(before, monkeypatch):
    streams = [sse(before) + b"data: " + dump(tree) + b"\n\n" for tree in oddities(CHUNK)]
    streams = [stream + sse(end()) for stream in streams]
    quick = [told(events(stream)) for stream in streams]
    monkeypatch.setattr(answer, "read_plain", lambda data: None)
    assert quick == [told(events(stream)) for stream in streams]


@pytest.mark.parametrize(
    "data", [b"", b"[DONE]", b"[" * 100_000, dump(CHUNK).replace(b"x", b"\xff")]
)
def test_what_is_no_chunk_is_left_to_the_careful_reader(data):
    assert read_plain(data) is None
