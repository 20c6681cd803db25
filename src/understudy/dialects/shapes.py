"""Shapes of answers and of arguments, as far as a vendor holds a model to them.

A schema is said within the vendor's subset (`subsets`). Where that cannot be, a tool's is no longer
enforced, and an answer's is told to the model in words; so it is where a vendor takes no format
beside tools (`response_format+tools` among what an endpoint rejects).
"""

import re
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Message,
    Request,
    ResponseFormat,
    Role,
    Tool,
)
from understudy.dialects.subsets import SUBSETS, Beyond, Subset, itemed, within

TOGETHER = "response_format+tools"

_LOOSE = frozenset({"openai_chat", "openai_responses"})
"""They take any schema of an object that they need not enforce."""

_MODES = frozenset({"cohere_chat"})
"""They can be held to JSON without a schema."""

_PLAIN = ResponseFormat(Format.JSON)
_MOST_STRICT = 20
"""Strict tools in a request (Claude "Structured outputs", schema complexity limits)."""

_NO_SCHEMA = msgspec.Raw(b"{}")
_BAD = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME = 64
"""Of a format (OpenAI API reference, "response_format")."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Shaped(NamedTuple):
    """`words`: what the system has to say in place of a format."""

    request: Request
    words: Message | None = None


def shaped(request: Request, endpoint: Endpoint, losses: list[Loss]) -> Shaped:
    """The request with shapes that `endpoint` enforces. Adds to `losses` what changed."""
    subset = SUBSETS.get(endpoint.dialect)
    if endpoint.dialect in _LOOSE and request.tools:
        request = _with_items(request, losses)
    if subset is not None and any(isinstance(t, Tool) and t.strict for t in request.tools):
        request = _strict(request, subset, losses)
    wanted = request.response_format
    if wanted is None or wanted.kind is Format.TEXT or "response_format" in endpoint.rejects:
        return Shaped(request)
    if request.tools and (TOGETHER in endpoint.rejects or _is_forced(request, endpoint)):
        return _in_words(request, wanted, "refused beside tools", None, losses)
    has_schema = wanted.kind is Format.SCHEMA and wanted.schema is not None
    if subset is None or not has_schema or Capability.JSON_SCHEMA not in endpoint.capabilities:
        return Shaped(request)
    return _format(request, wanted, endpoint, losses)


def _is_forced(request: Request, endpoint: Endpoint) -> bool:
    """Whether a call is demanded, which Gemini refuses beside JSON ("Forced function calling (ANY
    mode) with a response mime type", vercel/ai pull 16540, July 2026).
    """
    choice = request.tool_choice
    is_demand = choice is not None and choice.mode in {Choice.REQUIRED, Choice.NAMED}
    return is_demand and endpoint.dialect == "gemini_generate"


def _with_items(request: Request, losses: list[Loss]) -> Request:
    """OpenAI refuses an array that says nothing of its items, enforced or not."""
    tools = list(request.tools)
    for number, tool in enumerate(request.tools):
        if not isinstance(tool, Tool) or tool.schema is None:
            continue
        try:
            schema = itemed(tool.schema)
        except (msgspec.MsgspecError, RecursionError):
            continue
        if schema is not tool.schema:
            reason = "arrays are said to have items of any kind"
            losses.append(Loss(f"tools[{number}]", reason, Change.CHANGED))
            tools[number] = msgspec.structs.replace(tool, schema=schema)
    return msgspec.structs.replace(request, tools=tuple(tools))


def _strict(request: Request, subset: Subset, losses: list[Loss]) -> Request:
    tools: list[Tool | HostedTool] = []
    count = 0
    for number, tool in enumerate(request.tools):
        if isinstance(tool, Tool) and tool.strict:
            count += 1
            tools.append(_enforced(tool, subset, f"tools[{number}]", losses))
            if count > _MOST_STRICT and not subset.has_cycles:
                losses.append(Loss(f"tools[{number}].strict", f"at most {_MOST_STRICT} are"))
                tools[-1] = msgspec.structs.replace(tool, strict=False)
        else:
            tools.append(tool)
    return msgspec.structs.replace(request, tools=tuple(tools))


def _enforced(tool: Tool, subset: Subset, path: str, losses: list[Loss]) -> Tool:
    if tool.schema is None:
        return tool
    try:
        said = within(tool.schema, subset)
    except (Beyond, msgspec.MsgspecError, RecursionError) as error:
        reason = str(error) if isinstance(error, Beyond) else "its schema cannot be read"
        losses.append(Loss(f"{path}.strict", f"not enforced: {reason}"))
        return msgspec.structs.replace(tool, strict=False)
    if said.changed:
        reason = f"to be enforced, in other words: {', '.join(said.changed)}"
        losses.append(Loss(path, reason, Change.CHANGED))
    return msgspec.structs.replace(tool, schema=said.schema)


def _format(
    request: Request, wanted: ResponseFormat, endpoint: Endpoint, losses: list[Loss]
) -> Shaped:
    schema = wanted.schema or _NO_SCHEMA
    is_loose = endpoint.dialect in _LOOSE
    name = _BAD.sub("_", wanted.name or "")[:_LONGEST_NAME] or None
    if is_loose and name != wanted.name:
        losses.append(Loss("response_format.name", f"said as {name}", Change.CHANGED))
        wanted = msgspec.structs.replace(wanted, name=name)
    if is_loose and not _is_object(schema):
        return _in_words(request, wanted, "only an object can be demanded", None, losses)
    if is_loose and not wanted.strict:
        return Shaped(msgspec.structs.replace(request, response_format=wanted))
    try:
        said = within(schema, SUBSETS[endpoint.dialect])
    except (Beyond, msgspec.MsgspecError, RecursionError) as error:
        reason = str(error) if isinstance(error, Beyond) else "its schema cannot be read"
        if not is_loose:
            instead = _PLAIN if endpoint.dialect in _MODES else None
            return _in_words(request, wanted, reason, instead, losses)
        losses.append(Loss("response_format.strict", f"not enforced: {reason}"))
        wanted = msgspec.structs.replace(wanted, strict=False)
    else:
        if said.changed:
            reason = f"in other words: {', '.join(said.changed)}"
            losses.append(Loss("response_format.schema", reason, Change.CHANGED))
        wanted = msgspec.structs.replace(wanted, schema=said.schema)
    return Shaped(msgspec.structs.replace(request, response_format=wanted))


def _in_words(
    request: Request,
    wanted: ResponseFormat,
    reason: str,
    instead: ResponseFormat | None,
    losses: list[Loss],
) -> Shaped:
    """Ask for a format, and demand `instead`."""
    losses.append(Loss("response_format", f"asked for in words: {reason}", Change.CHANGED))
    told = "Answer with JSON alone, and no other text."
    if wanted.schema is not None:
        told = f"{told} It has this JSON Schema: {bytes(wanted.schema).decode()}"
    words = Message(Role.SYSTEM, (Text(told),))
    return Shaped(msgspec.structs.replace(request, response_format=instead), words)


def _is_object(schema: msgspec.Raw | None) -> bool:
    """Whether a schema is plainly one of an object."""
    try:
        found = _decode(schema or b"{}")
    except (msgspec.MsgspecError, RecursionError):
        return False
    return bytes(found.get("type", b"")) == b'"object"' and "anyOf" not in found
