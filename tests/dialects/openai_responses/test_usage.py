import json

from tests.dialects.openai_responses.talk import USAGE, dump

from understudy.chat.usage import Usage
from understudy.dialects.openai_responses.schema import Raw
from understudy.dialects.openai_responses.usage import read_usage, usage_rest, write_usage

COUNT = Usage(5, 4, 1, 5, reasoning_tokens=2)


def test_what_was_cached_is_not_counted_twice():
    assert read_usage(dump(USAGE)) == COUNT


def test_it_is_said_as_it_was_read():
    assert write_usage(COUNT) == USAGE


def test_what_is_beside_it_is_kept():
    body = {
        **USAGE,
        "num_sources_used": 3,
        "output_tokens_details": {"reasoning_tokens": 2, "x": 1},
    }
    rest = usage_rest(dump(body))
    assert rest is not None
    assert json.loads(bytes(rest)) == {"num_sources_used": 3, "output_tokens_details": {"x": 1}}
    assert write_usage(COUNT, rest) == body


def test_what_counts_nothing_is_no_usage():
    assert read_usage(None) is None
    assert read_usage(b"null") is None
    assert read_usage(b'{"x":1}') is None
    assert usage_rest(Raw(dump(USAGE))) is None


def test_more_cached_than_there_was_is_not_believed():
    odd = {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 9}, "output_tokens": True}
    assert read_usage(dump(odd)) == Usage(cache_read_tokens=3)
