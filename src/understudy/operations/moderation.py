"""Moderation: inputs in, and of each in which categories it is harmful, and how surely.

A category is named as OpenAI names it where both labs judge the same thing, else as its lab does.
"""

import msgspec


class ModerationTask(msgspec.Struct, frozen=True):
    """`inputs` are texts, or typed parts as the caller wrote them: one input, of which `is_list` is
    not true, may be an array of such.
    """

    inputs: tuple[str | msgspec.Raw, ...]
    is_list: bool = True


class Verdict(msgspec.Struct, frozen=True):
    """`flagged` None: the lab does not say it; any category that it flags is meant."""

    categories: dict[str, bool]
    scores: dict[str, msgspec.Raw]
    flagged: bool | None = None

    @property
    def is_flagged(self) -> bool:
        return any(self.categories.values()) if self.flagged is None else self.flagged


class Moderated(msgspec.Struct, frozen=True):
    """One verdict for each input."""

    verdicts: tuple[Verdict, ...]
