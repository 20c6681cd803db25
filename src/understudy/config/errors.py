"""What can be wrong with a configuration.

Exception
├── ConfigError    one or more problems, each with its place; shows them all
└── Unfit          (a ValueError) one value cannot be read; becomes a problem of a ConfigError
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One mistake.

    `path` is where in the TOML (`routes.assistant.targets[1]`), empty for the whole file.
    `found`, `expected` and `hint` are for people, in lower case, without any secret; `line`
    counts from 1, None where it is not known.
    """

    path: str
    found: str
    expected: str = ""
    hint: str = ""
    line: int | None = None

    def lines(self, file: str) -> list[str]:
        """Return the problem as lines of text, its place first."""
        place = file if self.line is None else f"{file}, line {self.line}"
        head = f"{place}: {self.path}" if self.path else place
        rows = (("found", self.found), ("expected", self.expected), ("hint", self.hint))
        return [head, *(f"  {word:<9} {text}" for word, text in rows if text)]


class ConfigError(Exception):
    """The configuration cannot be used. `file` names where it came from."""

    def __init__(self, problems: Sequence[Problem], file: str = "configuration") -> None:
        self.problems = tuple(problems)
        self.file = file
        count = len(self.problems)
        blocks = ["\n".join(problem.lines(file)) for problem in self.problems]
        if count > 1:
            blocks.insert(0, f"{count} problems")
        super().__init__("\n".join(blocks))


class Unfit(ValueError):
    """A value that its field cannot take, said without showing more of it than is safe."""

    def __init__(self, found: str, expected: str, hint: str = "") -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected
        self.hint = hint


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the known word most like `word`, or an empty text."""
    by_fold = {name.lower(): name for name in sorted(known)}
    close = get_close_matches(word.lower(), list(by_fold), n=1, cutoff=0.6)
    return f'did you mean "{by_fold[close[0]]}"?' if close else ""


def join_names(names: Iterable[str], limit: int = 12) -> str:
    """Return names in order, comma separated; beyond `limit` only how many more there are."""
    ordered = sorted(names)
    shown = ", ".join(ordered[:limit])
    more = len(ordered) - limit
    return f"{shown} and {more} more" if more > 0 else shown
