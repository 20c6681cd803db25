"""The owner's own regular expressions: which of them may be run on other people's text.

Python's engine backtracks and cannot be stopped, so what could take exponential time is refused:
a repeat or a choice inside a repeat. Raises InvalidPattern.
"""

import re
from typing import Final

from understudy.journal.detectors import Detector

MANY: Final = 10
"""A repeat of up to this many is not counted as one."""

MOST_REPEATS: Final = 3
"""Repeats side by side cost a power of the text's length each; texts are searched in parts of
2,048 characters, and this many of them are bearable."""

_CLASS: Final = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_BOUNDS: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")


class InvalidPattern(ValueError):
    """A pattern that is no regular expression, or one that may take too long."""


def custom_detector(pattern: str, name: str = "custom") -> Detector:
    """Return the detector of one pattern of the owner's.

    Raises: InvalidPattern.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InvalidPattern(f"found {pattern!r}, expected a regular expression: {error}") from None
    _refuse_explosive(pattern)
    return Detector(name, (), compiled, window=2048, least=1)


def _refuse_explosive(pattern: str) -> None:
    """Read the pattern once; a group on the stack is [has a repeat, has a choice]."""
    groups: list[list[bool]] = [[False, False]]
    closed: list[bool] | None = None
    repeats = 0
    place = 0
    while place < len(pattern):
        char = pattern[place]
        step = _step(pattern, place)
        if char == "(":
            groups.append([False, False])
        elif char == "|":
            groups[-1][1] = True
        elif char == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1][0] |= closed[0]
            place += 1
            continue
        elif _is_many(pattern, place):
            if closed is not None and any(closed):
                inside = "a repeat" if closed[0] else "a choice"
                raise InvalidPattern(
                    f"found {pattern!r}, where {inside} is repeated without a small bound and may "
                    f"take very long; expected at most {{0,{MANY}}} there"
                )
            groups[-1][0] = True
            repeats += 1
        closed = None
        place += step
    if repeats > MOST_REPEATS:
        raise InvalidPattern(
            f"found {pattern!r} with {repeats} repeats without a small bound, expected at most "
            f"{MOST_REPEATS}: give the others one, as in {{0,{MANY}}}"
        )


def _step(pattern: str, place: int) -> int:
    """Return how many characters the thing at `place` takes."""
    if pattern[place] == "\\":
        return 2
    if pattern[place] == "[":
        match = _CLASS.match(pattern, place)
        return match.end() - place if match else 1
    bounds = _BOUNDS.match(pattern, place)
    return bounds.end() - place if bounds else 1


def _is_many(pattern: str, place: int) -> bool:
    if pattern[place] in "*+":
        # A second + after a quantifier makes it possessive; it is no repeat of its own.
        return place > 0 and pattern[place - 1] not in "*+?}(" or pattern[place - 1] == "\\"
    bounds = _BOUNDS.match(pattern, place)
    if bounds is None or bounds[0] == "{}":
        return False
    low, comma, high = bounds.groups()
    most = high if comma else low
    return not most or int(most) > MANY
