"""Messages, bytes to parts: every block as the neutral model says it, or kept whole."""

from collections.abc import Iterator

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint, Opaque, Part
from understudy.chat.request import Message, Role
from understudy.dialects.bedrock_converse.pieces import read_block
from understudy.dialects.bedrock_converse.schema import NAME, Raw
from understudy.dialects.block_turns import Read, joined, messages_of
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
    return [joined(NAME, Role.SYSTEM, found, {})]


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
    yield from messages_of(NAME, role, found, beside)


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
