"""Chance: numbers from one seed, in streams that have names.

Whoever draws has a stream of its own, so that one draw more in one place (an arrival, a fault, the
router's jitter) moves nothing in any other. SplitMix64 (Steele, Lea, Flood 2014): three lines, the
same everywhere, and good enough to simulate with.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15

T = TypeVar("T")


class Stream:
    """An endless row of numbers: a function of where it starts."""

    __slots__ = ("_state",)

    def __init__(self, start: int) -> None:
        self._state = start & _MASK

    def bits(self) -> int:
        """A number of 64 bits."""
        self._state = state = (self._state + _GAMMA) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return state ^ (state >> 31)

    def draw(self) -> float:
        """A number from 0, and below 1."""
        return (self.bits() >> 11) * 2.0**-53

    def below(self, limit: int) -> int:
        """A whole number from 0, and below `limit`."""
        return self.bits() % limit

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.draw()

    def happens(self, probability: float) -> bool:
        return self.draw() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of them, each as likely as the others."""
        return choices[self.below(len(choices))]

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """`count` different ones (all where there are fewer), in their order."""
        left = list(range(len(choices)))
        while len(left) > max(0, count):
            del left[self.below(len(left))]
        return [choices[index] for index in left]

    def exponential(self, mean: float) -> float:
        """The time to the next of events that know nothing of each other."""
        return -mean * math.log(1.0 - self.draw())


class Chance:
    """All streams of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def stream(self, name: str) -> Stream:
        """The stream of that name, from its start."""
        state = hashlib.blake2b(f"{self._seed}/{name}".encode(), digest_size=8).digest()
        return Stream(int.from_bytes(state, "big"))
