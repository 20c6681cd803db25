"""Ids that this dialect demands and others do not give: of responses, and of their items.

An item's id says by its beginning what it is, and has at most 64 characters (OpenAI refuses others
in an input). Ids are made of what is known, never drawn: the same answer gets the same ids.
"""

import hashlib
import re

LONGEST = 64
STRONG = 20
"""Ids of fewer characters are counted or guessed by small servers, and come again."""

FOREIGN = "rs_us"
"""Begins the ids of thoughts that a model of another dialect had."""

_UNUSUAL = re.compile(r"[^a-zA-Z0-9_-]")
_DIGITS = 48


def response_id(said: str, *salt: object) -> str:
    """The id of a response: what its provider called it, unless others may be called that, too."""
    least = STRONG // 2 if said.startswith("resp_") else STRONG
    if len(said) >= least and _UNUSUAL.search(said) is None:
        return said
    return f"resp_{_digest(said, *salt)}"


def item_id(prefix: str, response: str, number: int) -> str:
    """The id of an item of a response."""
    start = response.removeprefix("resp_")
    if len(start) > LONGEST - len(prefix) - 5:
        start = _digest(start)
    return f"{prefix}_{start}_{number}"


def _digest(*values: object) -> str:
    text = "\0".join(str(value) for value in values)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
