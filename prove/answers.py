"""Whole answers whose primary dies at a random instant: is each complete to its last byte?"""

from prove import Row
from prove.breaks import FAST, FULL, Size, conditions, run_modes
from prove.command import main
from prove.verdict import Tally


def run(*, fast: bool) -> list[Row]:
    """Measure with 10,000 broken answers, or with 200."""
    return rows(FAST if fast else FULL)


def rows(size: Size) -> list[Row]:
    """One row for each mode."""
    tallies = run_modes(size, stream=False)
    return [_row(mode, tally, size) for mode, tally in tallies.items()]


def _row(mode: str, tally: Tally, size: Size) -> Row:
    return Row(
        name=f"whole answers, primary killed by {mode}",
        goal="0 failed, byte-complete",
        measured=tally.told(),
        passed=not tally.wrong and tally.hit >= size.hits,
        conditions=conditions(tally, size),
        n=tally.hit,
    )


main(__name__, run)
