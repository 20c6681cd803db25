"""Mutation without a guide: for the short run in the tests, which is the same every time."""

import random
from collections.abc import Iterator, Sequence

from fuzz.target import LARGEST, Target


def mutations(target: Target, corpus: Sequence[bytes], count: int) -> Iterator[bytes]:
    """So many inputs of a target: changed seeds, the same ones every time."""
    chance = random.Random(target.name)
    known = [*target.seeds, *corpus]
    for _ in range(count):
        data = chance.choice(known)
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = _changed(chance, data, target.words, known)
        yield data[:LARGEST]


def _changed(
    chance: random.Random, data: bytes, words: Sequence[bytes], known: Sequence[bytes]
) -> bytes:
    at = chance.randrange(len(data) + 1)
    width = min(len(data) - at, chance.choice((0, 1, 2, 9, 40)))
    match chance.randrange(6):
        case 0:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 1 if words:
            return data[:at] + chance.choice(words) + data[at + width :]
        case 2:
            return data[:at] + data[at + width :]
        case 3:
            return data[:at] + data[at : at + width] * 2 + data[at + width :]
        case 4:
            other = chance.choice(known)
            start = chance.randrange(len(other) + 1)
            return data[:at] + other[start : start + 60] + data[at + width :]
        case _:
            return data[:at]
