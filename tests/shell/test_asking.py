"""A key in the address is read, and goes no further."""

import pytest

from understudy.dialects.catalog import SPOKEN
from understudy.shell.asking import POST, asked_at, key_in, methods_of, named


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


def test_methods_matter_to_few_dialects():
    methods = methods_of(SPOKEN)
    assert {name for name in methods if methods[name] != POST} == {"pinned_files", "openai_files"}
    files = methods["pinned_files"]
    assert files == {b"GET", b"POST", b"DELETE"}
    assert named(b"GET", b"/v1/files?key=k&limit=1", files) == "GET /v1/files?limit=1"
    assert named(b"POST", b"/v1/embeddings", POST) == "/v1/embeddings"
