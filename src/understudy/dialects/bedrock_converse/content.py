"""Messages, bytes to parts: every block as the neutral model says it, or kept whole."""

from collections.abc import Iterator

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint, Opaque, Part, ToolResult
from understudy.chat.request import Message, Role
from understudy.dialects.bedrock_converse.pieces import Read, read_block
from understudy.dialects.bedrock_converse.schema import NAME, Raw, Raws
from understudy.dialects.reading import Reader

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}


def read_messages(items: list[Raw]) -> Iterator[Message]:
    """Read `messages`. Raises: InvalidRequest."""
    for number, item in enumerate(items):
        yield from _message(Reader.of(item, f"messages.{number}"))


def read_system(top: Reader) -> list[Message]:
    """Read `system`: one message, or none. Raises: InvalidRequest."""
    items = top.items("system")
    if not items:
        return []
    found = _content(items, top.at("system"), Role.SYSTEM)
    return [_joined(Role.SYSTEM, found, {})]


def read_cache(point: Reader) -> CacheHint:
    """Read a cache point. Raises: InvalidRequest."""
    point.take("type")
    return CacheHint(point.string("ttl"))


def _message(message: Reader) -> Iterator[Message]:
    role = _ROLES.get(message.need_string("role"))
    if role is None:
        raise InvalidRequest(message.at("role"), "expected user or assistant, found another role")
    if not message.has("content"):
        reason = "expected an array of blocks, found nothing"
        raise InvalidRequest(message.at("content"), reason)
    found = _content(message.items("content"), message.at("content"), role)
    beside = message.rest()
    if role is not Role.USER:
        yield _joined(role, found, beside, is_own=role is Role.SYSTEM)
        return
    for number, run in enumerate(_runs(found)):
        is_results = bool(run) and isinstance(run[0].part, ToolResult)
        yield _joined(Role.TOOL if is_results else role, run, beside if number == 0 else {})


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


def _joined(role: Role, found: list[Read], beside: Raws, *, is_own: bool = False) -> Message:
    """Make a message. A part's further fields travel beside it, named by the part's place.

    With `is_own`, it says even without any field that only this dialect says a message like that.
    """
    kept = {
        f"parts[{number}].{name}": raw
        for number, read in enumerate(found)
        for name, raw in read.rest.items()
    }
    kept |= beside
    parts = tuple(read.part for read in found)
    return Message(role, parts, extensions={NAME: kept} if kept or is_own else {})


def _content(items: list[Raw], path: str, role: Role) -> list[Read]:
    """Read blocks. A cache point belongs to the block before it, which is cached up to there."""
    found: list[Read] = []
    for number, item in enumerate(items):
        block = Reader.of(item, f"{path}.{number}")
        if block.has("cachePoint") and found:
            marked = _marked(found[-1].part, block)
            if marked is not None:
                found[-1] = Read(marked, found[-1].rest)
                continue
            block = Reader.of(item, f"{path}.{number}")
        found.append(read_block(block, item, role))
    return found


def _marked(part: Part, block: Reader) -> Part | None:
    """The part with its cache mark; None where it has one already, or cannot have any."""
    if isinstance(part, Opaque) or getattr(part, "cache", part) is not None:
        return None
    hint = read_cache(block.need_object("cachePoint"))
    return _with(part, hint)


def _with(part: Part, hint: CacheHint) -> Part:
    return msgspec.structs.replace(part, cache=hint)
