"""Whose a file is."""

import pytest

from understudy.dialects.gemini_generate.files import home_of_cache, home_of_file


@pytest.mark.parametrize(
    ("uri", "home"),
    [
        ("gs://bucket/a.pdf", "vertex"),
        ("https://generativelanguage.googleapis.com/v1beta/files/x", "gemini"),
        ("files/x", "gemini"),
        ("https://example.com/a.png", None),
        ("https://www.youtube.com/watch?v=1", None),
    ],
)
def test_files(uri: str, home: str | None) -> None:
    assert home_of_file(uri) == home


def test_caches() -> None:
    assert home_of_cache("cachedContents/1") == "gemini"
    assert home_of_cache("projects/p/locations/l/cachedContents/1") == "vertex"
