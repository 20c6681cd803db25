"""Proof in numbers: every figure that Understudy promises, measured over real sockets.

A module here proves one promise (`MODULES`). Each has `def run(*, fast: bool) -> list[Row]` and
works alone, as `python -m prove.<module> [--fast] [--json]`; its last line arranges that with
`prove.command.main(__name__, run)`. `python -m prove [--fast] [--only NAME]` runs all, and
`--write docs/reliability.md` publishes them.
"""

import msgspec

MODULES = (
    "streams",
    "answers",
    "double_kills",
    "tool_kills",
    "first_token",
    "first_token_virtual",
    "brown_out",
    "partial",
    "rare",
    "recovery",
    "recovery_real",
    "simulation",
    "many_cases",
    "own_failures",
    "cancels",
)
"""In the order of the published table. One that is not there yet is reported as not measured."""


class Row(msgspec.Struct, frozen=True):
    """One figure. `goal` and `measured` are for people ("0 failed"), `passed` is the verdict.

    `conditions` says what a reader must know to judge it: processes, load, clock (real or virtual).
    `n` is how many trials stand behind it.
    """

    name: str
    goal: str
    measured: str
    passed: bool
    conditions: str
    n: int
