"""Deaths inside a tool call's arguments: nobody may ever get arguments of two halves.

All simulated providers give the same arguments to the same request, so a splice would look well.
It is known by its target: arguments that are complete must come from the one that was not broken.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence

from prove import Row
from prove.client import CHAT, MESSAGES, Ask, Heard, ask
from prove.command import main, say
from prove.kills import Pace, nothing, route_table, wave
from prove.world import Spot, Stand, folder, gateway, spots, stand
from understudy.chat.events import PartDelta
from understudy.dialects.catalog import DIALECTS
from understudy.sim.answer import Style, answer
from understudy.sim.prompt import read_prompt

BATCH = 50
PACE = Pace(rate=100.0)
DEFAULTS = """
[defaults]
deadline = "60s"
[defaults.timeouts]
first_token = "4s"
idle = "1s"
"""
SCHEMA = {
    "type": "object",
    "properties": {f"field_{k}": {"type": "string", "minLength": 30} for k in range(8)},
    "required": [f"field_{k}" for k in range(8)],
    "additionalProperties": False,
}
TOOL = "book_flight"
PIECES = 20
"""Arguments are broken within so many of their pieces: fewer than there are."""

WAYS = (
    "cut(after={k},how=rst,skip={i},times=1)",
    "cut(after={k},how=fin,skip={i},times=1)",
    "stall(after={k},skip={i},times=1)",
    "in_stream_error(after={k},skip={i},times=1)",
)


def run(*, fast: bool) -> list[Row]:
    """Measure with 1,000 broken calls, or with 100."""
    return rows(50 if fast else 500)


def rows(wanted: int) -> list[Row]:
    """Half of the calls on routes that resume, half on routes that restart."""
    waves = 2 + wanted * 3 // (BATCH * 2)
    backup = spots(["floor"], CHAT, PACE.options())
    groups = {
        mode: [spots([f"{mode}-{k}"], _dialect(k), PACE.options())[0] for k in range(waves)]
        for mode in ("resume", "restart")
    }
    text = DEFAULTS
    for mode, group in groups.items():
        for spot in group:
            text += route_table(spot.name, [spot, *backup]) + f'on_break = "{mode}"\n'
    every = [*backup, *groups["resume"], *groups["restart"]]
    draws = random.Random(20260728)
    found: list[Row] = []
    with folder() as home, stand(home, every) as stood, gateway(home, every, text) as running:
        for mode, group in groups.items():
            counts: Counter[str] = Counter()
            for spot in group:
                _wave(stood, running.port, spot, draws, counts)
                if counts["hit"] >= wanted:
                    break
            say(f"{mode}: {dict(counts)}")
            found.append(_row(mode, counts, wanted))
    return found


def _wave(stood: Stand, port: int, spot: Spot, draws: random.Random, counts: Counter[str]) -> None:
    ways = [draws.choice(WAYS).format(k=draws.randrange(1, PIECES), i=i) for i in range(BATCH)]
    stood.control.fault(spot.name, "+".join(ways))
    requests = [request(spot.name, k) for k in range(BATCH)]
    for asked, heard in asyncio.run(wave(port, requests, nothing, 0.3)):
        counts[verdict(asked, heard, spot.name)] += 1
        counts["hit"] += bool(heard.attempts > 1 or heard.errors)


def verdict(asked: Ask, heard: Heard, broken: str) -> str:
    """What became of a call whose target was `broken`."""
    wanted = arguments(asked)
    if heard.errors:
        is_clean = heard.finishes == 0 and wanted.startswith(heard.arguments)
        return "told of the break" if is_clean else "told, after a mixture"
    if not heard.is_whole or (heard.finishes, heard.ends) != (1, 1):
        return "ended in silence"
    if heard.target.startswith(f"{broken}/"):
        return "spliced"
    is_complete = json.loads(heard.arguments or "null") == json.loads(wanted)
    return "complete" if is_complete and heard.names == [TOOL] else "wrong"


def arguments(asked: Ask) -> str:
    """The arguments that any well provider gives."""
    parsed = DIALECTS[asked.dialect].parse_request(asked.body)
    said = answer(parsed, read_prompt(parsed), Style())
    return "".join(event.text for event in said if isinstance(event, PartDelta))


def request(route: str, k: int) -> Ask:
    """Ask for a call of the tool, in one dialect or the other."""
    dialect = _dialect(k)
    function = {"name": TOOL, "description": "books"}
    if dialect == CHAT:
        tool: object = {"type": "function", "function": function | {"parameters": SCHEMA}}
    else:
        tool = function | {"input_schema": SCHEMA}
    prompt = f"{route}, call {k} [tool={TOOL}]"
    return ask(route, prompt, stream=True, dialect=dialect, more={"tools": [tool]})


def _row(mode: str, counts: Counter[str], wanted: int) -> Row:
    fair: Sequence[str] = ("complete", "told of the break", "hit")
    bad = {word: number for word, number in counts.items() if word not in fair}
    is_good = not bad and (mode == "resume" or not counts["told of the break"])
    told = ", ".join(f"{number} {word}" for word, number in sorted(bad.items()))
    return Row(
        name=f'kills inside tool arguments, on_break = "{mode}"',
        goal="0 spliced" if mode == "resume" else "0 spliced, all complete",
        measured=f"{counts['spliced']} spliced{', ' + told if told else ''}; "
        f"{counts['complete']} complete, {counts['told of the break']} told of the break",
        passed=is_good and counts["hit"] >= wanted,
        conditions="RST, FIN, silence and in-stream errors at random pieces of the arguments; "
        "n are those under way when it died; both dialects",
        n=counts["hit"],
    )


def _dialect(k: int) -> str:
    return CHAT if k % 2 == 0 else MESSAGES


main(__name__, run)
