"""Permit: leave to make one call through one failure domain. A value; `breaker` gives it."""

from typing import Final

import msgspec


class Permit(msgspec.Struct, frozen=True, gc=False):
    """Leave to make one call. Its outcome counts only in the same generation.

    `probe` is the number of the probe when the call tests a half-open breaker, 0 otherwise.
    """

    generation: int
    probe: int = 0


NEUTRAL: Final = Permit(-1)
"""A permit whose outcome never counts: for the call that goes through although nothing should."""
