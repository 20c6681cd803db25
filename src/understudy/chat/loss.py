"""Loss: what a target cannot carry, said aloud."""

import enum
import re

import msgspec

LONGEST_TOKEN = 120
"""Characters. A path may hold names that the client made up."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Change(enum.Enum):
    DROPPED = "dropped"
    CHANGED = "changed"


class Loss(msgspec.Struct, frozen=True, order=True):
    """`path` is where in the neutral request or answer (`sampling.top_k`,
    `messages[3].parts[0]`).
    """

    path: str
    reason: str
    change: Change = Change.DROPPED

    @property
    def token(self) -> str:
        """A short form for a receipt header: the path, marked ~ where it was changed, not
        dropped.
        """
        path = self.path
        if len(path) > LONGEST_TOKEN:
            path = path[:LONGEST_TOKEN] + "..."
        if not path.isprintable():
            path = _CONTROL.sub("?", path)
        return f"~{path}" if self.change is Change.CHANGED else path
