import json

import msgspec
import pytest

from understudy.dialects.openai_chat.schema import (
    Raw,
    decode_plain,
    decode_tree,
    is_nothing,
    merge,
    merged,
)


@pytest.mark.parametrize("raw", [b"null", b"[]", b"{}", b'""'])
def test_empty_values_say_nothing(raw):
    assert is_nothing(Raw(raw))


@pytest.mark.parametrize("raw", [b"0", b"false", b"[0]", b'" "'])
def test_other_values_say_something(raw):
    assert not is_nothing(Raw(raw))


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ([1], [2], [1, 2]),
        ({"a": [1], "b": 1}, {"a": [2], "c": 3}, {"a": [1, 2], "b": 1, "c": 3}),
        (1, None, 1),
        (None, 1, 1),
        ("a", "b", "b"),
        ([1], {"a": 1}, {"a": 1}),
    ],
)
def test_later_chunks_add_to_earlier_ones(old, new, both):
    assert merge(old, new) == both
    assert (
        json.loads(bytes(merged([Raw(json.dumps(old).encode()), Raw(json.dumps(new).encode())])))
        == both
    )


def test_one_value_keeps_its_bytes():
    raw = Raw(b"[ 1.50 ]")
    assert merged([raw]) is raw


def test_only_objects_are_trees():
    assert decode_tree(b'{"a":1}') == {"a": 1}
    assert decode_tree(b"[1]") == {}


def chunk(**choice) -> bytes:
    return json.dumps(
        {"id": 1, "choices": [{"index": 0, "delta": {"content": "x"}, **choice}]}
    ).encode()


def test_a_plain_chunk_is_read():
    assert decode_plain(chunk()).choices[0].delta.content == "x"


@pytest.mark.parametrize(
    "data",
    [
        chunk(index=1),
        chunk(finish_reason="stop"),
        chunk(logprobs={}),
        chunk(odd=1),
        chunk(delta={"content": "x", "refusal": "no"}),
        chunk(delta={"tool_calls": [{"index": 0, "id": "a", "function": {"arguments": ""}}]}),
        b'{"choices":[]}',
        b'{"choices":[{"delta":{}},{"delta":{}}]}',
        b'{"choices":[{"delta":{}}],"usage":{}}',
        b'{"choices":[{"delta":{}}],"error":{}}',
        b"[DONE]",
    ],
)
def test_nothing_else_is_plain(data):
    with pytest.raises(msgspec.MsgspecError):
        decode_plain(data)
