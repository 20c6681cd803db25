"""How a proof is started: `python -m prove.<module> [--fast] [--json]`, and what it prints."""

import argparse
import sys
from collections.abc import Callable, Sequence

import msgspec

from prove import Row


def main(module: str, run: Callable[..., list[Row]]) -> None:
    """Run one proof where `module` is `__main__`; the exit code is 1 where a figure is missed."""
    if module != "__main__":
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast", action="store_true", help="a small run: seconds, not minutes")
    parser.add_argument("--json", action="store_true", help="rows as JSON, one array")
    options = parser.parse_args()
    rows = run(fast=options.fast)
    print(msgspec.json.encode(rows).decode() if options.json else table(rows))
    sys.exit(0 if all(row.passed for row in rows) else 1)


def table(rows: Sequence[Row]) -> str:
    """Rows for a person at a terminal."""
    lines = []
    for row in rows:
        lines.append(f"{'met   ' if row.passed else 'MISSED'} {row.name}: {row.measured}")
        lines.append(f"       goal {row.goal}; n = {row.n:,}; {row.conditions}")
    return "\n".join(lines)


def say(text: str) -> None:
    """Tell how far it is, on stderr."""
    print(text, file=sys.stderr, flush=True)
