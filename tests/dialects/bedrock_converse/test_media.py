"""Formats and media types."""

import pytest

from understudy.dialects.bedrock_converse.media import (
    AUDIO,
    DOCUMENTS,
    IMAGES,
    format_of,
    format_of_address,
    media_type,
)


@pytest.mark.parametrize("kinds", [IMAGES, DOCUMENTS, AUDIO])
def test_every_format_is_read_back(kinds: dict[str, str]) -> None:
    for name in kinds:
        assert format_of(kinds, media_type(kinds, name)) == name


def test_other_spellings_are_known() -> None:
    assert format_of(IMAGES, "image/JPG") == "jpeg"
    assert format_of(DOCUMENTS, "text/plain; charset=utf-8") == "txt"
    assert format_of(IMAGES, "application/pdf") is None
    assert media_type(IMAGES, "avif") == "avif"


def test_an_address_says_its_format() -> None:
    assert format_of_address(IMAGES, "s3://b/a.JPG") == "jpeg"
    assert format_of_address(DOCUMENTS, "s3://b/a.pdf") == "pdf"
    assert format_of_address(DOCUMENTS, "s3://b/a") is None
