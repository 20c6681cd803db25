"""Tools as every vendor takes them: arguments are an object, no two have one name, and a choice is
one among some tools.

Sources: Claude "Define tools" and OpenAI "Function calling" (November 2026): the schema of a tool
has the type object and no union at its top; `tool_choice` and `parallel_tool_calls` are refused
where no tool is named, and so is a choice of one that is not there. Claude ("Tool names must be
unique"), Gemini ("Duplicate function declaration found") and Bedrock refuse a name given twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Choice, HostedTool, Request, Tool, ToolChoice

_UNIONS = ("anyOf", "oneOf", "allOf")
_OBJECT = msgspec.Raw(b'"object"')
_DEMANDS = frozenset({Choice.REQUIRED, Choice.NAMED})
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Offered(NamedTuple):
    """`numbers`: which number each tool had that is left."""

    request: Request
    numbers: Sequence[int] = ()


def offered(request: Request, endpoint: Endpoint, losses: list[Loss]) -> Offered:
    """The request with tools as anyone takes them. Adds to `losses` what changed."""
    sampling = request.sampling
    if sampling.top_logprobs and sampling.logprobs is None:  # alone it is refused elsewhere
        sampling = msgspec.structs.replace(sampling, logprobs=True)
        request = msgspec.structs.replace(request, sampling=sampling)
    if not request.tools:
        return Offered(_without_choice(request, losses))
    tools: list[Tool | HostedTool] = []
    numbers: list[int] = []
    names: set[str] = set()
    most = endpoint.limits.tools
    for number, tool in enumerate(request.tools):
        path = f"tools[{number}]"
        if isinstance(tool, HostedTool):
            tools.append(tool)
            numbers.append(number)
        elif tool.name in names:
            losses.append(Loss(path, "another tool has its name"))
        elif most is not None and len(names) >= most:
            losses.append(Loss(path, f"the target takes {most} tools at most"))
        else:
            names.add(tool.name)
            numbers.append(number)
            tools.append(_with_object(tool, path, losses))
    choice = _among(request, names, losses)
    made = msgspec.structs.replace(request, tools=tuple(tools), tool_choice=choice)
    return Offered(made, numbers)


def _among(request: Request, names: set[str], losses: list[Loss]) -> ToolChoice | None:
    """The choice; none where it names a tool that is not offered."""
    choice = request.tool_choice
    if choice is None or choice.mode is not Choice.NAMED or choice.raw is not None:
        return choice
    hosted = {tool.name for tool in request.tools if isinstance(tool, HostedTool)}
    if choice.name in names or choice.name in hosted:
        return choice
    losses.append(Loss("tool_choice", "names a tool that is not offered"))
    return None


def _without_choice(request: Request, losses: list[Loss]) -> Request:
    choice: ToolChoice | None = request.tool_choice
    if choice is None and request.parallel_tool_calls is None:
        return request
    if choice is not None and choice.mode in _DEMANDS:
        losses.append(Loss("tool_choice", "there is no tool to choose"))
    return msgspec.structs.replace(request, tool_choice=None, parallel_tool_calls=None)


def _with_object(tool: Tool, path: str, losses: list[Loss]) -> Tool:
    if tool.schema is None:
        return tool
    try:
        said = _decode(tool.schema)
    except (msgspec.MsgspecError, RecursionError):
        return tool
    unions = [name for name in _UNIONS if name in said]
    has_type = bytes(said.get("type", _OBJECT)) == bytes(_OBJECT)
    if has_type and not unions:
        return tool
    kept = {name: raw for name, raw in said.items() if name not in unions}
    reason = (
        f"its arguments are an object, without {', '.join(unions)} at its top"
        if unions
        else "its arguments are an object"
    )
    losses.append(Loss(path, reason, Change.CHANGED))
    schema = msgspec.Raw(msgspec.json.encode({**kept, "type": _OBJECT}))
    return msgspec.structs.replace(tool, schema=schema)
