"""Requests, the neutral model to bytes for one endpoint. What cannot be said becomes a loss."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.request import Choice, Format, HostedTool, Request, Tool
from understudy.dialects.noting import Noting
from understudy.dialects.ollama_chat.schema import (
    NAME,
    OPTIONS,
    Raw,
    decode_raws,
    encode,
)
from understudy.dialects.ollama_chat.turns import Turns
from understudy.dialects.toplevel import rename
from understudy.wire.http import HttpRequest

_TEXT_ONLY = frozenset({(), ("text",)})
_LEVELS = frozenset({"low", "medium", "high"})
_LEVELLED = "gpt-oss"
"""Models that know levels of thinking (Ollama docs, "Thinking", 2026); others answer with 400."""

_OFF = frozenset({"none", "off"})

Body = dict[str, object]


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`."""
    builder = _Builder(request, endpoint)
    body = builder.body()
    rename(body, endpoint.renames)
    headers = ((b"content-type", b"application/json"), *endpoint.headers)
    written = HttpRequest("POST", endpoint.path, headers, encode(body))
    return written, tuple(dict.fromkeys(builder.losses))


class _Builder(Noting):
    """One request being written."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint
        self._is_own = NAME in request.extensions

    def body(self) -> Body:
        request = self._request
        turns = Turns(self._endpoint)
        body: Body = {"model": self._endpoint.model, "messages": turns.said(request.messages)}
        self.losses += turns.losses
        if not request.stream:
            body["stream"] = False
        self._tools(body)
        self._format(body)
        self._think(body)
        self._logprobs(body)
        options = self._options()
        self._extend(body, options)
        if options:
            body["options"] = options
        self._rest()
        return body

    def _tools(self, body: Body) -> None:
        request = self._request
        choice = request.tool_choice
        if choice is not None and choice.mode is Choice.NONE:
            if request.tools:
                self.change("tool_choice", "said by offering no tool")
                self.drop("tools", "none may be called")
            return
        tools = [
            said
            for number, tool in enumerate(request.tools)
            if (said := self._tool(tool, f"tools[{number}]")) is not None
        ]
        if tools:
            body["tools"] = tools
        if choice is not None and (choice.mode is not Choice.AUTO or choice.raw is not None):
            self.drop("tool_choice", "a tool cannot be demanded here")
        if request.parallel_tool_calls is False:
            self.drop("parallel_tool_calls", "nothing keeps the model from several calls")

    def _tool(self, tool: Tool | HostedTool, path: str) -> Body | Raw | None:
        if isinstance(tool, HostedTool):
            if tool.dialect == NAME:
                return tool.raw
            self.drop(path, f"a {tool.kind[:40]} of another dialect")
            return None
        function: Body = {"name": tool.name}
        if tool.description is not None:
            function["description"] = tool.description
        function["parameters"] = tool.schema or {"type": "object", "properties": {}}
        if tool.strict:
            self.drop(f"{path}.strict", "no schema is enforced on arguments")
        if tool.cache is not None:
            self.drop(f"{path}.cache", "prompts are cached without being told to")
        function |= self.own(tool.extensions, NAME, path)
        return {"type": "function", "function": function}

    def _format(self, body: Body) -> None:
        wanted = self._request.response_format
        if wanted is None or wanted.kind is Format.TEXT:
            return
        needed = Capability.JSON_MODE
        if wanted.kind is Format.SCHEMA and wanted.schema is not None:
            needed = Capability.JSON_SCHEMA
        if needed not in self._endpoint.capabilities or "response_format" in self._endpoint.rejects:
            self.drop("response_format", "this target enforces no format")
            return
        body["format"] = wanted.schema if needed is Capability.JSON_SCHEMA else "json"
        if wanted.name is not None:
            self.drop("response_format.name", "a schema has no name")
        if wanted.description is not None:
            self.drop("response_format.description", "a schema has no description")
        if wanted.strict is False:
            self.change("response_format.strict", "always enforced")

    def _think(self, body: Body) -> None:
        wanted = self._request.reasoning
        if wanted is None:
            return
        if wanted.summary is not None:
            self.drop("reasoning.summary", "thoughts are shown as they are")
        is_off = wanted.enabled is False or wanted.effort in _OFF
        if Capability.REASONING not in self._endpoint.capabilities:
            if not is_off:
                self.drop("reasoning", "this model does not think")
            return
        if is_off:
            body["think"] = False
        elif wanted.effort in _LEVELS and (self._is_own or _LEVELLED in self._endpoint.model):
            body["think"] = wanted.effort
        else:
            body["think"] = True
            if wanted.effort is not None:
                self.change("reasoning.effort", f"said as true, was {wanted.effort[:40]}")
        if wanted.budget_tokens is not None:
            self.drop("reasoning.budget_tokens", "thinking has no budget")

    def _logprobs(self, body: Body) -> None:
        sampling = self._request.sampling
        for name in ("logprobs", "top_logprobs"):
            value = getattr(sampling, name)
            if value is not None:
                body[name] = value

    def _options(self) -> Body:
        request, endpoint = self._request, self._endpoint
        options: Body = {}
        for field, name in OPTIONS.items():
            value = getattr(request.sampling, field)
            if value is None:
                continue
            if f"sampling.{field}" in endpoint.rejects:
                self.drop(f"sampling.{field}", "this model refuses it")
            else:
                options[name] = value
        if request.sampling.n not in {None, 1}:
            self.drop("sampling.n", "one answer at a time")
        if request.sampling.logit_bias is not None:
            self.drop("sampling.logit_bias", "no word for it")
        if request.stop:
            options["stop"] = list(request.stop)
        limit, most = request.max_output_tokens, endpoint.max_output_tokens
        if limit is not None and most is not None and limit > most:
            self.change("max_output_tokens", f"{most}, not {limit}: the model writes no more")
            limit = most
        if limit is not None:
            options["num_predict"] = limit
        return options

    def _rest(self) -> None:
        request = self._request
        if request.user is not None:
            self.drop("user", "nobody is named here")
        if request.metadata:
            self.drop("metadata", "no word for it")
        if request.cache is not None:
            self.drop("cache", "prompts are cached without being told to")
        if request.modalities not in _TEXT_ONLY:
            self.drop("modalities", "answers are text")

    def _extend(self, body: Body, options: Body) -> None:
        """Add the fields that the neutral model has no word for, where they are this dialect's."""
        taken = self.taken(self._request.extensions, NAME, self._endpoint.rejects)
        for name, raw in taken.items():
            if name == "options":
                for key, value in decode_raws(raw).items():
                    options.setdefault(key, value)
            else:
                body.setdefault(name, raw)
