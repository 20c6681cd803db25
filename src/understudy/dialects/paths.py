"""Paths: which dialect a request speaks by where it goes, and what its path says.

A path is fixed, or has names in braces: `/v1beta/models/{model}:generateContent`. `{model}` may be
anything, slashes too; other names stop at a slash. Values are percent-decoded.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from understudy.dialects.base import Dialect

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_NAME = re.compile(r"\{([a-z_]+)\}")


class Paths:
    """All paths that are served. Fixed ones are looked up, the others tried in turn."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        self._fixed: dict[bytes, Dialect] = {}
        self._patterns: list[tuple[str, Dialect]] = []
        for dialect in dialects.values():
            for path in dialect.chat_paths():
                if "{" in path:
                    self._patterns.append((path, dialect))
                else:
                    self._fixed[path.encode()] = dialect

    def find(self, path: bytes) -> Dialect | None:
        """Return the dialect that is spoken at a path (without a query)."""
        found = self._fixed.get(path)
        if found is not None:
            return found
        text = path.decode("latin-1")
        for pattern, dialect in self._patterns:
            if matched(text, (pattern,)) is not None:
                return dialect
        return None

    def served(self) -> list[str]:
        """Return all paths, for people."""
        return sorted(
            [*(path.decode() for path in self._fixed), *(path for path, _ in self._patterns)]
        )


def matched(path: str, patterns: Sequence[str]) -> Mapping[str, str] | None:
    """Return what a path (a query is left out) says by the first pattern that it fits."""
    path = path.partition("?")[0]
    for pattern in patterns:
        found = _compiled(pattern).fullmatch(path)
        if found is not None:
            return {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def ends_as(path: str, pattern: str) -> bool:
    """Return whether a path ends as the pattern does, whatever base address stands before it."""
    start = pattern.removeprefix("/v1").removeprefix("beta")
    return _compiled("{model}" + start).fullmatch("/" + path.partition("?")[0]) is not None


def unquote(text: str) -> str:
    """Take percent-encoding away (RFC 3986 §2.1); what is no UTF-8 then is replaced."""
    if "%" not in text:
        return text
    octets = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode())
    return octets.decode(errors="replace")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    out, end = "", 0
    seen: set[str] = set()
    for found in _NAME.finditer(pattern):
        name = found[1]
        kind = ".+" if name == "model" else "[^/]+"
        out += re.escape(pattern[end : found.start()])
        out += f"(?P<{name}>{kind})" if name not in seen else f"(?:{kind})"
        seen.add(name)
        end = found.end()
    return re.compile(out + re.escape(pattern[end:]))
