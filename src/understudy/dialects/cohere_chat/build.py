"""Requests, the neutral model to bytes for one endpoint. What cannot be said becomes a loss."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.request import Choice, Format, HostedTool, Request, Tool
from understudy.dialects.cohere_chat.schema import (
    DOCUMENTS,
    LIMITS,
    MOST_STOPS,
    NAME,
    SAMPLING,
    Raw,
    encode,
)
from understudy.dialects.cohere_chat.turns import Turns
from understudy.dialects.noting import Noting
from understudy.dialects.toplevel import rename
from understudy.wire.http import HttpRequest

_TEXT_ONLY = frozenset({(), ("text",)})
_OFF = frozenset({"none", "off"})
_CACHED = "prompts are cached without being told to"
_REFUSED = "this model refuses it"
_UNSAID = ("min_p", "repetition_penalty", "top_logprobs", "logit_bias")

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

    def body(self) -> Body:
        request = self._request
        body: Body = {"model": self._endpoint.model, "messages": ()}
        if request.stream:
            body["stream"] = True
        self._tools(body)
        self._format(body)
        plain = body.get("response_format") in (None, {"type": "text"})
        turns = Turns(self._endpoint, can_cite=plain)
        body["messages"] = turns.said(request.messages)
        if turns.documents:
            body[DOCUMENTS] = turns.documents
        self.losses += turns.losses
        self._sampling(body)
        self._limit(body)
        self._think(body)
        self._extend(body)
        self._rest()
        return body

    def _tools(self, body: Body) -> None:
        request = self._request
        named = self._named()
        tools = [
            said
            for number, tool in enumerate(request.tools)
            if (said := self._tool(tool, f"tools[{number}]", named)) is not None
        ]
        if tools:
            body["tools"] = tools
        strict = {tool.strict for tool in request.tools if isinstance(tool, Tool)} - {None}
        if True in strict:
            body["strict_tools"] = True
            if len(strict) > 1:
                self.change("tools", "all are strict where one is")
        elif strict:
            body["strict_tools"] = False
        self._choose(body, named)
        if request.parallel_tool_calls is False and request.tools:
            self.drop("parallel_tool_calls", "nothing keeps the model from several calls")

    def _named(self) -> str | None:
        """The one tool that must be called."""
        choice = self._request.tool_choice
        if choice is None or choice.mode is not Choice.NAMED:
            return None
        names = {tool.name for tool in self._request.tools if isinstance(tool, Tool)}
        return choice.name if choice.name in names else None

    def _choose(self, body: Body, named: str | None) -> None:
        choice = self._request.tool_choice
        if choice is None or (choice.mode is Choice.AUTO and choice.raw is None):
            return
        if "tools" not in body:
            self.drop("tool_choice", "there is no tool to choose")
        elif choice.raw is not None:
            self.drop("tool_choice", "a choice of another dialect")
        elif "tool_choice" in self._endpoint.rejects:
            self.drop("tool_choice", _REFUSED)
        elif choice.mode is Choice.NONE:
            body["tool_choice"] = "NONE"
        elif choice.mode is Choice.REQUIRED:
            body["tool_choice"] = "REQUIRED"
        elif named is not None:
            body["tool_choice"] = "REQUIRED"
            self.change("tool_choice", "one tool is demanded by offering no other")
        elif choice.mode is Choice.NAMED:
            self.drop("tool_choice", "names a tool that is not there")

    def _tool(self, tool: Tool | HostedTool, path: str, named: str | None) -> Body | Raw | None:
        if isinstance(tool, HostedTool):
            if tool.dialect == NAME and named is None:
                return tool.raw
            self.drop(path, f"a {tool.kind[:40]} of another dialect")
            return None
        if named not in {None, tool.name}:
            self.drop(path, "another tool is demanded")
            return None
        function: Body = {"name": tool.name}
        if tool.description is not None:
            function["description"] = tool.description
        function["parameters"] = tool.schema or {"type": "object", "properties": {}}
        if tool.cache is not None:
            self.drop(f"{path}.cache", _CACHED)
        function |= self.own(tool.extensions, NAME, path)
        return {"type": "function", "function": function}

    def _format(self, body: Body) -> None:
        wanted = self._request.response_format
        if wanted is None:
            return
        if wanted.kind is Format.TEXT:
            body["response_format"] = {"type": "text"}
            return
        has_schema = wanted.kind is Format.SCHEMA and wanted.schema is not None
        needed = Capability.JSON_SCHEMA if has_schema else Capability.JSON_MODE
        if needed not in self._endpoint.capabilities or "response_format" in self._endpoint.rejects:
            self.drop("response_format", "this target enforces no format")
            return
        said: Body = {"type": "json_object"}
        if has_schema:
            said["json_schema"] = wanted.schema
        body["response_format"] = said
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
        said: Body = {"type": "disabled" if is_off else "enabled"}
        if wanted.budget_tokens is not None:
            said["token_budget"] = wanted.budget_tokens
        if wanted.effort is not None and not is_off:
            self.change("reasoning.effort", f"said as enabled, was {wanted.effort[:40]}")
        body["thinking"] = said

    def _sampling(self, body: Body) -> None:
        sampling, rejects = self._request.sampling, self._endpoint.rejects
        for field, name in SAMPLING.items():
            value = getattr(sampling, field)
            if value is None:
                continue
            path = f"sampling.{field}"
            if path in rejects:
                self.drop(path, _REFUSED)
                continue
            least, most = LIMITS.get(field, (value, value))
            body[name] = min(max(value, least), most)
            if body[name] != value:
                self.change(path, f"{body[name]}, not {value}: from {least} to {most}")
        if "presence_penalty" in body and "frequency_penalty" in body:
            self._one_penalty(body)
        for field in _UNSAID:
            if getattr(sampling, field) is not None:
                self.drop(f"sampling.{field}", "no word for it")
        if sampling.n not in {None, 1}:
            self.drop("sampling.n", "one answer at a time")

    def _one_penalty(self, body: Body) -> None:
        """Models refuse both ("cannot specify both", Cohere's page of errors, November 2026)."""
        lost = "presence_penalty" if body["frequency_penalty"] else "frequency_penalty"
        if body[lost]:
            self.drop(f"sampling.{lost}", "refused beside the other penalty")
        del body[lost]

    def _limit(self, body: Body) -> None:
        stop = self._request.stop
        if stop and "stop" in self._endpoint.rejects:
            self.drop("stop", _REFUSED)
        elif stop:
            body["stop_sequences"] = stop[:MOST_STOPS]
            for number in range(MOST_STOPS, len(stop)):
                self.drop(f"stop[{number}]", f"at most {MOST_STOPS}")
        limit, most = self._request.max_output_tokens, self._endpoint.max_output_tokens
        if limit is not None and most is not None and limit > most:
            self.change("max_output_tokens", f"{most}, not {limit}: the model writes no more")
            limit = most
        if limit is not None:
            body["max_tokens"] = limit

    def _rest(self) -> None:
        request = self._request
        if request.user is not None:
            self.drop("user", "nobody is named here")
        if request.metadata:
            self.drop("metadata", "no word for it")
        if request.cache is not None:
            self.drop("cache", _CACHED)
        if request.modalities not in _TEXT_ONLY:
            self.drop("modalities", "answers are text")

    def _extend(self, body: Body) -> None:
        """Add the fields that the neutral model has no word for, where they are this dialect's."""
        taken = self.taken(self._request.extensions, NAME, self._endpoint.rejects)
        self.place(body, taken, NAME)
