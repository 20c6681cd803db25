"""Backoff: how long to wait before the same target is tried again. Randomness is an argument."""

from collections.abc import Callable


def full_jitter(
    retries: int, draw: Callable[[], float], *, base: float = 0.25, cap: float = 8.0
) -> float:
    """Return a delay in seconds, uniform between 0 and min(cap, base x 2^retries).

    `retries` counts those already made on this target; `draw` returns a number in [0, 1). Full
    jitter spreads callers that failed together over the whole interval instead of letting them
    come back together (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
    """
    assert retries >= 0
    # The exponent is bounded so that the power cannot overflow.
    return draw() * min(cap, base * 2.0 ** min(retries, 32))
