"""How many pieces a request may have that is translated."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.chat.errors import InvalidRequest
from understudy.dialects.crowd import _TO_OBJECT, MOST_OBJECTS, check_crowd


def crowd(count: int) -> bytes:
    return b'{"messages":[' + b",".join([b'{"content":[]}'] * (count - 1)) + b"]}"


def test_as_many_as_anybody_needs_are_well() -> None:
    check_crowd(b"{}")
    check_crowd(crowd(MOST_OBJECTS))


@pytest.mark.parametrize("more", [1, MOST_OBJECTS])
def test_more_are_refused(more: int) -> None:
    with pytest.raises(InvalidRequest, match=f"found more than {MOST_OBJECTS} objects"):
        check_crowd(crowd(MOST_OBJECTS + more))


def test_objects_count_at_any_depth() -> None:
    inner = b'{"content":[' + b",".join([b"{}"] * 40_000) + b"]}"
    with pytest.raises(InvalidRequest):
        check_crowd(b'{"messages":[' + inner + b"," + inner + b"]}")


def test_a_crowd_is_not_read_to_its_end() -> None:
    with pytest.raises(InvalidRequest):
        check_crowd(crowd(MOST_OBJECTS + 1) + b"no JSON at all")


@pytest.mark.parametrize("text", [b"{", b'{\\"', b"{\\\\", b"\\{\n"])
def test_braces_in_a_text_are_no_objects(text: bytes) -> None:
    check_crowd(b'{"content":"' + text * (2 * MOST_OBJECTS) + b'"}')


@pytest.mark.parametrize("body", [b'"' + b"{" * 60_000, b'["' * 30_001 + b"{" * 60_000 + b'"'])
def test_what_cannot_be_read_is_explained_elsewhere(body: bytes) -> None:
    check_crowd(body)


@pytest.mark.timeout(120)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_it_counts_as_a_reader_does(value: object) -> None:
    body, place, count = msgspec.json.encode(value), 0, 0
    while (found := _TO_OBJECT.match(body, place)) is not None:
        place, count = found.end(), count + 1
    assert count == objects(value)


def objects(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(objects, value.values()))
    return sum(map(objects, value)) if isinstance(value, list) else 0
