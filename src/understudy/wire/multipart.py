"""Forms with files: `multipart/form-data` (RFC 7578, RFC 2046 §5.1), read from a body that is there
and written anew. Bounded, and strict: what two readers could take differently is refused.

A body begins with its boundary, so the header field is not needed to read one.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

MOST_PARTS = 128
MOST_HEAD_BYTES = 4096
"""Of one part."""

_AS_IT_IS = frozenset({b"binary", b"8bit", b"7bit"})

_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])\r\n")
_PARAMETER = re.compile(
    rb';[ \t]*([A-Za-z]+\*?)[ \t]*=[ \t]*("(?:[^"\\\r\n]|\\[\x20-\x7e])*"|[^";\r\n \t]+)'
)


class FormError(Exception):
    """The body is no form, or not one that can be read in one way only."""


class Part(NamedTuple):
    """One field. `start` and `end` say where its data stand in the body that it was read from."""

    name: str
    data: bytes
    filename: str | None = None
    media: str | None = None
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        """Its data as text. Raises: FormError."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            raise FormError(f"{self.name}: expected text in UTF-8") from None


def is_form(body: bytes) -> bool:
    """Whether a body looks like a form, and not like JSON."""
    return body.startswith(b"--")


def boundary_of(body: bytes) -> bytes:
    """The boundary that a body begins with. Raises: FormError."""
    found = _BOUNDARY.match(body)
    if found is None:
        raise FormError("expected a form that begins with its boundary")
    return found[1]


def content_type(boundary: bytes) -> bytes:
    """The header field's value for a form."""
    return b"multipart/form-data; boundary=" + (
        boundary if re.fullmatch(rb"[0-9A-Za-z'+_.-]+", boundary) else b'"%b"' % boundary
    )


def read_form(body: bytes) -> list[Part]:
    """All parts, in order. Raises: FormError."""
    boundary = boundary_of(body)
    mark = b"\r\n--" + boundary
    at = len(boundary) + 2  # behind the first, which has no line before it
    parts: list[Part] = []
    while True:
        if body.startswith(b"--", at):
            if body.count(b"--" + boundary) > len(parts) + 1:
                raise FormError("expected the boundary nowhere but between parts")
            return parts
        if not body.startswith(b"\r\n", at):
            raise FormError("expected a line's end behind a boundary")
        if len(parts) == MOST_PARTS:
            raise FormError(f"expected at most {MOST_PARTS} parts")
        end = body.find(mark, at)
        if end < 0:
            raise FormError("expected a boundary at the end of the form")
        parts.append(_part(body, at + 2, end))
        at = end + len(mark)


def write_form(parts: Sequence[Part]) -> tuple[bytes, bytes]:
    """A form and its content type. The boundary follows from the data, and is in none of them."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.data)
    boundary = b"understudy" + digest.hexdigest().encode()
    pieces: list[bytes] = []
    for part in parts:
        head = b'--%b\r\ncontent-disposition: form-data; name="%b"' % (boundary, _quoted(part.name))
        if part.filename is not None:
            head += b'; filename="%b"' % _quoted(part.filename)
        if part.media is not None:
            media = part.media.encode("ascii", "replace")
            head += b"\r\ncontent-type: " + media.translate(None, b"\r\n")
        pieces += [head, b"\r\n\r\n", part.data, b"\r\n"]
    pieces.append(b"--%b--\r\n" % boundary)
    return b"".join(pieces), content_type(boundary)


def _part(body: bytes, start: int, end: int) -> Part:
    gap = body.find(b"\r\n\r\n", start, min(end + 4, start + MOST_HEAD_BYTES))
    if gap < 0 or gap + 4 > end:
        raise FormError("expected header fields, and an empty line behind them, in each part")
    head = _fields(body[start:gap])
    if head.get(b"content-transfer-encoding", b"binary").lower() not in _AS_IT_IS:
        raise FormError("expected data as they are, found a transfer encoding")
    said = _parameters(head.get(b"content-disposition", b""))
    name, media = said.get("name"), head.get(b"content-type")
    if name is None:
        raise FormError("expected each part to have a name")
    kind = None if media is None else media.decode("latin-1")
    return Part(name, body[gap + 4 : end], said.get("filename"), kind, gap + 4, end)


def _fields(head: bytes) -> dict[bytes, bytes]:
    """A part's header fields, each said once, on lines that nobody counts otherwise."""
    found: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n"):
        field, colon, value = line.partition(b":")
        if not colon or b"\n" in line or b"\r" in line:
            raise FormError("expected a header field on each line of a part's head")
        name = field.strip().lower()
        if name in found:
            raise FormError("a part says a header field twice")
        found[name] = value.strip()
    return found


def _parameters(value: bytes) -> dict[str, str]:
    """Parameters of a header field; a name that is said twice is refused."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        name = match[1].decode().lower()
        if name in found or name == "name*":  # which RFC 7578 §4.2 has no room for
            raise FormError(f"a part says its {name} twice, or in code")
        text = match[2]
        if text.startswith(b'"'):
            text = re.sub(rb"\\(.)", rb"\1", text[1:-1])
        found[name] = text.decode(errors="replace")
    return found


def _quoted(text: str) -> bytes:
    """As browsers write names (HTML, "Multipart form data")."""
    return (
        text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22").replace("\\", "%5C")
    ).encode()
