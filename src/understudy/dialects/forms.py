"""Requests that are forms with files: read with the caller's mistakes told, edited in place."""

import math
from collections.abc import Mapping

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.reading import Raws
from understudy.wire.multipart import FormError, Part, boundary_of, content_type, is_form, read_form

_encode = msgspec.json.encode


class Fields:
    """The parts of a form. Each `take` removes one; `rest` is what nobody took.

    All methods raise InvalidRequest.
    """

    def __init__(self, body: bytes) -> None:
        self._parts = read_parts(body)

    def text(self, name: str) -> str | None:
        """A field that is there once at most."""
        found = [part for part in self._parts if part.name == name]
        if len(found) > 1:
            raise InvalidRequest(name, "the field is given more than once")
        if not found:
            return None
        self._parts.remove(found[0])
        if found[0].filename is not None:
            raise InvalidRequest(name, "expected text, found a file")
        try:
            return found[0].text or None
        except FormError as error:
            raise InvalidRequest(name, str(error)) from None

    def need_text(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise InvalidRequest(name, "expected a text, found nothing")
        return found

    def number(self, name: str) -> float | None:
        said = self.text(name)
        if said is None:
            return None
        try:
            found = float(said)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise InvalidRequest(name, f"expected a number, found {said[:40]!r}")
        return found

    def files(self, *names: str) -> list[Part]:
        """All files of these names, in order."""
        found = [part for part in self._parts if part.name in names]
        self._parts = [part for part in self._parts if part.name not in names]
        return found

    def rest(self) -> Raws:
        """What nobody took, as the extensions of a request keep it: see `restored`."""
        kept: dict[str, list[str | _File]] = {}
        for part in self._parts:
            kept.setdefault(part.name, []).append(_kept(part))
        return {name: msgspec.Raw(_encode(said)) for name, said in kept.items()}


def form_type(body: bytes) -> bytes | None:
    """The content type of a body that is a form; None for another. Raises: InvalidRequest."""
    if not is_form(body):
        return None
    try:
        return content_type(boundary_of(body))
    except FormError as error:
        raise InvalidRequest("", f"the body is no form: {error}") from None


def read_parts(body: bytes) -> list[Part]:
    """All parts of a form. Raises: InvalidRequest."""
    try:
        return read_form(body)
    except FormError as error:
        raise InvalidRequest("", f"the body is no form: {error}") from None


def edit_form(body: bytes, fields: dict[str, str]) -> bytes:
    """Put other texts into fields; what is not there is added, every other byte stays.

    Raises: InvalidRequest.
    """
    parts = read_parts(body)
    for name, text in fields.items():
        found = [part for part in parts if part.name == name]
        if found:
            body = body[: found[0].start] + text.encode() + body[found[0].end :]
        else:
            added = b'--%b\r\ncontent-disposition: form-data; name="%b"\r\n\r\n%b\r\n'
            body = added % (boundary_of(body), name.encode(), text.encode()) + body
        parts = read_parts(body)
    return body


def texts(fields: dict[str, object]) -> list[Part]:
    """Parts for values that are there: texts, numbers, and true or false."""
    return [
        Part(name, _said(value).encode()) for name, value in fields.items() if value is not None
    ]


def restored(extensions: Mapping[str, msgspec.Raw]) -> list[Part]:
    """The parts that `Fields.rest` kept; plain values, of a request in JSON, as texts."""
    parts: list[Part] = []
    for name, raw in extensions.items():
        try:
            said = _DECODER.decode(raw)
        except msgspec.MsgspecError:
            parts += texts({name: _plain(raw)})
            continue
        for one in said:
            if isinstance(one, str):
                parts.append(Part(name, one.encode()))
            else:
                parts.append(Part(name, one.octets, one.filename, one.media))
    return parts


class _File(msgspec.Struct, frozen=True):
    """A part that is no text, as JSON can keep it: bytes are base64 there."""

    octets: bytes
    filename: str | None
    media: str | None


_DECODER = msgspec.json.Decoder(list[str | _File])


def _kept(part: Part) -> str | _File:
    if part.filename is None:
        try:
            return part.text
        except FormError:
            pass
    return _File(part.data, part.filename, part.media)


def _plain(raw: msgspec.Raw) -> object:
    value: object = msgspec.json.decode(raw)
    return value if isinstance(value, str | int | float | bool) else bytes(raw).decode()


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
