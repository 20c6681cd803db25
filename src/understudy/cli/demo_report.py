"""The demo's figures, counted from what the applications heard; the journal's stand beside them."""

from collections.abc import Sequence

import msgspec

from understudy.cli.demo_check import Verdict
from understudy.cli.demo_scenes import DIRECTLY, GATEWAY, SCENES, Mark, Show, Talk
from understudy.journal.stats import Stats


class Figures(msgspec.Struct, frozen=True):
    """One side of the comparison. `silence` is the longest wait for more words, in seconds."""

    conversations: int
    complete: int
    verdict: Verdict
    silence: float


class Row(msgspec.Struct, frozen=True):
    """One conversation, for `--json`."""

    scene: str
    sdk: str
    kind: str
    via: str
    complete: bool
    verdict: Verdict
    silence: float
    duration: float
    error: str | None


class Report(msgspec.Struct, frozen=True):
    """`added` is the longest that failures added to a conversation, in seconds."""

    ok: bool
    seconds: float
    added: float
    understudy: Figures
    direct: Figures
    journal: Stats | None
    marks: tuple[Mark, ...]
    talks: tuple[Row, ...]


def figures(talks: Sequence[Talk]) -> Figures:
    """Count one side."""
    verdict = Verdict()
    for talk in talks:
        verdict += talk.verdict
    return Figures(
        conversations=len(talks),
        complete=sum(talk.is_complete for talk in talks),
        verdict=verdict,
        silence=max((talk.silence for talk in talks), default=0.0),
    )


def report(show: Show, journal: Stats | None) -> Report:
    """Count everything. It is well only if nothing was lost, said twice, or wrong."""
    through = [talk for talk in show.talks if talk.via == GATEWAY]
    ours = figures(through)
    return Report(
        ok=ours.complete == ours.conversations and ours.verdict.is_clean,
        seconds=show.now,
        added=added_by_failures(through),
        understudy=ours,
        direct=figures([talk for talk in show.talks if talk.via == DIRECTLY]),
        journal=journal,
        marks=tuple(show.marks),
        talks=tuple(_row(talk) for talk in show.talks),
    )


def added_by_failures(talks: Sequence[Talk]) -> float:
    """How much longer than its like in the first scene the slowest conversation took."""
    calm = {(talk.sdk, talk.kind): _duration(talk) for talk in talks if talk.scene == 0}
    later = [talk for talk in talks if talk.scene > 0]
    return max((_duration(talk) - calm[talk.sdk, talk.kind] for talk in later), default=0.0)


def _row(talk: Talk) -> Row:
    return Row(
        scene=SCENES[talk.scene].title,
        sdk=talk.sdk,
        kind=talk.kind,
        via=talk.via,
        complete=talk.is_complete,
        verdict=talk.verdict,
        silence=round(talk.silence, 3),
        duration=round(_duration(talk), 3),
        error=talk.error,
    )


def _duration(talk: Talk) -> float:
    return (talk.ended or talk.last) - talk.started
