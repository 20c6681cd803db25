"""Files of a request: counted, and held against what a host takes."""

import base64

import pytest

from understudy.chat.attached import attached, too_much
from understudy.chat.endpoint import Attached, FileLimits
from understudy.chat.parts import (
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Text,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Request, Role


def inline(media: str, size: int) -> Inline:
    return Inline(media, base64.b64encode(b"x" * size).decode())


def test_files_are_counted_wherever_they_stand() -> None:
    parts = (
        Text("look"),
        Image(inline("image/png", 10)),
        Image(Url("https://e.x/a.png")),
        Document(inline("text/csv", 7)),
        Document(inline("application/pdf", 99)),
        Document(InlineText("words")),
        Document(FileRef("f", "someone")),
        ToolResult("c", (Text("r"), Image(inline("image/png", 11)))),
    )
    found = attached(Request("m", (Message(Role.USER, parts),)), 500)
    assert found == Attached(3, 4, 11, 7, 500)


def test_a_request_without_files_has_none_however_long() -> None:
    assert attached(Request("m", (Message(Role.USER, (Text("x"),)),)), 10**9) == Attached()


@pytest.mark.parametrize(
    ("most", "why"),
    [
        (FileLimits(), None),
        (FileLimits(3, 4, 11, 7, 500), None),
        (FileLimits(pictures=2), "takes 2 pictures, the request has 3"),
        (FileLimits(documents=3), "takes 3 documents, the request has 4"),
        (FileLimits(picture_bytes=10), "takes a picture of 10 bytes, found one of 11"),
        (FileLimits(document_bytes=6), "takes a document of 6 bytes, found one of 7"),
        (FileLimits(request_bytes=1), "takes a request with files of 1 bytes, found one of 500"),
    ],
)
def test_what_is_too_much(most: FileLimits, why: str | None) -> None:
    assert too_much(Attached(3, 4, 11, 7, 500), most) == why
