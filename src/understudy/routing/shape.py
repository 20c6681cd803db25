"""Shape: about what kind of request it is, so that requests of one kind can be compared."""

from typing import Final, TypeAlias

import msgspec

from understudy.chat.endpoint import Capability, Needs

MOST_SHAPES: Final = 512
MOST_CALLERS: Final = 512

Shape: TypeAlias = tuple[frozenset[Capability], int, int]
"""Capabilities, and the number of binary digits of the tokens in and out."""


class Proven(msgspec.Struct):
    """What a model at a host has answered: when each shape, and each caller, was answered last."""

    shapes: dict[Shape, float] = {}
    callers: dict[str, float] = {}


def shape_of(needs: Needs) -> Shape:
    """Return the shape of a request."""
    tokens = needs.input_tokens, needs.output_tokens
    return needs.capabilities, tokens[0].bit_length(), tokens[1].bit_length()


def remember(proven: Proven, needs: Needs, caller: str, now: float) -> None:
    """Note that a request like this was answered, and whose it was."""
    if len(proven.shapes) >= MOST_SHAPES:
        proven.shapes.clear()
    proven.shapes[shape_of(needs)] = now
    if len(proven.callers) >= MOST_CALLERS and caller not in proven.callers:
        del proven.callers[next(iter(proven.callers))]
    proven.callers[caller] = now
