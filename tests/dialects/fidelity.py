"""Makes docs/fidelity.md: what each dialect carries, and what became of every recording.

`python -m tests.dialects.fidelity` writes both halves, and needs the recordings for the second.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
from tests.dialects.features import ANSWERS, PLAIN, REQUESTS
from tests.dialects.tongues.all import TONGUES
from tests.dialects.translation import (
    WAYS,
    Difference,
    asked,
    covered,
    endpoint,
    heard,
    missing,
)

from understudy.chat.events import Event
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.catalog import CHATS
from understudy.dialects.translating import translate

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
BEGIN = "<!-- what each dialect carries: begin -->"
END = "<!-- what each dialect carries: end -->"

SILENT = "SILENT"
MARKS = {None: "yes", Change.CHANGED: "changed", Change.DROPPED: "no"}


class Cell(msgspec.Struct, frozen=True):
    """How a dialect carries a feature, and why not where it does not."""

    mark: str
    reasons: tuple[str, ...] = ()


def request_cell(request: Request, target: str) -> Cell:
    """How a model that can do everything is asked for a feature."""
    where = endpoint(target, able=True)
    written, losses, _ = translate(request, CHATS[target], where)
    TONGUES[target].valid(json.loads(written.body))
    again = CHATS[target].parse_request(written.body, written.path)
    silent = [path for path, _, _ in missing(request, again) if not covered(losses, path)]
    if silent:
        return Cell(SILENT, tuple(silent))
    usual = set(translate(PLAIN, CHATS[target], where).losses)
    return _cell(loss for loss in losses if loss not in usual)


def answer_cell(events: list[Event], target: str) -> Cell:
    """How a client hears a feature of an answer, whole; a stream loses the same."""
    found = []
    for stream in (False, True):
        encoder = CHATS[target].encoder(Request("m", (), stream=stream))
        body = b"".join(encoder.send(event) for event in events)
        kind = dict(encoder.head())[b"content-type"].decode()
        TONGUES[target].hear(kind, body, stream)
        found.append(tuple(encoder.losses))
    return _cell(dict.fromkeys([*found[0], *found[1]]))


def _cell(losses: Iterable[Loss]) -> Cell:
    found = list(losses)
    changes = {loss.change for loss in found}
    worst = max(changes, key=lambda change: change is Change.DROPPED, default=None)
    return Cell(MARKS[worst], tuple(dict.fromkeys(f"{each.path}: {each.reason}" for each in found)))


def carried() -> str:
    """The first half of the page."""
    requests = {
        name: {target: request_cell(request, target) for target in TONGUES}
        for name, request in REQUESTS.items()
    }
    answers = {
        name: {target: answer_cell(events, target) for target in TONGUES}
        for name, events in ANSWERS.items()
    }
    return "\n".join(
        [
            "## Requests: what can be asked for in each dialect\n",
            *_table(requests),
            "\n## Answers: what a client hears in each dialect\n",
            *_table(answers),
            "\n## Reasons\n",
            *_reasons("asked", requests),
            *_reasons("heard", answers),
        ]
    )


def _table(rows: dict[str, dict[str, Cell]]) -> list[str]:
    out = ["| | " + " | ".join(TONGUES) + " |", "|---|" + "---|" * len(TONGUES)]
    for name, cells in rows.items():
        out.append(f"| {name} | " + " | ".join(cell.mark for cell in cells.values()) + " |")
    return out


def _reasons(verb: str, rows: dict[str, dict[str, Cell]]) -> list[str]:
    return [
        f"- {name}, {verb} in {target}: " + "; ".join(cell.reasons) + "."
        for name, cells in rows.items()
        for target, cell in cells.items()
        if cell.reasons
    ]


def measured() -> str:
    """The second half: every recording, in every other dialect."""
    out = [
        "| from | to | answers heard, streamed and whole | all equal | declared loss | silent "
        "| requests asked | exact | declared loss | silent |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    total: Counter[str] = Counter()
    for source, target in WAYS:
        counts: Counter[str] = Counter()
        for stream in (True, False):
            for outcome in heard(source, target, stream=stream):
                counts["heard"] += 1
                counts[_verdict("heard", outcome.differences)] += 1
        for outcome in asked(source, target, able=True):
            counts["asked"] += 1
            silent = any(not each.is_declared for each in outcome.differences)
            counts[
                "asked silent" if silent else "asked lossy" if outcome.losses else "asked equal"
            ] += 1
        total += counts
        out.append(f"| {source} | {target} | {_row(counts)} |")
    return "\n".join([*out, f"| all | | {_row(total)} |"])


def _verdict(what: str, differences: list[Difference]) -> str:
    if not differences:
        return f"{what} equal"
    return f"{what} lossy" if all(each.is_declared for each in differences) else f"{what} silent"


def _row(counts: Counter[str]) -> str:
    kinds = ("", " equal", " lossy", " silent")
    names = [verb + kind for verb in ("heard", "asked") for kind in kinds]
    return " | ".join(str(counts[name]) for name in names)


INTRODUCTION = """# Fidelity

Made by `python -m tests.dialects.fidelity`; do not edit. Every request and every answer goes
through one neutral model, so a pair of dialects carries what both of its ends carry: read a pair as
the client's column beside the target's.

*yes*: carried as it is. *changed*: said in other words, and the receipt says so
(`x-understudy-loss`, marked `~`). *no*: it cannot be said there; the receipt names it. Nothing is
dropped in silence: the tests compare what was asked with what the target would read, and what was
answered with what the official client hears. The target is a model that can do everything; what a
lesser model cannot do is left to the route's needs.
"""


def page() -> str:
    return "\n".join(
        [
            INTRODUCTION,
            BEGIN,
            carried(),
            END,
            "\n## Every recording, in every other dialect\n",
            "An answer counts as equal when the official client hears the same text, thoughts, "
            "tool calls, stop reason and usage.\n",
            measured(),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE} is written\n")
