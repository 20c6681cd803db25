"""Turns whose content is blocks, as Anthropic's and Bedrock's are: blocks to neutral messages.

A result of a tool is a block of the user's there, and stands in a message of its own here. Fields
that a part has no place for travel beside the message, named by the part's place.
"""

from collections.abc import Iterator
from typing import NamedTuple

from understudy.chat.parts import Part, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.reading import Raws


class Read(NamedTuple):
    """A part, and the fields of its block that it has no place for."""

    part: Part
    rest: Raws


def messages_of(name: str, role: Role, found: list[Read], beside: Raws) -> Iterator[Message]:
    """The messages that a turn of the dialect `name` comes to; `beside` are its own fields.

    Of a system's that is said in mid-conversation it says, even without any field, that only this
    dialect says a message like that.
    """
    if role is not Role.USER:
        yield joined(name, role, found, beside, is_own=role is Role.SYSTEM)
        return
    for number, run in enumerate(_runs(found)):
        is_results = bool(run) and isinstance(run[0].part, ToolResult)
        of = Role.TOOL if is_results else role
        yield joined(name, of, run, beside if number == 0 else {})


def joined(
    name: str, role: Role, found: list[Read], beside: Raws, *, is_own: bool = False
) -> Message:
    """One message of the dialect `name`, which says so with `is_own` even without any field."""
    kept = {
        f"parts[{number}].{field}": raw
        for number, read in enumerate(found)
        for field, raw in read.rest.items()
    }
    kept |= beside
    parts = tuple(read.part for read in found)
    return Message(role, parts, extensions={name: kept} if kept or is_own else {})


def _runs(found: list[Read]) -> list[list[Read]]:
    """Cut a user's turn where tool results end and other things begin, or the other way round."""
    runs: list[list[Read]] = []
    for read in found:
        is_result = isinstance(read.part, ToolResult)
        if runs and isinstance(runs[-1][0].part, ToolResult) is is_result:
            runs[-1].append(read)
        else:
            runs.append([read])
    return runs or [[]]
