"""Files that a request brings along: how many, how large, and what is too much of them for whom."""

from understudy.chat.endpoint import Attached, FileLimits
from understudy.chat.parts import Document, Image, Inline, Part, Source, ToolResult
from understudy.chat.request import Request

_PDF = "application/pdf"


def attached(request: Request, size: int) -> Attached:
    """Count the files of a request of `size` bytes, those in results of tools as well.

    What is given by its address or its id counts, and has no size that is known.
    """
    pictures, documents = 0, 0
    picture, document = 0, 0
    for part in _files(request):
        if isinstance(part, Image):
            pictures += 1
            picture = max(picture, _size(part.source))
        else:
            documents += 1
            if not (isinstance(part.source, Inline) and part.source.media_type == _PDF):
                document = max(document, _size(part.source))
    if not pictures and not documents:
        return Attached()
    return Attached(pictures, documents, picture, document, size)


def too_much(found: Attached, most: FileLimits) -> str | None:
    """Return what of a request's files is too much for a host; None where it takes them."""
    for what, count, limit in (
        ("pictures", found.pictures, most.pictures),
        ("documents", found.documents, most.documents),
    ):
        if limit is not None and count > limit:
            return f"takes {limit} {what}, the request has {count}"
    for what, size, limit in (
        ("a picture", found.picture_bytes, most.picture_bytes),
        ("a document", found.document_bytes, most.document_bytes),
        ("a request with files", found.request_bytes, most.request_bytes),
    ):
        if limit is not None and size > limit:
            return f"takes {what} of {limit} bytes, found one of {size}"
    return None


def _files(request: Request) -> list[Image | Document]:
    found: list[Image | Document] = []
    for message in request.messages:
        for part in message.parts:
            inner: tuple[Part, ...] = part.content if isinstance(part, ToolResult) else (part,)
            found += [each for each in inner if isinstance(each, Image | Document)]
    return found


def _size(source: Source) -> int:
    """Bytes of a file, as far as they are here."""
    if not isinstance(source, Inline):
        return 0
    return len(source.data_base64.rstrip("=")) * 3 // 4
