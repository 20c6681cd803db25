"""In which line of a TOML file a path stands. Approximate by design: only for messages.

It reads headers and keys, not values.
"""

import re

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.|=|$)""")
_HEADER = re.compile(r"\s*\[\[?(.*?)\]\]?\s*(?:#.*)?$")
_MULTILINE = ('"""', "'''")


def find_line(text: str, path: str) -> int | None:
    """Return the line (from 1) of `path` (`routes.assistant.targets[1]`).

    Where that is not found, the line of the nearest table around it; None when there is none.
    """
    wanted = _split(re.sub(r"(\[[0-9]+\])+", "", path))
    if not wanted:
        return None
    places = _places(text)
    for length in range(len(wanted), 0, -1):
        line = places.get(wanted[:length])
        if line is not None:
            return line
    return None


def _places(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of every key and table of the file."""
    places: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if line.lstrip().startswith("["):
            match = _HEADER.match(line)
            found = _split(match[1]) if match else ()
            table = found or table
            places.setdefault(table, number)
            continue
        key, _, value = line.partition("=")
        inside = _split(key) if value else ()
        for length in range(1, len(inside) + 1):
            places.setdefault(table + inside[:length], number)
        quote = next((mark for mark in _MULTILINE if value.count(mark) == 1), "")
    return places


def _split(dotted: str) -> tuple[str, ...]:
    """Return the parts of a dotted key, unquoted; () for what is none."""
    parts: list[str] = []
    at = 0
    while at < len(dotted):
        match = _PART.match(dotted, at)
        if match is None:
            return ()
        parts.append(next(part for part in match.groups()[:3] if part is not None))
        at = match.end()
    return tuple(parts)
