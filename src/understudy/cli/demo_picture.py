"""The demo's picture as words and cells: who lived, who spoke, what was heard. No terminal."""

from collections.abc import Iterator, Sequence

import msgspec

from understudy.cli.demo_report import Figures, Report
from understudy.cli.demo_scenes import DIRECTLY, GATEWAY, SAMPLE_EVERY, SCENES, Show, Talk
from understudy.cli.demo_world import FLOOR, LAB_A, LAB_B

SPEAKS, IDLE, DEAD, KILLED = "█", "·", " ", "✖"
STYLES = {SPEAKS: "green", IDLE: "bright_black", DEAD: "red", KILLED: "bold red"}
WHO = {
    LAB_A: "Lab A  (OpenAI API)",
    LAB_B: "Lab B  (Anthropic API)",
    FLOOR: "our own model server",
}
LABEL_WIDTH = 24


class Line(msgspec.Struct, frozen=True):
    """One provider: its name, whether it lives, and a cell for every moment."""

    label: str
    is_alive: bool
    cells: str


class Score(msgspec.Struct, frozen=True):
    """One scene: conversations that came out whole, of how many, with the gateway and without."""

    number: int
    title: str
    story: str
    complete: int
    conversations: int
    complete_direct: int
    conversations_direct: int
    is_over: bool


def timeline(show: Show, width: int) -> list[Line]:
    """Who spoke to the gateway when, and who was dead, in at most `width` cells."""
    return [
        Line(
            WHO.get(name, name), name not in show.dead, _squeezed(_cells(show, name, spoken), width)
        )
        for name, spoken in show.spoken.items()
    ]


def ruler(show: Show, width: int) -> str:
    """Where each scene began, by its number."""
    row = ["─"] * max((len(spoken) for spoken in show.spoken.values()), default=0)
    for number, (at, _) in enumerate(show.scenes, start=1):
        where = 0 if number == 1 else round(at / SAMPLE_EVERY)
        if where < len(row):
            row[where] = str(number)
    return _squeezed("".join(row), width)


def scores(show: Show) -> list[Score]:
    """What came of each scene so far."""
    return [_score(show, number) for number in range(len(show.scenes))]


def sentences(show: Show, width: int) -> list[tuple[str, str]]:
    """The last words that a stream of each SDK heard through the gateway."""
    found = []
    for sdk in ("openai", "anthropic"):
        talks = [t for t in show.talks if (t.sdk, t.kind, t.via) == (sdk, "stream", GATEWAY)]
        if talks:
            said = " ".join(talks[-1].heard.split())
            found.append((f"{sdk} SDK hears", f"… {said[-width:]}" if len(said) > width else said))
    return found


def comparison(report: Report) -> list[tuple[str, str, str]]:
    """The figures of both sides, a row each."""
    ours, direct = report.understudy, report.direct
    return [
        ("conversations", str(ours.conversations), str(direct.conversations)),
        ("complete, word for word", str(ours.complete), str(direct.complete)),
        ("failed or cut short", _missing(ours), _missing(direct)),
        ("tokens expected", str(ours.verdict.expected), str(direct.verdict.expected)),
        ("tokens lost", str(ours.verdict.lost), str(direct.verdict.lost)),
        ("tokens said twice", str(ours.verdict.twice), str(direct.verdict.twice)),
        ("tokens wrong", str(ours.verdict.wrong), str(direct.verdict.wrong)),
        ("slowed down by at most", f"{report.added:.2f} s", ""),
    ]


def journal_says(report: Report) -> Iterator[str]:
    """What the gateway wrote down meanwhile, in a few lines."""
    stats = report.journal
    if stats is None:
        return
    yield (
        f"{stats.requests} requests, {stats.attempts} attempts at providers, "
        f"{sum(stats.failures.values())} of them failed, {stats.outcomes.get('ok', 0)} requests ok"
    )
    yield (
        f"{stats.failed_over - stats.seams} failed over before the first token, "
        f"{stats.seams} continued elsewhere in mid-answer"
    )
    yield "failures: " + ", ".join(f"{count} x {row}" for row, count in stats.failures.items())


def verdict(report: Report) -> str:
    """The end of the story in a sentence."""
    ours, direct = report.understudy, report.direct
    if not report.ok:
        return (
            f"NOT WELL: {ours.conversations - ours.complete} of {ours.conversations} conversations "
            f"are not what they should be ({ours.verdict.lost} tokens lost, "
            f"{ours.verdict.twice} said twice, {ours.verdict.wrong} wrong)"
        )
    return (
        f"{ours.complete} of {ours.conversations} conversations complete: nothing lost, nothing "
        f"said twice. Without a plan B: {direct.complete} of {direct.conversations}."
    )


def _cells(show: Show, name: str, spoken: Sequence[bool]) -> str:
    cells = [SPEAKS if said else IDLE for said in spoken]
    died = None
    for mark in show.marks:
        if mark.provider != name:
            continue
        at = min(round(mark.at / SAMPLE_EVERY), len(cells))
        if mark.what == "killed":
            died = at
        elif died is not None:
            _bury(cells, died, at)
            died = None
    if died is not None:
        _bury(cells, died, len(cells))
    return "".join(cells)


def _squeezed(cells: str, width: int) -> str:
    """The same in fewer cells, if there are too many; of several the most telling one stays."""
    step = -(-len(cells) // max(1, width)) or 1
    groups = [cells[at : at + step] for at in range(0, len(cells), step)]
    return "".join(min(group, key=_telling) for group in groups)


def _telling(cell: str) -> int:
    order = (KILLED, SPEAKS, DEAD, IDLE, "─")
    return order.index(cell) if cell in order else -1


def _bury(cells: list[str], start: int, end: int) -> None:
    cells[start:end] = [DEAD] * (end - start)
    if start < len(cells):
        cells[start] = KILLED


def _score(show: Show, number: int) -> Score:
    talks = [talk for talk in show.talks if talk.scene == number]
    through = [talk for talk in talks if talk.via == GATEWAY]
    direct = [talk for talk in talks if talk.via == DIRECTLY]
    return Score(
        number + 1,
        SCENES[number].title,
        SCENES[number].story,
        _complete(through),
        len(through),
        _complete(direct),
        len(direct),
        is_over=all(talk.ended is not None for talk in talks),
    )


def _complete(talks: Sequence[Talk]) -> int:
    return sum(talk.is_complete for talk in talks)


def _missing(figures: Figures) -> str:
    return str(figures.conversations - figures.complete)
