"""How many pieces a request may have that is translated."""

import pytest

from understudy.chat.errors import InvalidRequest
from understudy.dialects.crowd import MOST_OBJECTS, check_crowd


def crowd(count: int) -> bytes:
    return b'{"messages":[' + b",".join([b'{"content":[]}'] * (count - 1)) + b"]}"


def test_as_many_as_anybody_needs_are_well() -> None:
    check_crowd(b"{}")
    check_crowd(crowd(MOST_OBJECTS))


@pytest.mark.parametrize("more", [1, MOST_OBJECTS])
def test_more_are_refused_with_their_number(more: int) -> None:
    with pytest.raises(InvalidRequest, match=f"found {MOST_OBJECTS + more} objects"):
        check_crowd(crowd(MOST_OBJECTS + more))


def test_objects_count_at_any_depth() -> None:
    inner = b'{"content":[' + b",".join([b"{}"] * 40_000) + b"]}"
    with pytest.raises(InvalidRequest, match="found 80003 objects"):
        check_crowd(b'{"messages":[' + inner + b"," + inner + b"]}")


def test_braces_in_a_text_are_no_objects() -> None:
    check_crowd(b'{"content":"' + b"{" * (2 * MOST_OBJECTS) + b'"}')


@pytest.mark.parametrize("body", [b"{" * 60_000, b'{"a":' * 60_000, b"[{" * 60_000])
def test_what_cannot_be_read_is_explained_elsewhere(body: bytes) -> None:
    check_crowd(body)
