"""A primary that fails one time in two hundred, for a day: that is no reason to move."""

from prove import Row
from prove.command import main
from prove.virtual import PRIMARY, Load, arm, play

FEW = "status(status=503,p=0.005)"
DAY = 86_400.0
RATES = (1.0, 4.0, 8.0)
"""Requests a second: where chance weighs most (docs/routing.md, "What chance shows")."""


def run(*, fast: bool) -> list[Row]:
    """Measure for a virtual day at each rate, or for half an hour."""
    return [stays(rate, DAY / 48 if fast else DAY) for rate in RATES]


def stays(rate: float, seconds: float) -> Row:
    """One failure in two hundred is no reason to move."""
    trace = play(seconds, lambda world: arm(world, 0.0, FEW), load=Load(rate=rate, tokens=2))
    share = trace.share(0.0, seconds)
    moves = sum(first != PRIMARY for _, first, _ in trace.requests)
    return Row(
        name=f"0.5 % of the primary's answers are 503, {rate:.0f} requests a second: traffic moved",
        goal=f"none in {seconds / 3600:.0f} simulated hours",
        measured=f"{moves} requests began elsewhere ({100 * (1 - share):.3f} %), "
        f"{trace.failed} clients failed",
        passed=not moves and not trace.failed,
        conditions=f"virtual: {seconds / 3600:.0f} h",
        n=len(trace.requests),
    )


main(__name__, run)
