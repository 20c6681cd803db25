"""Complaints: the words of an error body, whatever its shape, made short and printable."""

from understudy.dialects.pages import describe_page

MESSAGE_CHARS = 2000


def word(value: object) -> str | None:
    """A code or type as text; None for what is no word."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def plain(body: bytes) -> str:
    """What can be said of a body that is no error object."""
    page = describe_page(body)
    if page is not None:
        return page
    return short(body.lstrip()[: 4 * MESSAGE_CHARS].decode(errors="replace").strip())


def short(text: str) -> str:
    """A message of at most MESSAGE_CHARS."""
    return text if len(text) <= MESSAGE_CHARS else text[: MESSAGE_CHARS - 1] + "…"
