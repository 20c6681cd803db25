"""Usage, read and written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.anthropic_messages.talk import raw

from understudy.chat.usage import Usage
from understudy.dialects.anthropic_messages.usage import read_usage, usage_rest, write_usage


def raws(**fields) -> dict:
    return {name: raw(value) for name, value in fields.items()}


def test_counts_are_disjoint():
    usage = read_usage(
        raws(
            input_tokens=5,
            cache_read_input_tokens=7,
            cache_creation_input_tokens=11,
            cache_creation={"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 3},
            output_tokens=13,
            output_tokens_details={"thinking_tokens": 2},
        )
    )
    assert usage == Usage(5, 7, 11, 13, reasoning_tokens=2, cache_write_1h_tokens=3)


def test_writes_may_be_said_by_their_kinds_alone():
    kinds = {"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 3}
    assert read_usage(raws(cache_creation=kinds)).cache_write_tokens == 11


@pytest.mark.parametrize("value", [None, "3", True, -4, [], {}])
def test_what_is_no_count_counts_nothing(value):
    assert read_usage(raws(input_tokens=value, cache_creation=value)) == Usage()


def test_the_rest_is_kept():
    rest = usage_rest(
        raws(
            input_tokens=1,
            service_tier="standard",
            inference_geo=None,
            cache_creation={"ephemeral_1h_input_tokens": 3},
            output_tokens_details={"thinking_tokens": 2, "odd_tokens": 1},
        )
    )
    assert {name: json.loads(bytes(each)) for name, each in rest.items()} == {
        "service_tier": "standard",
        "output_tokens_details": {"odd_tokens": 1},
    }
    said = json.loads(bytes(write_usage(Usage(reasoning_tokens=2), rest)))
    assert said["output_tokens_details"] == {"thinking_tokens": 2, "odd_tokens": 1}
    assert said["service_tier"] == "standard"


COUNT = st.integers(0, 10**6)


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
def test_what_is_written_is_read(read, short, long, output, reasoning):
    usage = Usage(read, read, short + long, output, reasoning, cache_write_1h_tokens=long)
    said = json.loads(bytes(write_usage(usage, {})))
    assert read_usage(raws(**said)) == usage
