"""Paths: which dialect a request speaks by where it goes, and what its path says.

A path is fixed, or has names in braces: `/v1beta/models/{model}:generateContent`. `{model}` may be
anything, slashes too; other names stop at a slash. Values are percent-decoded.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from understudy.dialects.base import Dialect

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_NAME = re.compile(r"\{([a-z_]+)\}")
_LONGEST = 200
"""Bytes of an unknown path that are looked at."""


LISTS = ("/v1/models", "/models", "/openai/v1/models", "/openai/models")
"""Where clients of any dialect ask which models there are."""


class Paths:
    """All paths that are served. Fixed ones are looked up, the others tried in turn: those that
    begin with the same word.

    Of two dialects with one path the first has it; none has those of `others`, whatever fits.
    """

    def __init__(
        self, dialects: Mapping[str, Dialect], others: Iterable[Sequence[str]] = ()
    ) -> None:
        self._fixed: dict[bytes, Dialect] = {}
        self._patterns: list[tuple[str, Dialect]] = []
        self._begun: dict[str, list[tuple[str, Dialect | None]]] = {}
        self._all = [(f"{LISTS[0]}/{{model}}", each) for each in list(dialects.values())[:1]]
        for dialect in dialects.values():
            for path in dialect.chat_paths():
                self._all.append((path, dialect))
                if "{" in path:
                    self._patterns.append((path, dialect))
                    self._begun.setdefault(_first(path), []).append((path, dialect))
                else:
                    self._fixed.setdefault(path.encode(), dialect)
        for path in (path for paths in others for path in paths):
            if any(matched(path, (pattern,)) is not None for pattern, _ in self._patterns):
                self._begun[_first(path)].insert(0, (path, None))

    def find(self, path: bytes) -> Dialect | None:
        """Return the dialect that is spoken at a path (without a query)."""
        found = self._fixed.get(path)
        if found is not None:
            return found
        text = path.decode("latin-1")
        for pattern, dialect in self._begun.get(_first(text), ()):
            if matched(text, (pattern,)) is not None:
                return dialect
        return None

    def lister(self, path: bytes) -> Dialect | None:
        """Return the dialect that alone lists its models at a path, or says one of them there:
        `/v1beta/models` where chat goes to `/v1beta/models/{model}:generateContent`.
        """
        text = path.decode("latin-1")
        if text in LISTS or text.startswith(tuple(f"{each}/" for each in LISTS)):
            return None
        for pattern, dialect in self._patterns:
            lists = _lists(pattern)
            if lists is not None and matched(text, (lists, f"{lists}/{{model}}")) is not None:
                return dialect
        return None

    def listed(self, path: bytes) -> str | None:
        """Return the model that a path of a list names, "" for the list, None for another path."""
        text = path.decode("latin-1")
        own = (_lists(pattern) for pattern, _ in self._patterns)
        lists = [*LISTS, *filter(None, own)]
        found = matched(text, [*lists, *(f"{each}/{{model}}" for each in lists)])
        return None if found is None else found.get("model", "")

    def likeliest(self, path: bytes) -> Dialect | None:
        """Return whose API a path is of that nobody serves: it begins as theirs do, perhaps behind
        one more word (`/upload/v1beta/files`). None where none begins so; the first of equals.
        """
        asked = path[:_LONGEST].decode("latin-1").split("/")[1:]
        for words in (asked, asked[1:]):
            best, found = 0, None
            for pattern, dialect in self._all:
                shared = _shared(words, pattern)
                if shared > best:
                    best, found = shared, dialect
            if found is not None:
                return found
        return None

    def served(self) -> list[str]:
        """Return all paths, for people."""
        return sorted(
            [*(path.decode() for path in self._fixed), *(path for path, _ in self._patterns)]
        )

    def nearest(self, path: str) -> list[str]:
        """Return the few paths that are most like one that is not served."""
        return difflib.get_close_matches(path[:200], self.served(), n=5, cutoff=0.0)


def _first(path: str) -> str:
    """The word that a path begins with; in a pattern it is never a name."""
    return path[: path.find("/", 1)]


def _shared(asked: list[str], pattern: str) -> int:
    """How many words a path and a pattern begin with alike; one with a verb counts twice."""
    count = 0
    for word, known in zip(asked, pattern.split("/")[1:], strict=False):
        is_named = known.startswith("{")
        has_verb = is_named and ":" in known
        if not word or (word != known and not is_named) or (has_verb and ":" not in word):
            break
        count += 2 if has_verb else 1
    return count


def _lists(pattern: str) -> str | None:
    """Where the models are listed that a pattern asks for chat, if it says them in such a list."""
    lists, found, _ = pattern.partition("/{model}")
    return lists if found and lists.endswith("/models") else None


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
