import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.schema import Raw
from understudy.dialects.openai_usage import read_usage, usage_rest, write_usage


def read(**fields) -> Usage | None:
    return read_usage(Raw(json.dumps(fields).encode()))


def rest(**fields) -> object:
    found = usage_rest(Raw(json.dumps(fields).encode()))
    return None if found is None else json.loads(bytes(found))


BOTH = {"prompt_tokens": 10, "completion_tokens": 5}


@pytest.mark.parametrize(
    ("fields", "usage"),
    [
        (BOTH, Usage(input_tokens=10, output_tokens=5)),
        ({"prompt_tokens": 10}, Usage(input_tokens=10)),
        (
            {**BOTH, "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 2}},
            Usage(6, 4, 0, 5, audio_input_tokens=2),
        ),
        (
            {**BOTH, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3}},
            Usage(3, 4, 3, 5),
        ),
        ({**BOTH, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 6}, Usage(6, 4, 0, 5)),
        ({**BOTH, "cached_tokens": 4}, Usage(6, 4, 0, 5)),
        ({**BOTH, "num_cached_tokens": 4}, Usage(6, 4, 0, 5)),
        ({**BOTH, "prompt_tokens_details": {"cached_tokens": 99}}, Usage(0, 10, 0, 5)),
        ({**BOTH, "prompt_tokens_details": None, "total_tokens": None}, Usage(10, output_tokens=5)),
        (
            {**BOTH, "completion_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 15},
            Usage(10, output_tokens=5, reasoning_tokens=3),
        ),
        (
            {**BOTH, "prompt_tokens_details": {"audio_tokens": 30}, "total_tokens": 45},
            Usage(40, output_tokens=5, audio_input_tokens=30),
        ),
        ({"prompt_tokens": "many", "completion_tokens": -5}, Usage()),
        ({"prompt_tokens": True, "completion_tokens": 2.0}, Usage(output_tokens=2)),
    ],
)
def test_counts_are_disjoint(fields, usage):
    assert read(**fields) == usage


def test_reasoning_counted_beside_the_answer_is_added():
    details = {"reasoning_tokens": 7}
    expected = Usage(10, output_tokens=12, reasoning_tokens=7)
    assert read(**BOTH, total_tokens=22, completion_tokens_details=details) == expected
    assert read(**BOTH, total_tokens=22) == expected


@pytest.mark.parametrize("fields", [{}, {"tokens": 5}])
def test_what_counts_nothing_is_no_usage(fields):
    assert read(**fields) is None


@pytest.mark.parametrize("raw", [b"null", b"[]", b"5", b'"x"', b"nonsense"])
def test_what_is_no_object_is_no_usage(raw):
    assert read_usage(Raw(raw)) is None


def test_the_rest_is_kept_and_said():
    fields = {
        **BOTH,
        "total_tokens": 15,
        "cost": 0.5,
        "prompt_tokens_details": {"cached_tokens": 0, "text_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 0},
        "nothing": None,
    }
    assert rest(**fields) == {"cost": 0.5, "prompt_tokens_details": {"text_tokens": 10}}
    assert rest(**BOTH) is None
    again = json.loads(
        write_usage(Usage(10, output_tokens=5), usage_rest(json.dumps(fields).encode()))
    )
    assert again["cost"] == 0.5
    assert again["prompt_tokens_details"]["text_tokens"] == 10


@given(st.tuples(*[st.integers(0, 1000)] * 4), st.integers(0, 1000))
def test_what_is_written_is_read(counts, share):
    read_, cached, written, output = counts
    usage = Usage(read_, cached, written, output, min(share, output))
    assert read_usage(write_usage(usage)) == usage
