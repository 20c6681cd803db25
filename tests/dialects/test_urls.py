"""URLs that hold bytes, and URLs that name them."""

import pytest

from understudy.chat.parts import Inline, Url
from understudy.dialects.urls import source_of, url_of


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://x/a.png", Url("https://x/a.png")),
        ("data:image/png;base64,AA==", Inline("image/png", "AA==")),
        ("data:text/plain,hello", Url("data:text/plain,hello")),
        ("data:;base64", Url("data:;base64")),
    ],
)
def test_a_url_is_read_and_written_again(url: str, source: Inline | Url) -> None:
    assert source_of(url) == source
    assert url_of(source) == url
