"""Rules that several vendors share: calls beside their results, names, schemas. Asserts."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

PLAIN_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
UNIONS = {"anyOf", "oneOf", "allOf"}

Said = tuple[str, str]
"""A call or a result, and its id; ("", "") for anything else that is said."""


def answered(said: Iterable[Said]) -> None:
    """Assert that each call is answered before anything else is said, and nothing else is.

    Further calls, and what stands beside them in one turn, must be left out or come first.
    """
    waiting: Counter[str] = Counter()
    has_results = False
    for what, id_ in said:
        if what == "call":
            assert not (has_results and waiting), f"{waiting} without a result"
            has_results = False
            assert not waiting[id_], f"two calls {id_} in a turn"
            waiting[id_] += 1
        elif what == "result":
            has_results = True
            assert waiting[id_], f"a result of no call {id_}"
            waiting -= Counter([id_])
        else:
            assert not waiting, f"{waiting} without a result"
    assert not waiting, f"{waiting} without a result"


def takes_object(schema: dict[str, Any]) -> None:
    """Assert that a tool's arguments are plainly an object."""
    assert schema.get("type", "object") == "object"
    assert not UNIONS & schema.keys()


def named(names: Iterable[str], pattern: re.Pattern[str] = PLAIN_NAME) -> None:
    for name in names:
        assert pattern.fullmatch(name), name
