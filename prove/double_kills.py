"""Two deaths in one answer: the primary dies in a stream, and so does the one that goes on."""

import asyncio
import random

from prove import Row
from prove.client import CHAT, MESSAGES, Heard, ask
from prove.command import main, say
from prove.kills import Pace, nothing, route_table, wave
from prove.verdict import Tally
from prove.world import folder, gateway, spots, stand

DEFAULTS = """
[defaults]
on_break = "resume"
deadline = "60s"
[defaults.timeouts]
connect = "2s"
first_token = "4s"
idle = "1s"
"""
BATCH = 100
"""Requests in a wave: each death costs four paid retries, and a tenth of requests is the budget."""
WAYS = (
    "cut(after={k},how=rst,skip={i},times=1)",
    "cut(after={k},how=fin,skip={i},times=1)",
    "stall(after={k},skip={i},times=1)",
    "in_stream_error(after={k},skip={i},times=1)",
)


def run(*, fast: bool) -> list[Row]:
    """Measure with 1,000 answers that break twice, or with 50."""
    return rows(50 if fast else 1000)


def rows(wanted: int) -> list[Row]:
    """Wave after wave, each with two targets to die of its own, until enough broke twice.

    The second speaks late, so that nobody knows it for dead before all have turned to it.
    """
    pace, late = Pace(), Pace(delay=1.8)
    waves = 3 + wanted * 5 // (BATCH * 2)
    firsts = [spots([f"first-{k}"], _dialect(k), pace.options())[0] for k in range(waves)]
    seconds = [spots([f"second-{k}"], _dialect(k // 2), late.options())[0] for k in range(waves)]
    backup = spots(["floor"], CHAT, pace.options())
    text = DEFAULTS
    for first, second in zip(firsts, seconds, strict=True):
        text += route_table(first.name, [first, second, *backup])
    every = [*backup, *firsts, *seconds]
    draws, tally = random.Random(20260727), Tally()
    with folder() as home, stand(home, every) as stood, gateway(home, every, text) as running:
        for first, second in zip(firsts, seconds, strict=True):
            stood.control.fault(first.name, _script(draws, 1, pace.tokens))
            stood.control.fault(second.name, _script(draws, 0, 8))
            requests = [
                ask(first.name, f"{first.name}, {k} [tokens=40]", stream=True, dialect=_dialect(k))
                for k in range(BATCH)
            ]
            for request, heard in asyncio.run(wave(running.port, requests, nothing, 0.4)):
                tally.count(request, heard, is_hit=_broke_twice(heard))
            if tally.hit >= wanted:
                break
    say("\n".join(tally.examples))
    return [
        Row(
            name="two kills in one answer",
            goal="0 failed",
            measured=tally.told(),
            passed=not tally.wrong and tally.hit >= wanted,
            conditions=f"RST, FIN, silence and in-stream errors at random tokens; waves of {BATCH} "
            f"requests, {tally.total:,} in all; n are those that took three attempts",
            n=tally.hit,
        )
    ]


def _dialect(k: int) -> str:
    return CHAT if k % 2 == 0 else MESSAGES


def _script(draws: random.Random, least: int, most: int) -> str:
    """One death for each request of a wave, in the order of their coming."""
    ways = [draws.choice(WAYS).format(k=draws.randrange(least, most), i=i) for i in range(BATCH)]
    return "+".join(ways)


def _broke_twice(heard: Heard) -> bool:
    """Its first attempt was heard, its third went on."""
    return heard.attempts == 1 and "attempts=3" in heard.notes


main(__name__, run)
