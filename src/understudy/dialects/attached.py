"""Files inside a request that is to be translated: their bytes are base64, and pictures are of the
type that they say.

Vendors answer with 400 what is not so, Claude even a JPEG that is called a PNG ("Vision"), which
others take. Who stays in their own dialect hears it of their provider. Sources: RFC 4648 (both
alphabets), November 2026.
"""

import binascii

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Audio, Document, Image, Inline, Part, ToolResult
from understudy.chat.request import Request
from understudy.wire.filetype import ENOUGH, file_type

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n\t "
_BEGINNING = ENOUGH * 4 // 3
"""Letters of base64."""

_UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_OTHER_WORDS = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}


def with_good_files(request: Request, losses: list[Loss]) -> Request:
    """The request with pictures called what they are. Adds to `losses` what changed.

    Raises: InvalidRequest for bytes that are no base64, and for a picture of another kind of file.
    """
    messages = list(request.messages)
    for number, message in enumerate(messages):
        place = f"messages[{number}].parts"
        parts = tuple(_good(part, f"{place}[{k}]", losses) for k, part in enumerate(message.parts))
        if any(new is not old for new, old in zip(parts, message.parts, strict=True)):
            messages[number] = msgspec.structs.replace(message, parts=parts)
    return msgspec.structs.replace(request, messages=tuple(messages))


def _good(part: Part, path: str, losses: list[Loss]) -> Part:
    match part:
        case Image(source=Inline() as source):
            _check("picture", source)
            kind = _kind(source)
            if kind == source.media_type:
                return part
            reason = f"said as {kind}, which its bytes are, not {source.media_type[:40]!r}"
            if _OTHER_WORDS.get(source.media_type, source.media_type) not in {kind, ""}:
                losses.append(Loss(f"{path}.media_type", reason, Change.CHANGED))
            return msgspec.structs.replace(part, source=Inline(kind, source.data_base64))
        case Document(source=Inline() as source):
            _check("document", source)
        case Audio(source=Inline() as source):
            _check("sound", source)
        case ToolResult():
            return _good_result(part, path, losses)
        case _:
            pass
    return part


def _good_result(result: ToolResult, path: str, losses: list[Loss]) -> ToolResult:
    content = [_good(each, f"{path}.content[{k}]", losses) for k, each in enumerate(result.content)]
    if all(new is old for new, old in zip(content, result.content, strict=True)):
        return result
    return msgspec.structs.replace(result, content=tuple(content))


def _check(what: str, source: Inline) -> None:
    """Raises: InvalidRequest."""
    data = source.data_base64
    try:
        others = data.encode("ascii").translate(None, _LETTERS).decode()
    except UnicodeEncodeError:
        others = next(letter for letter in data if not letter.isascii())
    if others:
        raise InvalidRequest("", f"expected the bytes of a {what} as base64, found {others[:1]!r}")
    if not data.strip(" \r\n\t="):
        raise InvalidRequest("", f"expected the bytes of a {what} as base64, found none")


def _kind(source: Inline) -> str:
    """The type of a picture: as its bytes say, else as the caller does. Raises: InvalidRequest."""
    try:
        start = binascii.a2b_base64(source.data_base64[:_BEGINNING])
    except binascii.Error:  # it is shorter than that
        start = b""
    kind = file_type(start)
    if kind is not None and kind.startswith("image/"):
        return kind
    said = source.media_type
    if said.lower() not in _UNSAID and not said.lower().startswith("image/"):
        raise InvalidRequest("", f"expected a picture, found a file of type {said[:40]!r}")
    return said
