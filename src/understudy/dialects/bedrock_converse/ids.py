"""Tool call ids that this dialect accepts: up to 64 letters, digits, `_`, `.`, `:` and `-`.

Source: the service model of botocore, ToolUseId (bedrock-runtime, 2023-09-30).
"""

import hashlib
import re

LONGEST = 64
_GOOD = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_BAD = re.compile(r"[^a-zA-Z0-9_.:-]")


def clean_id(call_id: str) -> str:
    """Keep a good id; otherwise replace what is bad, and mark it so that two stay two."""
    if _GOOD.fullmatch(call_id):
        return call_id
    mark = hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{_BAD.sub('_', call_id)[: LONGEST - 9]}_{mark}"


class CallIds:
    """Gives every call of a conversation its id, and its result the same. One for a request.

    The same request gets the same ids every time; a later turn may use an id again.
    """

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._used: set[str] = set()

    def next_turn(self) -> None:
        """The calls that follow belong to another turn of the model."""
        self._used.clear()

    def for_call(self, call_id: str) -> str:
        """The id of a call; a new one where another of its turn has the same."""
        given, number = clean_id(call_id), 2
        while given in self._used:
            given = f"{clean_id(call_id)[: LONGEST - 4]}_{number}"
            number += 1
        self._used.add(given)
        self._given[call_id] = given
        return given

    def for_result(self, call_id: str) -> str:
        """The id of the latest call of that id."""
        return self._given.get(call_id) or clean_id(call_id)
