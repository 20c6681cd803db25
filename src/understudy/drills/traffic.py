"""Traffic: what the clients of a drill ask, one request after the other."""

from collections.abc import Sequence
from typing import Final

import msgspec

from understudy.drills.scenario import Route, Scenario
from understudy.sim.chance import Stream
from understudy.sim.listening import Ask

PROMPTS: Final = 8

_MISTAKE: Final = (
    b'{"model": "%b", "max_tokens": 9, "messages": [{"role": "nobody", "content": "question"}]}'
)
"""Refused by whoever reads all of it, and a gateway that passes bytes on does not."""


class Asker:
    """Draws requests from a stream of chance."""

    def __init__(self, scenario: Scenario, stream: Stream) -> None:
        self._scenario = scenario
        self._stream = stream
        self._dialects = scenario.dialects
        self._number = 0

    def next(self) -> tuple[Ask, bool]:
        """The next request, and whether it is a caller's mistake."""
        traffic, stream = self._scenario.traffic, self._stream
        self._number += 1
        route = _weighted(self._scenario.routes, stream)
        dialect = self._dialects[self._number % len(self._dialects)]
        mistaken = stream.happens(traffic.mistakes)
        prompt = (
            f"question {stream.below(PROMPTS)} [tokens={traffic.tokens}] [chunk={traffic.chunk}]"
        )
        streams = not stream.happens(traffic.whole)
        ask = Ask(route.name, dialect, prompt, stream=streams, limit=traffic.tokens * 2)
        if mistaken:
            body = _MISTAKE % route.name.encode()
            ask = msgspec.structs.replace(ask, body=body, stream=False)
        return ask, mistaken


def _weighted(routes: Sequence[Route], stream: Stream) -> Route:
    left = stream.draw() * sum(route.share for route in routes)
    for route in routes:
        left -= route.share
        if left < 0:
            return route
    return routes[-1]
