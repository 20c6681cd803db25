"""Bytes that are none, and pictures that are called what they are not."""

import base64

import pytest

from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Audio, Document, Image, Inline, Part, Text, ToolResult, Url
from understudy.chat.request import Message, Request, Role
from understudy.dialects.attached import with_good_files


def of(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


PNG = of(b"\x89PNG\r\n\x1a\n rest")
JPEG = of(b"\xff\xd8\xff\xe0 rest of it")
WEBP = of(b"RIFF\x00\x00\x00\x00WEBP rest")


def asked(*parts: Part) -> Request:
    return Request("m", (Message(Role.USER, (Text("see"), *parts)),))


def seen(part: Part) -> tuple[Part, list[Loss]]:
    losses: list[Loss] = []
    return with_good_files(asked(part), losses).messages[0].parts[1], losses


@pytest.mark.parametrize(
    "data", ["%%%%", "ab$d", "${IMAGE}", "abc…", "", " \n", " ===", "data:image/png;base64,abcd"]
)
@pytest.mark.parametrize("kind", [Image, Document, Audio])
def test_what_is_no_base64_is_refused(kind: type[Image], data: str) -> None:
    for part in (kind(Inline("image/png", data)), ToolResult("1", (kind(Inline("", data)),))):
        with pytest.raises(InvalidRequest, match="as base64, found"):
            with_good_files(asked(part), [])


@pytest.mark.parametrize("data", [PNG, f"{PNG[:8]}\r\n{PNG[8:]}", "_-8=", "abc", "YQ"])
def test_every_way_to_write_base64_is_taken(data: str) -> None:
    part = Image(Inline("image/png", data))
    assert seen(part) == (part, [])


@pytest.mark.parametrize(
    ("data", "said", "kind", "is_told"),
    [
        (JPEG, "image/png", "image/jpeg", True),
        (PNG, "image/jpeg", "image/png", True),
        (WEBP, "application/octet-stream", "image/webp", True),
        (of(b"GIF89a rest of it"), "text/html", "image/gif", True),
        (PNG, "", "image/png", False),
        (JPEG, "image/jpg", "image/jpeg", False),
        (PNG, "image/png", "image/png", False),
        (of(b"else that nobody knows"), "image/avif", "image/avif", False),
        (of(b"else that nobody knows"), "", "", False),
    ],
)
def test_a_picture_is_called_what_it_is(data: str, said: str, kind: str, *, is_told: bool) -> None:
    part, losses = seen(Image(Inline(said, data), "low"))
    assert part == Image(Inline(kind, data), "low")
    assert [loss.change for loss in losses] == [Change.CHANGED] * is_told


@pytest.mark.parametrize("said", ["text/html", "application/pdf", "a\r\nb"])
def test_a_file_that_is_no_picture_is_refused_as_one(said: str) -> None:
    with pytest.raises(InvalidRequest, match="expected a picture, found a file of type"):
        seen(Image(Inline(said, of(b"<html> and more of it"))))


def test_a_picture_in_a_result_is_looked_at_too() -> None:
    result, losses = seen(ToolResult("1", (Text("a"), Image(Inline("image/png", JPEG)))))
    assert isinstance(result, ToolResult)
    assert result.content[1] == Image(Inline("image/jpeg", JPEG))
    assert [loss.path for loss in losses] == ["messages[0].parts[1].content[1].media_type"]


def test_all_else_stays_the_same_object() -> None:
    for part in (Text("a"), Image(Url("http://a")), Document(Inline("text/plain", of(b"a")))):
        assert seen(part) == (part, [])
