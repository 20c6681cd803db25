"""`python -m prove`: run every proof, keep what was measured, publish it."""

import argparse
import importlib
import importlib.util
import sys
import time
from pathlib import Path

from prove import MODULES, report
from prove.command import say, table


def main() -> int:
    """Returns the exit code: 1 where a figure is missed or a proof broke off."""
    parser = argparse.ArgumentParser(prog="python -m prove", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="small sizes, kept nowhere")
    parser.add_argument("--only", action="append", choices=MODULES, help="may be given repeatedly")
    parser.add_argument("--write", type=Path, help="make this page from the results kept; no run")
    options = parser.parse_args()
    if options.write is not None:
        options.write.write_text(report.page(report.load()))
        return 0
    is_good = True
    for name in options.only or MODULES:
        is_good &= _prove(name, is_fast=options.fast)
    return 0 if is_good else 1


def _prove(name: str, *, is_fast: bool) -> bool:
    """Run one module; a full run's rows are kept at once, so that a later crash loses nothing."""
    if importlib.util.find_spec(f"prove.{name}") is None:
        print(f"MISSED {name}: not written yet")
        return False
    say(f"== {name}")
    began = time.monotonic()
    rows = importlib.import_module(f"prove.{name}").run(fast=is_fast)
    result = report.measured(rows, is_fast=is_fast, seconds=time.monotonic() - began)
    print(table(rows), flush=True)
    if not is_fast:
        report.store({name: result})
    return all(row.passed for row in rows)


if __name__ == "__main__":
    sys.exit(main())
