"""Many small cells in one test, which names every cell that fails: a test of its own costs more."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def every(cells: Iterable[T], check: Callable[[T], object]) -> None:
    """Check each cell, whatever became of those before it; fail with all that failed, by name."""
    every_one = list(cells)
    assert every_one, "there is nothing to check"
    failures: list[BaseException] = []
    for cell in every_one:
        try:
            check(cell)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - a failed cell
            error.add_note(f"in the cell {cell}")
            failures.append(error)
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {len(every_one)} cells failed", failures)
