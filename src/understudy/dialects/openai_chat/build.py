"""Writes a neutral request in this dialect; whatever cannot be said is a loss."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Request,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from understudy.dialects.openai_chat.build_messages import MessageWriter
from understudy.dialects.openai_chat.paper import Object, Paper
from understudy.dialects.openai_chat.schema import NAME, encode
from understudy.wire.http import Headers, HttpRequest

STOPS = 4
"""Stop sequences that this dialect allows (OpenAI API reference, "stop")."""

_BEYOND = frozenset({"top_k", "min_p", "repetition_penalty"})
"""Sampling that several hosts of this dialect take, but not its author."""

_LOW_BUDGET, _MEDIUM_BUDGET = 2048, 8192
_JSON: Headers = ((b"content-type", b"application/json"),)
_EVENTS: Headers = ((b"accept", b"text/event-stream"),)


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`. Nothing is left out in silence."""
    paper = Paper(endpoint)
    body: Object = {"model": endpoint.model}
    functions = frozenset(tool.name for tool in request.tools if isinstance(tool, Tool))
    messages = MessageWriter(paper, is_legacy=request.legacy_functions, functions=functions)
    body["messages"] = messages.write(request.messages)
    if request.stream:
        body["stream"] = True
    _tools(request, paper, body)
    _format(request.response_format, paper, body)
    _sampling(request, paper, body)
    _limits(request, paper, body)
    _reasoning(request, paper, body)
    _rest(request, paper, body)
    _extensions(request, paper, body)
    if request.stream:
        _ask_usage(endpoint, body)
    if endpoint.renames:
        body = {endpoint.renames.get(name, name): value for name, value in body.items()}
    headers = (*_JSON, *(_EVENTS if request.stream else ()), *endpoint.headers)
    made = HttpRequest("POST", endpoint.path, headers, encode(body))
    return made, paper.losses()


def _tools(request: Request, paper: Paper, body: Object) -> None:
    tools = request.tools
    if tools and not paper.can("tools", Capability.TOOLS):
        return
    written = [
        _tool(tool, number, paper, is_legacy=request.legacy_functions)
        for number, tool in enumerate(tools)
    ]
    said = [tool for tool in written if tool is not None]
    if said:
        body["functions" if request.legacy_functions else "tools"] = said
    elif tools:  # OpenAI refuses a choice among no tools
        for field in ("tool_choice", "parallel_tool_calls"):
            if getattr(request, field) is not None:
                paper.lose(field, "none of the tools could be said")
        return
    choice = request.tool_choice
    if choice is not None and paper.allows("tool_choice"):
        if request.legacy_functions:
            name = {"name": choice.name}
            body["function_call"] = name if choice.mode is Choice.NAMED else choice.mode.value
        else:
            body["tool_choice"] = _choice(choice, paper)
    parallel = request.parallel_tool_calls
    if parallel is not None and paper.allows("parallel_tool_calls"):
        body["parallel_tool_calls"] = parallel


def _tool(tool: Tool | HostedTool, number: int, paper: Paper, *, is_legacy: bool) -> object | None:
    path = f"tools[{number}]"
    if isinstance(tool, HostedTool):
        if tool.dialect == NAME and not is_legacy:
            return tool.raw
        paper.lose(path, f"a tool of another dialect: {tool.kind}")
        return None
    own = paper.own(tool.extensions, path)
    function: Object = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.schema is not None:
        function["parameters"] = tool.schema
    if tool.strict is not None and paper.allows(f"{path}.strict", "tools.strict"):
        function["strict"] = tool.strict
    inner = "function."
    function |= {name[len(inner) :]: raw for name, raw in own.items() if name.startswith(inner)}
    if is_legacy:
        return function
    outer = {name: raw for name, raw in own.items() if not name.startswith(inner)}
    written: Object = {"type": "function", "function": function, **outer}
    paper.mark(tool.cache, written, path)
    return written


def _choice(choice: ToolChoice, paper: Paper) -> object:
    if choice.raw is not None:
        if choice.dialect == NAME:
            return choice.raw
        reason = "only the mode of a choice of another dialect can be said"
        paper.lose("tool_choice", reason, Change.CHANGED)
    if choice.mode is Choice.NAMED:
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode.value


def _format(wanted: ResponseFormat | None, paper: Paper, body: Object) -> None:
    if wanted is None or not paper.allows("response_format"):
        return
    can = paper.endpoint.capabilities
    match wanted.kind:
        case Format.TEXT:
            body["response_format"] = {"type": "text"}
        case Format.SCHEMA if Capability.JSON_SCHEMA in can:
            body["response_format"] = {"type": "json_schema", "json_schema": _schema(wanted)}
        case Format.SCHEMA | Format.JSON if Capability.JSON_MODE in can:
            body["response_format"] = {"type": "json_object"}
            if wanted.kind is Format.SCHEMA:
                reason = "the target takes no schema: asked for JSON only"
                paper.lose("response_format.schema", reason, Change.CHANGED)
        case _:
            paper.lose("response_format", "the target cannot be held to JSON")


def _schema(wanted: ResponseFormat) -> Object:
    said: Object = {"name": wanted.name or "answer"}
    if wanted.description is not None:
        said["description"] = wanted.description
    if wanted.schema is not None:
        said["schema"] = wanted.schema
    if wanted.strict is not None:
        said["strict"] = wanted.strict
    return said


def _sampling(request: Request, paper: Paper, body: Object) -> None:
    for name, value in request.sampling.said().items():
        path = f"sampling.{name}"
        if not paper.allows(path):
            continue
        if name in _BEYOND and path not in paper.endpoint.accepts:
            paper.lose(path, "not in this dialect's standard")
            continue
        body[name] = value


def _limits(request: Request, paper: Paper, body: Object) -> None:
    stops = request.stop
    if stops and paper.allows("stop"):
        body["stop"] = stops[:STOPS]
        if len(stops) > STOPS:
            reason = f"found {len(stops)} stop sequences, at most {STOPS} can be said"
            paper.lose("stop", reason, Change.CHANGED)
    if request.max_output_tokens is not None and paper.allows("max_output_tokens"):
        body["max_tokens"] = request.max_output_tokens


def _reasoning(request: Request, paper: Paper, body: Object) -> None:
    """`reasoning_effort` is the standard; some hosts take an object that says more."""
    wanted = request.reasoning
    if wanted is None or not paper.allows("reasoning"):
        return
    accepts = paper.endpoint.accepts
    if "reasoning" in accepts:  # OpenRouter
        fields = {
            "enabled": wanted.enabled,
            "effort": wanted.effort,
            "max_tokens": wanted.budget_tokens,
            "summary": wanted.summary,
        }
        body["reasoning"] = {name: value for name, value in fields.items() if value is not None}
        return
    enabled = wanted.enabled
    if "thinking" in accepts and enabled is not None:  # DeepSeek, Z.ai
        body["thinking"] = {"type": "enabled" if enabled else "disabled"}
        enabled = None
    effort = wanted.effort
    if effort is None and wanted.budget_tokens is not None:
        effort = _effort(wanted.budget_tokens)
        reason = f"said as effort {effort}, was {wanted.budget_tokens} tokens"
        paper.lose("reasoning.budget_tokens", reason, Change.CHANGED)
        enabled = None if enabled else enabled
    elif wanted.budget_tokens is not None:
        paper.lose("reasoning.budget_tokens", "only an effort can be said")
    if effort is not None and paper.can("reasoning.effort", Capability.REASONING):
        body["reasoning_effort"] = effort
    if enabled is not None and effort is None:
        paper.lose("reasoning.enabled", "only an effort can be said")
    if wanted.summary is not None:
        paper.lose("reasoning.summary", "this dialect gives no summaries")


def _effort(budget: int) -> str:
    if budget <= _LOW_BUDGET:
        return "low"
    return "medium" if budget <= _MEDIUM_BUDGET else "high"


def _rest(request: Request, paper: Paper, body: Object) -> None:
    if request.user is not None and paper.allows("user"):
        body["user"] = request.user
    if request.metadata is not None and paper.allows("metadata"):
        body["metadata"] = request.metadata
    if request.modalities and paper.allows("modalities"):
        body["modalities"] = request.modalities
    paper.mark(request.cache, body, "")


def _extensions(request: Request, paper: Paper, body: Object) -> None:
    """Fields of this dialect go out as they came; `a.b` stands inside the object `a`."""
    for name, raw in paper.own(request.extensions, "").items():
        if not paper.allows(f"extensions.{NAME}.{name}", name):
            continue
        if name == _FORMAT and not _is_held_to(request.response_format, body):
            paper.lose(f"extensions.{NAME}.{name}", "the target is held to less")
            continue
        outer, dot, inner = name.partition(".")
        if dot and outer in _OBJECTS:
            known = body.get(outer)
            body[outer] = {**(known if isinstance(known, dict) else {}), inner: raw}
        else:
            body[name] = raw


_FORMAT = "response_format"
_FORMATS = {Format.TEXT: "text", Format.JSON: "json_object", Format.SCHEMA: "json_schema"}
_OBJECTS = frozenset({"stream_options", "reasoning", "thinking"})


def _is_held_to(wanted: ResponseFormat | None, body: Object) -> bool:
    """Whether the target is asked for the very format that the caller wants."""
    if wanted is None:
        return True
    said = body.get(_FORMAT)
    return isinstance(said, dict) and said["type"] == _FORMATS[wanted.kind]


def _ask_usage(endpoint: Endpoint, body: Object) -> None:
    if "wants_usage" in endpoint.rejects:  # the host says usage unasked, and takes no options
        return
    known = body.get("stream_options")
    body["stream_options"] = {**(known if isinstance(known, dict) else {}), "include_usage": True}
