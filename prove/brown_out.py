"""Everybody is down: are providers left in peace, and are clients told at once when to return?

What providers were asked is counted by the providers themselves, in windows of ten seconds.
"""

import asyncio
import json
from collections.abc import Sequence

from tests.system.processes import http_request

from prove import Row
from prove.client import CHAT, ask
from prove.command import main, say
from prove.kills import route_table
from prove.load import Answer, steady
from prove.verdict import percentile
from prove.world import Stand, folder, gateway, spots, stand

RATE = 20.0
WINDOW = 10.0
NAMES = ("first", "second", "third")
WELL = 3
"""Seconds of health before the brown-out: targets that never worked are another matter."""


def run(*, fast: bool) -> list[Row]:
    """Measure for three minutes, or for twenty seconds."""
    return rows(windows=2 if fast else 18)


def rows(windows: int, window: float = WINDOW) -> list[Row]:
    """Three targets, all of which answer 503."""
    targets = spots(NAMES, CHAT)
    text = route_table("all", targets) + route_table("warm", targets[1:])
    with folder() as home, stand(home, targets) as stood, gateway(home, targets, text) as running:
        asyncio.run(steady(running.port, 10, WELL, lambda k: ask("all", f"well {k}", stream=False)))
        for name in NAMES:
            stood.control.fault(name, "status(status=503)")
        answers, counts = asyncio.run(_measure(running.port, stood, windows, window))
    asked = [sum(window * k <= answer.at < window * (k + 1) for answer in answers)
             for k in range(windows)]  # fmt: skip
    shares = [(end - begin) / number
              for begin, end, number in zip(counts, counts[1:], asked, strict=False)]  # fmt: skip
    say(f"attempts per request by window: {[round(share, 3) for share in shares]}")
    return [_attempts(shares, answers), _ejected(shares[1:], answers), *_told(answers)]


async def _measure(
    port: int, stood: Stand, windows: int, window: float
) -> tuple[list[Answer], list[int]]:
    """Load, and beside it the sum of what providers were asked, at each window's border."""
    counts: list[int] = []

    async def count() -> None:
        for _ in range(windows + 1):
            counts.append(await asyncio.to_thread(_asked, stood))
            await asyncio.sleep(window)

    async with asyncio.TaskGroup() as group:
        group.create_task(count())
        load = group.create_task(
            steady(port, RATE, window * windows, lambda k: ask("all", f"{k}", stream=k % 2 == 0))
        )
    return load.result(), counts


def _asked(stood: Stand) -> int:
    state = json.loads(http_request(stood.control.control + "/").body)
    return sum(provider["requests"] for provider in state.values())


def _attempts(shares: Sequence[float], answers: Sequence[Answer]) -> Row:
    return Row(
        name="total brown-out: attempts per request, worst window of 10 s",
        goal="<= 1.10",
        measured=f"{max(shares):.2f}",
        passed=max(shares) <= 1.10,
        conditions=f"{RATE:.0f} requests a second, three targets on hosts of their own, all 503",
        n=len(answers),
    )


def _ejected(shares: Sequence[float], answers: Sequence[Answer]) -> Row:
    return Row(
        name="total brown-out: attempts per request once all are ejected, worst window of 10 s",
        goal="<= 0.2",
        measured=f"{max(shares):.2f} (mean {sum(shares) / len(shares):.2f})",
        passed=max(shares) <= 0.2,
        conditions="all windows but the first",
        n=sum(answer.at >= WINDOW for answer in answers),
    )


def _told(answers: Sequence[Answer]) -> list[Row]:
    waits = [answer.heard.ended - answer.heard.began for answer in answers]
    silent = [a for a in answers if int(a.heard.headers.get("retry-after", "0")) < 1]
    for answer in silent[:3]:
        say(f"no retry-after: {answer.heard.status} {answer.heard.errors}")
    late = sum(wait > 1.0 for wait in waits)
    return [
        Row(
            name="total brown-out: each client answered",
            goal="within 1 s, with Retry-After",
            measured=f"{late} later than 1 s (p99 {1000 * percentile(waits, 0.99):.0f} ms, slowest "
            f"{1000 * max(waits):.0f} ms), {len(silent)} without Retry-After",
            passed=not late and not silent,
            conditions="wall clock",
            n=len(answers),
        )
    ]


main(__name__, run)
