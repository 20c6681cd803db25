"""The little of a request that routing needs, read for microseconds."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.bedrock_converse.address import read_path
from understudy.dialects.bedrock_converse.schema import (
    GlancedContent,
    GlancedMessage,
    GlancedRequest,
    decode_glanced,
    decode_glanced_result,
)
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import Raws, read_object

_ROLES = frozenset({"user", "assistant", "system"})
_PROMPT = ":prompt/"
"""In the name of a prompt that the provider keeps, which needs no messages."""

_THINKS = (b'"thinking"', b'"reasoning', b'"effort"')
_ABSENT = frozenset({b"", b"null"})


def glance(body: bytes, path: str) -> Glance:
    """Raises: InvalidRequest."""
    model, stream = read_path(path)
    raws = read_object(body)
    try:
        seen = decode_glanced(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        _blame(raws)
        raise InvalidRequest("messages", f"the body is no request: {error}") from None
    check_messages([message.role for message in seen.messages], model)
    limit = None if seen.inferenceConfig is None else seen.inferenceConfig.maxTokens
    if limit is not None and limit < 1:
        reason = f"expected a positive number, found {limit}"
        raise InvalidRequest("inferenceConfig.maxTokens", reason)
    needs = Needs(
        _capabilities(seen, stream=stream),
        input_tokens=len(body) // 3,
        output_tokens=limit or 0,
    )
    return Glance(model=model, stream=stream, needs=needs)


def check_messages(roles: list[str], model: str) -> None:
    """Raises: InvalidRequest for roles that there are not, or no messages where one is needed."""
    if not roles and _PROMPT not in model:
        raise InvalidRequest("messages", "expected at least one message, found none")
    for number, role in enumerate(roles):
        if role not in _ROLES:
            reason = f"expected user or assistant, found {role[:80]!r}"
            raise InvalidRequest(f"messages.{number}.role", reason)


def _capabilities(seen: GlancedRequest, *, stream: bool) -> frozenset[Capability]:
    needed: set[Capability] = set()
    for message in seen.messages:
        _look_at(message, needed)
    if seen.messages and seen.messages[-1].role == "assistant":
        needed.add(Capability.PREFILL)
    if stream:
        needed.add(Capability.STREAMING)
    if seen.toolConfig is not None and seen.toolConfig.tools:
        needed.add(Capability.TOOLS)
    if seen.outputConfig is not None and "textFormat" in seen.outputConfig:
        needed.add(Capability.JSON_SCHEMA)
    more = bytes(seen.additionalModelRequestFields)
    if any(word in more for word in _THINKS) and b'"disabled"' not in more:
        needed.add(Capability.REASONING)
    return frozenset(needed)


def _look_at(message: GlancedMessage, needed: set[Capability]) -> None:
    for block in message.content:
        _look_into(block, needed)
        result = bytes(block.toolResult)
        if result not in _ABSENT and (b'"image"' in result or b'"document"' in result):
            try:
                for inner in decode_glanced_result(result).content:
                    _look_into(inner, needed)
            except (msgspec.MsgspecError, RecursionError):
                return  # whoever reads the message in full says what is wrong with it


def _look_into(block: GlancedContent, needed: set[Capability]) -> None:
    if bytes(block.image) not in _ABSENT:
        needed.add(Capability.VISION)
    if bytes(block.document) not in _ABSENT:
        needed.add(Capability.DOCUMENTS)
    if bytes(block.audio) not in _ABSENT:
        needed.add(Capability.AUDIO_INPUT)


def _blame(raws: Raws) -> None:
    """Say which field is none."""
    top = Reader(raws)
    for number, item in enumerate(top.items("messages")):
        message = Reader.of(item, f"messages.{number}")
        message.need_string("role")
        if not message.has("content"):
            reason = "expected an array of blocks, found nothing"
            raise InvalidRequest(message.at("content"), reason)
        for place, block in enumerate(message.items("content")):
            Reader.of(block, f"{message.at('content')}.{place}")
    inference = top.object("inferenceConfig")
    if inference is not None:
        inference.integer("maxTokens")
    tools = top.object("toolConfig")
    if tools is not None:
        tools.items("tools")
    top.object("outputConfig")
