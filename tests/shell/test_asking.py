"""A key in the address is read, and goes no further."""

import pytest

from understudy.shell.asking import asked_at, key_in


@pytest.mark.parametrize(
    ("url", "key", "path"),
    [
        (b"/v1/x", b"", "/v1/x"),
        (b"/v1/x?", b"", "/v1/x"),
        (b"/v1/x?key=a%2Fb", b"a/b", "/v1/x"),
        (b"/v1/x?alt=sse&key=abc&q=1", b"abc", "/v1/x?alt=sse&q=1"),
        (b"/v1/x?key=first&key=second", b"first", "/v1/x"),
        (b"/v1/x?monkey=1", b"", "/v1/x?monkey=1"),
        (b"/v1/\xff?a=\xfe", b"", "/v1/\xff?a=\xfe"),
    ],
)
def test_a_key_in_the_query(url: bytes, key: bytes, path: str) -> None:
    assert key_in(url) == key
    assert asked_at(url) == path
