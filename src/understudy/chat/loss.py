"""Loss: what a target cannot carry, said aloud."""

import enum

import msgspec


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
        return f"~{self.path}" if self.change is Change.CHANGED else self.path
