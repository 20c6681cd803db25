"""Usage, in and out."""

import json

import pytest
from msgspec import Raw

from understudy.chat.usage import Usage
from understudy.dialects.cohere_chat.usage import read_billed, read_usage, usage_rest, write_usage

REAL = {
    "billed_units": {"input_tokens": 119, "output_tokens": 44},
    "tokens": {"input_tokens": 1549, "output_tokens": 95},
    "cached_tokens": 1504,
}


SAME = {"billed_units": REAL["billed_units"], "tokens": REAL["billed_units"]}


def raw(value: object) -> Raw:
    return Raw(json.dumps(value).encode())


def test_what_was_read_and_written_is_usage() -> None:
    assert read_usage(raw(REAL)) == Usage(input_tokens=45, cache_read_tokens=1504, output_tokens=95)


@pytest.mark.parametrize(
    "tree",
    [
        REAL,
        {"tokens": {"input_tokens": 3, "output_tokens": 4}},
        {"billed_units": {"input_tokens": 3, "output_tokens": 4}},
        {"billed_units": {"search_units": 1}, "tokens": {"input_tokens": 3}},
        {"billed_units": {"search_units": 1}},
        {**REAL, "cached_tokens": 0, "image_tokens": 7},
        {**REAL, "cached_tokens": 99999},
    ],
)
def test_everything_comes_back(tree: dict[str, object]) -> None:
    usage = read_usage(raw(tree))
    assert json.loads(bytes(write_usage(usage, usage_rest(raw(tree))))) == tree


def test_units_are_counted_where_tokens_are_not() -> None:
    billed = raw({"billed_units": {"input_tokens": 3.0, "output_tokens": 4.0}})
    assert read_usage(billed) == Usage(input_tokens=3, output_tokens=4)


@pytest.mark.parametrize("odd", [b"1", b"[]", b'{"tokens":1}', b'{"tokens":{"input":1}}', b"{"])
def test_what_counts_nothing_is_none(odd: bytes) -> None:
    assert read_usage(Raw(odd)) is None


def test_what_is_billed_is_known_where_it_is_another_count() -> None:
    assert read_billed(raw(REAL)) == Usage(input_tokens=119, output_tokens=44)
    for tree in ({"tokens": REAL["tokens"]}, {"billed_units": REAL["billed_units"]}, {}, SAME):
        assert read_billed(raw(tree)) is None


def test_anothers_usage_is_billed_as_it_is() -> None:
    written = write_usage(Usage(input_tokens=2, cache_read_tokens=3, output_tokens=4), None)
    assert json.loads(bytes(written)) == {
        "billed_units": {"input_tokens": 5, "output_tokens": 4},
        "tokens": {"input_tokens": 5, "output_tokens": 4},
        "cached_tokens": 3,
    }
