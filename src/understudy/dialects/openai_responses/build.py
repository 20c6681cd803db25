"""Writes a neutral request in this dialect; whatever cannot be said is a loss."""

from collections.abc import Sequence

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Text
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Role,
    Tool,
    ToolChoice,
)
from understudy.dialects.openai_responses.build_items import ItemWriter
from understudy.dialects.openai_responses.paper import Object, Paper
from understudy.dialects.openai_responses.request import CUSTOM
from understudy.dialects.openai_responses.schema import (
    INCLUDE,
    LOGPROBS,
    NAME,
    Raw,
    decode_raw_list,
    encode,
)
from understudy.dialects.toplevel import rename
from understudy.wire.http import Headers, HttpRequest

LEAST_OUTPUT = 16
"""Tokens that OpenAI demands at least as a limit (API reference, "max_output_tokens")."""

_SAID = ("temperature", "top_p", "top_logprobs")
_TEXT_ONLY = frozenset({(), ("text",)})
_LOW_BUDGET, _MEDIUM_BUDGET = 2048, 8192
_OUTER = ("text.format.", "text.", "reasoning.")
_JSON: Headers = ((b"content-type", b"application/json"),)
_EVENTS: Headers = ((b"accept", b"text/event-stream"),)
_NO_SCHEMA = Raw(b'{"type":"object","properties":{}}')


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`. Nothing is left out in silence."""
    paper = Paper(endpoint)
    body: Object = {"model": endpoint.model}
    _input(request.messages, paper, body)
    if request.stream:
        body["stream"] = True
    write_options(request, paper, body)
    rename(body, endpoint.renames)
    headers = (*_JSON, *(_EVENTS if request.stream else ()), *endpoint.headers)
    made = HttpRequest("POST", endpoint.path, headers, encode(body))
    return made, paper.losses()


def write_options(request: Request, paper: Paper, body: Object) -> None:
    """Everything but the model and what is said to it."""
    _tools(request, paper, body)
    _format(request.response_format, paper, body)
    _sampling(request, paper, body)
    _limits(request, paper, body)
    _reasoning(request, paper, body)
    _rest(request, paper, body)
    _extensions(request, paper, body)


def _input(messages: tuple[Message, ...], paper: Paper, body: Object) -> None:
    """What comes first and is the system's is an instruction, the rest is input."""
    first = 0
    if messages and _is_instruction(messages[0]) and len(messages) > 1:
        first = 1
        body["instructions"] = "".join(
            part.text for part in messages[0].parts if isinstance(part, Text)
        )
        for number, part in enumerate(messages[0].parts):
            if isinstance(part, Text):
                paper.unmarked(part.cache, f"messages[0].parts[{number}]")
    items = ItemWriter(paper).write(messages[first:], first)
    if items or not messages:
        body["input"] = items
    else:
        body["input"] = ""
        paper.lose("messages", "nothing is left of them", Change.CHANGED)


def _is_instruction(message: Message) -> bool:
    return (
        message.role is Role.SYSTEM
        and not message.extensions
        and not message.items
        and message.name is None
        and bool(message.parts)
        and all(isinstance(part, Text) and not part.citations for part in message.parts)
        and len(message.parts) == 1
    )


def _tools(request: Request, paper: Paper, body: Object) -> None:
    tools = request.tools
    if tools and not paper.can("tools", Capability.TOOLS):
        return
    is_own = request.store is not None  # this dialect always says whether to store
    written = [
        _tool(tool, f"tools[{number}]", paper, is_own=is_own) for number, tool in enumerate(tools)
    ]
    said = [tool for tool in written if tool is not None]
    if said:
        body["tools"] = said
    elif tools:
        for field in ("tool_choice", "parallel_tool_calls"):
            if getattr(request, field) is not None:
                paper.lose(field, "none of the tools could be said")
        return
    choice = request.tool_choice
    if choice is not None and paper.allows("tool_choice"):
        body["tool_choice"] = _choice(choice, paper)
    parallel = request.parallel_tool_calls
    if parallel is not None and paper.allows("parallel_tool_calls"):
        body["parallel_tool_calls"] = parallel


def _tool(tool: Tool | HostedTool, path: str, paper: Paper, *, is_own: bool) -> object | None:
    if isinstance(tool, HostedTool):
        if tool.dialect == NAME:
            return tool.raw
        paper.lose(path, f"a tool of another dialect: {tool.kind}")
        return None
    own = paper.own(tool.extensions, path)
    paper.unmarked(tool.cache, path)
    if CUSTOM in own:
        return own[CUSTOM]
    said: Object = {"type": "function", "name": tool.name}
    if tool.description is not None:
        said["description"] = tool.description
    if tool.schema is not None or not is_own:
        said["parameters"] = _NO_SCHEMA if tool.schema is None else tool.schema
    if tool.strict is not None and paper.allows(f"{path}.strict", "tools.strict"):
        said["strict"] = tool.strict
    elif tool.strict is None and not is_own:
        said["strict"] = False  # unsaid it is true here (API reference, "tools"), elsewhere not
    return {**said, **own}


def _choice(choice: ToolChoice, paper: Paper) -> object:
    if choice.raw is not None:
        if choice.dialect == NAME:
            return choice.raw
        reason = "only the mode of a choice of another dialect can be said"
        paper.lose("tool_choice", reason, Change.CHANGED)
    if choice.mode is Choice.NAMED:
        return {"type": "function", "name": choice.name}
    return choice.mode.value


def _format(wanted: ResponseFormat | None, paper: Paper, body: Object) -> None:
    if wanted is None or not paper.allows("response_format"):
        return
    can = paper.endpoint.capabilities
    match wanted.kind:
        case Format.TEXT:
            body["text"] = {"format": {"type": "text"}}
        case Format.SCHEMA if Capability.JSON_SCHEMA in can:
            body["text"] = {"format": _schema(wanted)}
        case Format.SCHEMA | Format.JSON if Capability.JSON_MODE in can:
            body["text"] = {"format": {"type": "json_object"}}
            if wanted.kind is Format.SCHEMA:
                reason = "the target takes no schema: asked for JSON only"
                paper.lose("response_format.schema", reason, Change.CHANGED)
        case _:
            paper.lose("response_format", "the target cannot be held to JSON")


def _schema(wanted: ResponseFormat) -> Object:
    said: Object = {"type": "json_schema", "name": wanted.name or "answer"}
    if wanted.description is not None:
        said["description"] = wanted.description
    said["schema"] = _NO_SCHEMA if wanted.schema is None else wanted.schema
    if wanted.strict is not None:
        said["strict"] = wanted.strict
    return said


def _sampling(request: Request, paper: Paper, body: Object) -> None:
    for name, value in request.sampling.said().items():
        path = f"sampling.{name}"
        if not paper.allows(path):
            continue
        if name in _SAID or path in paper.endpoint.accepts:
            body[name] = value
        elif name == "logprobs":
            if value:
                body[INCLUDE] = [LOGPROBS]
        elif not (name == "n" and value == 1):
            paper.lose(path, "not in this dialect's standard")


def _limits(request: Request, paper: Paper, body: Object) -> None:
    if request.stop:
        paper.lose("stop", "this dialect has no stop sequences")
    limit = request.max_output_tokens
    if limit is not None and paper.allows("max_output_tokens"):
        if limit < LEAST_OUTPUT:
            reason = f"{LEAST_OUTPUT}, not {limit}: the least that can be said"
            paper.lose("max_output_tokens", reason, Change.CHANGED)
        body["max_output_tokens"] = max(limit, LEAST_OUTPUT)


def _reasoning(request: Request, paper: Paper, body: Object) -> None:
    wanted = request.reasoning
    if wanted is None or not paper.allows("reasoning"):
        return
    effort = wanted.effort
    if effort is None and wanted.enabled is False:
        effort = "none"
    if Capability.REASONING not in paper.endpoint.capabilities:
        if effort != "none":
            paper.lose("reasoning", "the target does not think")
        return
    effort = _budgeted(wanted, effort, paper)
    said: Object = {}
    if effort is not None and paper.allows("reasoning.effort"):
        said["effort"] = effort
    if wanted.summary is not None and paper.allows("reasoning.summary"):
        said["summary"] = wanted.summary
    if said:
        body["reasoning"] = said


def _budgeted(wanted: ReasoningConfig, effort: str | None, paper: Paper) -> str | None:
    """An effort where a number of tokens was given, or none at all."""
    budget = wanted.budget_tokens
    if budget is None:
        if wanted.enabled and effort is None:
            paper.lose("reasoning.enabled", "only an effort can be said")
        return effort
    if effort is not None:
        paper.lose("reasoning.budget_tokens", "only an effort can be said")
        return effort
    effort = _effort(budget)
    reason = f"said as effort {effort}, was {budget} tokens"
    paper.lose("reasoning.budget_tokens", reason, Change.CHANGED)
    return effort


def _effort(budget: int) -> str:
    if budget <= _LOW_BUDGET:
        return "low"
    return "medium" if budget <= _MEDIUM_BUDGET else "high"


def _rest(request: Request, paper: Paper, body: Object) -> None:
    if request.user is not None and paper.allows("user"):
        body["user"] = request.user
    if request.metadata is not None and paper.allows("metadata"):
        body["metadata"] = request.metadata
    if request.modalities not in _TEXT_ONLY:
        paper.lose("modalities", "answers are text")
    paper.unmarked(request.cache, "")
    if request.store is not True:  # unsaid, the provider would keep what nobody asked it to
        body["store"] = False


def _extensions(request: Request, paper: Paper, body: Object) -> None:
    """Fields of this dialect go out as they came; `a.b` stands inside the object `a`."""
    for name, raw in paper.own(request.extensions, "").items():
        if not paper.allows(f"extensions.{NAME}.{name}", name):
            continue
        if name == INCLUDE:
            asked = body.get(INCLUDE)
            others: Sequence[object] = decode_raw_list(raw)
            body[INCLUDE] = [*others, *(asked if isinstance(asked, list) else [])]
            continue
        outer = next((start for start in _OUTER if name.startswith(start)), None)
        if outer is None:
            body[name] = raw
        else:
            _put(body, outer.rstrip(".").split("."), name[len(outer) :], raw)


def _put(body: Object, path: list[str], name: str, raw: Raw) -> None:
    place = body
    for step in path:
        inner = place.get(step)
        made: Object = dict(inner) if isinstance(inner, dict) else {}
        place[step] = made
        place = made
    place[name] = raw
