"""The simulated world as a place of measurement: two providers, virtual hours, exact times.

It runs the real `Exchange` and `Router`; only sockets and clocks are simulated (`sim/world.py`).
"""

import math
import random
from collections.abc import Callable

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.failure import Scope
from understudy.dialects.catalog import DIALECTS
from understudy.journal.entry import RequestEntry
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.topology import Domain, Route, Target, Topology
from understudy.sim.arrivals import Poisson, arrive
from understudy.sim.fault_text import parse_faults
from understudy.sim.listening import Ask, Heard
from understudy.sim.provider import Provider
from understudy.sim.world import WALL, Setting, World
from understudy.wire.http import Origin

CHAT = "openai_chat"
PRIMARY, BACKUP = "primary", "backup"


class Trace(msgspec.Struct):
    """What was measured. `requests` are (when, who was asked first, was it answered rightly).

    `asked` are all attempts at the primary: (when, was it answered). `first` are streams by id:
    (when, attempts, who was asked first, seconds to the first content).
    """

    requests: list[tuple[float, str, bool]] = []
    asked: list[tuple[float, bool]] = []
    first: dict[str, tuple[float, int, str, float]] = {}
    failed: int = 0

    def share(self, begin: float, end: float) -> float:
        """How much of the traffic of that time began at the primary."""
        chosen = [first for when, first, _ in self.requests if begin <= when < end]
        return sum(first == PRIMARY for first in chosen) / max(1, len(chosen))


class Load(msgspec.Struct, frozen=True):
    """`rate` requests a second, answers of so many tokens; on a route that hedges, or not.

    `spread`: not every first token takes 0.3 s; they are lognormal, with that spread.
    """

    rate: float = 20.0
    tokens: int = 8
    hedge: bool = False
    spread: float = 0.0

    def ask(self, k: int) -> Ask:
        """Request number `k`; the same number asks the same."""
        prompt = f"request {k} [tokens={self.tokens}]"
        if self.spread:
            delay = min(5.0, random.Random(k).lognormvariate(math.log(0.3), self.spread))
            prompt += f" [delay={delay:.3f}]"
        return Ask("r", CHAT, prompt, stream=k % 4 != 0)


USUAL = Load()


def play(
    seconds: float, set_up: Callable[[World], None], *, seed: int = 1, load: Load = USUAL
) -> Trace:
    """Let clients ask for so many virtual seconds; `set_up` puts the trouble on the agenda."""
    trace = Trace()
    world = World(_setting(load), seed, _keeper(trace))
    set_up(world)

    def heard(answer: Heard) -> None:
        trace.failed += not answer.is_exact

    arrive(
        world,
        Poisson(load.rate),
        load.ask,
        seconds,
        heard,
    )
    world.run(seconds)
    world.finish()
    return trace


def arm(world: World, when: float, fault: str) -> None:
    """From `when` on the primary does that wrong; "" ends it."""
    world.at(when, lambda: world.arm(PRIMARY, parse_faults(fault)))


def _keeper(trace: Trace) -> Callable[[RequestEntry], None]:
    """Keep of each request what is measured; a day of whole entries would need gigabytes."""

    def keep(entry: RequestEntry) -> None:
        when = entry.at - WALL
        first = entry.attempts[0].target if entry.attempts else ""
        trace.requests.append((when, first, entry.outcome == "ok"))
        if entry.stream and entry.first_content is not None:
            trace.first[entry.id] = (when, len(entry.attempts), first, entry.first_content)
        for attempt in entry.attempts:
            if attempt.target == PRIMARY:
                trace.asked.append((when + attempt.started, attempt.outcome == "ok"))

    return keep


def _setting(load: Load) -> Setting:
    targets = {name: _target(name) for name in (PRIMARY, BACKUP)}
    route = Route("r", (PRIMARY, BACKUP), hedge=load.hedge)
    return Setting(
        topology=Topology(targets, {"r": route}),
        providers=tuple(
            Provider(name, CHAT, delay=0.3, rate=40.0, tokens=load.tokens) for name in targets
        ),
        wiring={name: name for name in targets},
        dialects=DIALECTS,
        classifier=Classifier(load_taxonomy().rows),
    )


def _target(name: str) -> Target:
    kinds = (Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.HOST)
    return Target(
        name=name,
        provider=name,
        taxonomy="*",
        origin=Origin("http", f"{name}.test", 80),
        endpoint=Endpoint(CHAT, "m", DIALECTS[CHAT].chat_paths()[0], name, 100_000),
        domains=tuple(Domain(kind, name) for kind in kinds),
    )
