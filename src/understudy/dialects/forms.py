"""Requests that are forms with files: read with the caller's mistakes told, edited in place."""

from understudy.chat.errors import InvalidRequest
from understudy.wire.multipart import FormError, Part, boundary_of, read_form


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
            return float(said)
        except ValueError:
            raise InvalidRequest(name, f"expected a number, found {said[:40]!r}") from None

    def files(self, *names: str) -> list[Part]:
        """All files of these names, in order."""
        found = [part for part in self._parts if part.name in names]
        self._parts = [part for part in self._parts if part.name not in names]
        return found

    def rest(self) -> list[Part]:
        return self._parts


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


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
