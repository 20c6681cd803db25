"""Citations, in and out."""

import json

import msgspec
import pytest
from msgspec import Raw

from understudy.chat.parts import Citation
from understudy.dialects.cohere_chat.citation import (
    belongs,
    place_of,
    read_citation,
    write_citation,
)


def raw(**fields: object) -> Raw:
    return Raw(json.dumps(fields).encode())


def test_the_first_document_is_what_others_can_say() -> None:
    tool = {"type": "tool", "id": "w:0", "tool_output": {"content": "x"}}
    document = {"type": "document", "document": {"title": "T", "url": "u", "snippet": "s"}}
    said = raw(start=1, end=3, text="ab", sources=[tool, document])
    assert read_citation(said) == Citation("T", "u", "s", 1, 3, "cohere_chat", said)


@pytest.mark.parametrize(
    "odd", [raw(sources=1), raw(sources=[1, {"document": 2}]), raw(start="1", end=True)]
)
def test_odd_sources_are_none(odd: Raw) -> None:
    assert read_citation(odd) == Citation(dialect="cohere_chat", raw=odd)


def test_what_is_no_object_is_none() -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_citation(Raw(b"[]"))


def test_where_a_citation_belongs() -> None:
    cited = read_citation(raw(content_index=2))
    assert place_of(cited) == (2, "TEXT_CONTENT")
    assert belongs(cited, 2, is_thought=True)
    assert not belongs(cited, 0, is_thought=False)
    assert belongs(read_citation(raw()), 1, is_thought=False)
    assert not belongs(read_citation(raw()), 0, is_thought=True)
    assert belongs(read_citation(raw(type="THINKING_CONTENT")), 0, is_thought=True)
    assert not belongs(read_citation(raw(type="PLAN")), 0, is_thought=False)


def test_its_own_is_said_as_it_was() -> None:
    said = raw(start=1, mood=2)
    assert write_citation(read_citation(said), "abc", block=0, number=0) == said


@pytest.mark.parametrize(
    ("start", "end", "words"), [(1, 3, "bc"), (None, None, "abcd"), (2, 99, "abcd")]
)
def test_anothers_becomes_one_of_a_document(start: int | None, end: int | None, words: str) -> None:
    said = write_citation(
        Citation("T", None, "q", start, end, "x", Raw(b"1")), "abcd", block=1, number=3
    )
    document = {"id": "doc:3", "title": "T", "text": "q"}
    assert isinstance(said, dict)
    assert said["text"] == words
    assert said["sources"] == [{"type": "document", "id": "doc:3", "document": document}]
    assert said["content_index"] == 1
