"""Rows of text in aligned columns, for people."""

from collections.abc import Sequence


def align(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return one line for each row, its cells under each other, two spaces between them."""
    widths: list[int] = []
    for row in rows:
        for column, cell in enumerate(row):
            if column == len(widths):
                widths.append(0)
            widths[column] = max(widths[column], len(cell))
    return [
        indent
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
