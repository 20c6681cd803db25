"""The owner's own regular expressions: which of them may be run on other people's text.

Python's engine backtracks and cannot be stopped, so what could take exponential time is refused:
a repeat or a choice inside a repeat. Raises InvalidPattern.
"""

import re
from typing import Final

from understudy.journal.detectors import Detector

MANY: Final = 10
"""A repeat of up to this many is not counted as one."""

WINDOWS: Final = (4096, 2048, 256)
"""Repeats side by side cost a power of the text's length each. So texts are searched in parts: this
many characters long where a pattern has no repeat, one, or two. More than two are refused."""

MOST_REPEATS: Final = len(WINDOWS) - 1

_ITEM: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|\(\?[aiLmsux-]+\)|.", re.DOTALL
)
"""An escape, a class, a bound, a flag, or any one character."""

_BOUNDS: Final = re.compile(r"[*+?]|\{(?:\d+,?\d*|,\d+)\}")


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
    return Detector(name, (), compiled, window=WINDOWS[_repeats(pattern)], least=1)


def _repeats(pattern: str) -> int:
    """Count repeats, keeping for each open group whether a repeat or a choice is in it."""
    groups: list[list[bool]] = [[False, False]]
    closed: list[bool] | None = None
    was_quantifier = False
    repeats = 0
    for item in _ITEM.findall(pattern):
        is_quantifier = item[0] in "*+?{" and _BOUNDS.fullmatch(item) is not None
        if item == "(":
            groups.append([False, False])
        elif item == "|":
            groups[-1][1] = True
        elif is_quantifier and not was_quantifier and _is_many(item):
            _refuse_nested(pattern, closed)
            groups[-1][0] = True
            repeats += 1
        closed = None
        if item == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1][0] |= closed[0]
        # A quantifier behind a quantifier (`a++`, `a*?`) says how, not how often.
        was_quantifier = is_quantifier and not was_quantifier
    if repeats > MOST_REPEATS:
        raise InvalidPattern(
            f"found {pattern!r} with {repeats} repeats without a small bound, expected at most "
            f"{MOST_REPEATS}: give the others one, as in {{0,{MANY}}}"
        )
    return repeats


def _refuse_nested(pattern: str, closed: list[bool] | None) -> None:
    if closed is None or not any(closed):
        return
    inside = "a repeat" if closed[0] else "a choice"
    raise InvalidPattern(
        f"found {pattern!r}, where {inside} is repeated without a small bound and may take very "
        f"long; expected at most {{0,{MANY}}} there"
    )


def _is_many(quantifier: str) -> bool:
    if quantifier[0] != "{":
        return quantifier != "?"
    low, comma, high = quantifier.strip("{}").partition(",")
    most = high if comma else low
    return not most or int(most) > MANY
