"""Tools as every vendor takes them: arguments are an object, and a choice is one among some tools.

Sources: Claude "Define tools" and OpenAI "Function calling" (November 2026): the schema of a tool
has the type object and no union at its top; `tool_choice` and `parallel_tool_calls` are refused
where no tool is named.
"""

import msgspec

from understudy.chat.loss import Change, Loss
from understudy.chat.request import Choice, Request, Tool, ToolChoice

_UNIONS = ("anyOf", "oneOf", "allOf")
_OBJECT = msgspec.Raw(b'"object"')
_DEMANDS = frozenset({Choice.REQUIRED, Choice.NAMED})
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def offered(request: Request, losses: list[Loss]) -> Request:
    """The request with tools as anyone takes them. Adds to `losses` what changed."""
    sampling = request.sampling
    if sampling.top_logprobs and sampling.logprobs is None:  # alone it is refused elsewhere
        sampling = msgspec.structs.replace(sampling, logprobs=True)
        request = msgspec.structs.replace(request, sampling=sampling)
    if not request.tools:
        return _without_choice(request, losses)
    tools = tuple(
        _with_object(tool, f"tools[{number}]", losses) if isinstance(tool, Tool) else tool
        for number, tool in enumerate(request.tools)
    )
    return msgspec.structs.replace(request, tools=tools)


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
