"""Picture: a drill as one SVG: who answered when, which breakers stopped calls, what was checked.

It needs nothing from elsewhere: no font, no script, no style sheet.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from understudy.drills.report import Report, Spell

WIDTH: Final = 980
LEFT, RIGHT = 230, 20
ROW, GAP, TOP = 18, 4, 64
MAX_DOMAINS: Final = 24
COLOURS: Final = (
    "#4269d0", "#efb118", "#3ca951", "#a463f2", "#ff725c", "#6cc5b0", "#9c6b4e", "#97bbf5",
    "#ff8ab7", "#9498a0",
)  # fmt: skip
SHUT: Final = "#c0392b"
BOLD: Final = 'font-weight="bold"'
TITLE: Final = 'font-weight="bold" font-size="17"'


def picture(found: Report) -> str:
    """Draw a report."""
    drawing = _Drawing(found)
    body = "\n".join(drawing.draw())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{drawing.height}" '
        f'viewBox="0 0 {WIDTH} {drawing.height}" font-family="system-ui, sans-serif" '
        f'font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


class _Drawing:
    def __init__(self, found: Report) -> None:
        self.height = 0
        self._found = found
        self._y = TOP

    def draw(self) -> Iterator[str]:
        found = self._found
        yield _text(16, 26, f"{found.name}: {found.title}", style=TITLE)
        held = sum(verdict.ok for verdict in found.verdicts)
        yield _text(
            16, 46, f"{found.requests} requests, {found.complete} whole answers, {found.attempts} "
            f"attempts in {found.minutes:.0f} minutes; {held} of {len(found.verdicts)} checks "
            f"hold; seed {found.seed}", fill="#555",
        )  # fmt: skip
        begin = self._y
        yield from self._shares()
        yield from self._spells()
        yield from self._ruler(begin)
        yield from self._verdicts()
        self.height = self._y + 12

    def _shares(self) -> Iterator[str]:
        yield from self._heading("who answered (share of a moment's answers)")
        for number, band in enumerate(self._found.shares):
            yield _label(self._y, band.label)
            colour = COLOURS[number % len(COLOURS)]
            width = (WIDTH - LEFT - RIGHT) / len(band.cells)
            for place, share in enumerate(band.cells):
                if share:
                    tall = max(1.5, share * (ROW - 2))
                    yield _box(
                        LEFT + place * width, self._y + ROW - tall, width + 0.3, tall, colour
                    )
            self._y += ROW + GAP

    def _spells(self) -> Iterator[str]:
        groups: dict[str, list[Spell]] = {}
        for spell in self._found.spells:
            groups.setdefault(spell.domain, []).append(spell)
        if not groups:
            return
        yield from self._heading("what stopped calls (failure domains whose breaker was open)")
        for domain, spells in list(groups.items())[:MAX_DOMAINS]:
            yield _label(self._y, domain)
            for spell in spells:
                begin, end = self._x(spell.begin), self._x(spell.end)
                hint = f"minute {spell.begin:.1f} to {spell.end:.1f}: {spell.why}"
                yield _box(begin, self._y + 4, max(1.0, end - begin), ROW - 6, SHUT, hint)
            self._y += ROW + GAP
        if len(groups) > MAX_DOMAINS:
            yield _label(self._y, f"and {len(groups) - MAX_DOMAINS} more")
            self._y += ROW + GAP

    def _ruler(self, begin: int) -> Iterator[str]:
        """Where something began or ended; minutes under the last row."""
        taken = -100.0
        for minute in self._found.marks:
            x = self._x(minute)
            yield (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{begin + ROW}" y2="{self._y}" '
                'stroke="#000" stroke-opacity="0.35" stroke-dasharray="2 3"/>'
            )
            if x - taken > 34:
                yield _text(x, self._y + 12, f"{minute:g}", fill="#555", anchor="middle")
                taken = x
        yield _text(LEFT - 8, self._y + 12, "minute", fill="#555", anchor="end")
        self._y += 26

    def _verdicts(self) -> Iterator[str]:
        yield from self._heading("what was checked")
        for verdict in self._found.verdicts:
            colour = "#2e7d32" if verdict.ok else SHUT
            said = f"{verdict.title}: {verdict.measured} (bound: {verdict.bound})"
            yield _text(16, self._y + 12, "ok" if verdict.ok else "FAIL", fill=colour)
            yield _text(56, self._y + 12, _short(said, 150))
            self._y += ROW

    def _heading(self, text: str) -> Iterator[str]:
        yield _text(16, self._y + 12, text, style=BOLD)
        self._y += ROW + GAP

    def _x(self, minute: float) -> float:
        found = self._found
        share = (minute - found.begin) / (found.minutes - found.begin)
        return LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT - RIGHT)


def _text(
    x: float, y: float, said: str, *, fill: str = "#111", anchor: str = "start", style: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" {style}>'
        f"{escape(said)}</text>"
    )


def _label(y: float, said: str) -> str:
    return _text(LEFT - 8, y + ROW - 4, _short(said, 34), anchor="end")


def _box(x: float, y: float, width: float, height: float, fill: str, hint: str = "") -> str:
    shape = f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"'
    return f"{shape}><title>{escape(hint)}</title></rect>" if hint else f"{shape}/>"


def _short(said: str, length: int) -> str:
    return said if len(said) <= length else said[: length - 1] + "…"
