"""Streams whose primary dies at a random instant, in five ways: is each one whole at the client?"""

from prove import Row
from prove.breaks import FAST, FULL, Size, conditions, run_modes
from prove.command import main
from prove.verdict import Tally


def run(*, fast: bool) -> list[Row]:
    """Measure with 10,000 broken streams, or with 200."""
    return rows(FAST if fast else FULL)


def rows(size: Size) -> list[Row]:
    """One row for each mode."""
    tallies = run_modes(size, stream=True)
    return [_row(mode, tally, size) for mode, tally in tallies.items()]


def _row(mode: str, tally: Tally, size: Size) -> Row:
    phases = f"{tally.phases['before']} broke before their first token, {tally.phases['within']}"
    return Row(
        name=f"streams, primary killed by {mode}",
        goal="0 failed, 0 duplicated, 0 missing tokens, exactly one finish",
        measured=f"{tally.told()}; {phases} after it",
        passed=not tally.wrong and tally.hit >= size.hits,
        conditions=conditions(tally, size),
        n=tally.hit,
    )


main(__name__, run)
