"""The table itself: which combinations exist, and that none gets lost."""

from collections import Counter

from tests.matrix.cells import CELLS, ROWS, Mode, Phase, why_not
from tests.matrix.shows import is_answer

COUNTED = {
    "http": {("BEFORE", "STREAMED"): 213, ("BEFORE", "WHOLE"): 213},
    "transport": {
        ("BEFORE", "STREAMED"): 10,
        ("BEFORE", "WHOLE"): 10,
        ("HEADERS", "STREAMED"): 4,
        ("HEADERS", "WHOLE"): 4,
        ("TOKEN", "STREAMED"): 4,
        ("TOKEN", "WHOLE"): 2,
    },
    "stream": {
        ("HEADERS", "STREAMED"): 42,
        ("HEADERS", "WHOLE"): 12,
        ("TOKEN", "STREAMED"): 41,
        ("TOKEN", "WHOLE"): 12,
    },
    "semantic": {
        ("HEADERS", "STREAMED"): 17,
        ("HEADERS", "WHOLE"): 17,
        ("TOKEN", "STREAMED"): 9,
        ("TOKEN", "WHOLE"): 9,
    },
    "gateway": {
        ("BEFORE", "STREAMED"): 6,
        ("BEFORE", "WHOLE"): 6,
        ("HEADERS", "STREAMED"): 3,
        ("HEADERS", "WHOLE"): 3,
        ("TOKEN", "STREAMED"): 4,
        ("TOKEN", "WHOLE"): 3,
    },
}
UNSHOWN = {
    "gateway.cost_cap_reached",
    "gateway.overload_shed",
    "gateway.event_loop_lag",
    "gateway.clock_jump",
    "gateway.journal_unwritable",
    "gateway.continuation_diverged",
    "gateway.said_nothing",
}
"""Rows that are no matter of one answer; each says why in `cells`."""


def test_every_combination_exists_or_says_why_not():
    found: dict[str, Counter[tuple[str, str]]] = {}
    for cell in CELLS:
        found.setdefault(cell.row.surface, Counter())[cell.phase.name, cell.mode.name] += 1
    assert found == COUNTED
    reasons = [why_not(row, phase, mode) for row in ROWS for phase in Phase for mode in Mode]
    assert len(reasons) == len(ROWS) * 6
    assert sum(why is None for why in reasons) == len(CELLS) == 644
    assert all(why != "" for why in reasons)


def test_every_row_is_shown_but_those_of_the_process():
    shown = {cell.row.id for cell in CELLS}
    assert {row.id for row in ROWS} - shown == UNSHOWN & {row.id for row in ROWS}


def test_as_many_rows_are_answers_as_the_taxonomy_accepts_or_passes_on():
    accepted = {cell.row.id for cell in CELLS if is_answer(cell.row)}
    assert len(accepted) == 14
