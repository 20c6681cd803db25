"""Shape: about what kind of request it is, so that requests of one kind can be compared."""

from typing import Final, TypeAlias

from understudy.chat.endpoint import Capability, Needs

MOST_SHAPES: Final = 512

Shape: TypeAlias = tuple[frozenset[Capability], int, int]
"""Capabilities, and the number of binary digits of the tokens in and out."""


def shape_of(needs: Needs) -> Shape:
    """Return the shape of a request."""
    tokens = needs.input_tokens, needs.output_tokens
    return needs.capabilities, tokens[0].bit_length(), tokens[1].bit_length()


def remember(worked: dict[Shape, float], needs: Needs, now: float) -> None:
    """Note that a request like this was answered."""
    if len(worked) >= MOST_SHAPES:
        worked.clear()
    worked[shape_of(needs)] = now
