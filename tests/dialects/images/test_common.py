import pytest

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.images.common import check_count, media_of, nearest, read_size
from understudy.wire.multipart import Part, write_form


def test_sizes():
    assert read_size("1024x768", "size") == (1024, 768)
    assert read_size("auto", "size") is None
    for wrong in ("big", "0x5", "99999x1", "1x", "-1x2", "1024x1024x1"):
        with pytest.raises(InvalidRequest):
            read_size(wrong, "size")


def test_counts():
    assert check_count(None, "n") is None
    for wrong in (0, -1, 99):
        with pytest.raises(InvalidRequest):
            check_count(wrong, "n")


def test_the_nearest_ratio():
    ratios = {"1:1": 1.0, "16:9": 16 / 9, "9:16": 9 / 16}
    assert nearest((1024, 1024), ratios) == "1:1"
    assert nearest((1536, 1024), ratios) == "16:9"
    assert nearest((1024, 1792), ratios) == "9:16"


def test_kinds_of_pictures():
    assert media_of(b"\xff\xd8\xff") == "image/jpeg"
    assert media_of(b"RIFF....WEBP") == "image/webp"
    assert media_of(b"GIF89a") == "image/gif"
    for other in (b"\x89PNG", b"%PDF-1.7", b""):
        assert media_of(other) == "image/png"


def test_a_change_needs_a_target_that_changes():
    dialect = OPERATIONS["openai_images"]
    form, _ = write_form([Part("prompt", b"p"), Part("image", b"x", "a.png")])
    needs = dialect.glance(form, "/v1/images/edits").needs.capabilities
    assert needs == {Capability.EDITS}
    assert not dialect.glance(b'{"prompt":"p"}', "/v1/images/generations").needs.capabilities
