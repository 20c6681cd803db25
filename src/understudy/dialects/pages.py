"""What is said of a page that stands where JSON was expected: a block page, a sign-in form.

The taxonomy's rows tell such pages by `<html` and by their title, so that is what is kept.
"""

import html
import re

PAGE_TYPES = frozenset({b"text/html", b"application/xhtml+xml"})
"""Media types of pages, whatever a body looks like."""

TITLE_CHARS = 120
LOOKED_AT = 8192
"""Bytes in which a page's own mark and title are looked for."""

_BLANK = b" \t\r\n\x0b\x0c\xef\xbb\xbf"
_HTML = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_TITLE = re.compile(rb"<title(?:\s[^<>]*)?>([^<]*)</title", re.IGNORECASE)


def describe_page(body: bytes) -> str | None:
    """Say what kind of page a body is, and its title; None for a body that is no markup."""
    start = body[:LOOKED_AT].lstrip(_BLANK)
    if not start.startswith(b"<"):
        return None
    if _HTML.search(start) is None:
        return "expected JSON, found markup that is no HTML"
    found = _TITLE.search(start)
    title = "" if found is None else _plain(found[1].decode(errors="replace"))
    return f"expected JSON, found <html>{': ' if title else ''}{title}"


def _plain(title: str) -> str:
    """One line of printable text without markup, cut to its beginning."""
    text = html.unescape(title).replace("<", " ").replace(">", " ")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 1]}…"
