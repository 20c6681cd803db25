"""Requests, the neutral model to bytes for one endpoint. What cannot be said becomes a loss."""

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Choice, Format, HostedTool, Request, Tool, ToolChoice
from understudy.dialects.anthropic_messages.sampling import write_sampling
from understudy.dialects.anthropic_messages.schema import (
    NAME,
    Raw,
    Raws,
    decode_raws,
    encode,
)
from understudy.dialects.anthropic_messages.thinking import Thinking, write_thinking
from understudy.dialects.anthropic_messages.turns import Conversation
from understudy.dialects.noting import Noting
from understudy.dialects.toplevel import rename
from understudy.wire.http import Headers, HttpRequest, header

VERSION = b"2023-06-01"
DEFAULT_MAX_TOKENS = 4096
"""Where neither the caller nor the catalogue says how long an answer may be."""

_VERSION_FIELD = b"anthropic-version"
_NO_SCHEMA = Raw(b'{"type":"object","properties":{}}')
_TEXT_ONLY = frozenset({(), ("text",)})

Body = dict[str, object]


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`."""
    builder = _Builder(request, endpoint)
    body = builder.body()
    rename(body, endpoint.renames)
    written = HttpRequest("POST", endpoint.path, _headers(endpoint), encode(body))
    return written, tuple(dict.fromkeys(builder.losses))


def _headers(endpoint: Endpoint) -> Headers:
    headers: Headers = ((b"content-type", b"application/json"),)
    if header(endpoint.headers, _VERSION_FIELD) is None:
        headers += ((_VERSION_FIELD, VERSION),)
    return headers + endpoint.headers


class _Builder(Noting):
    """One request being written."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint
        self._conversation = Conversation(endpoint)

    def body(self) -> Body:
        request = self._request
        conversation = self._conversation
        conversation.read(request.messages)
        self.losses += conversation.losses
        thinking = write_thinking(
            request, self._endpoint, self._limit(), prefills=conversation.prefills
        )
        self.losses += thinking.losses
        body: Body = {"model": self._endpoint.model, "max_tokens": self._limit(note=self.losses)}
        if conversation.system:
            body["system"] = _string_or_blocks(conversation.system)
        body["messages"] = [turn.said() for turn in conversation.turns]
        if request.stream:
            body["stream"] = True
        self._tools(body)
        self._output(body, thinking)
        fields, losses = write_sampling(request, self._endpoint, thinks=thinking.is_on)
        body |= fields
        self.losses += losses
        self._rest(body)
        self._extend(body)
        return body

    def _limit(self, note: list[Loss] | None = None) -> int:
        wanted = self._request.max_output_tokens
        most = self._endpoint.max_output_tokens
        if wanted is None:
            # The dialect demands one: the model's own, which cuts nothing short.
            return DEFAULT_MAX_TOKENS if most is None else most
        if most is not None and wanted > most:
            if note is not None:
                reason = f"{most}, not {wanted}: the model writes no more"
                note.append(Loss("max_output_tokens", reason, Change.CHANGED))
            return most
        return wanted

    def _tools(self, body: Body) -> None:
        request = self._request
        tools = [
            said
            for number, tool in enumerate(request.tools)
            if (said := self._tool(tool, f"tools[{number}]")) is not None
        ]
        if tools:
            body["tools"] = tools
        self._tool_choice(body)

    def _tool(self, tool: Tool | HostedTool, path: str) -> Body | Raw | None:
        if isinstance(tool, HostedTool):
            if tool.dialect == NAME:
                return tool.raw
            self.drop(path, f"a {tool.kind[:40]} of another dialect")
            return None
        said: Body = {"name": tool.name}
        if tool.description is not None:
            said["description"] = tool.description
        said["input_schema"] = _schema(tool.schema)
        if tool.strict and Capability.JSON_SCHEMA not in self._endpoint.capabilities:
            self.drop(f"{path}.strict", "this target enforces no schema")
        elif tool.strict is not None:
            said["strict"] = tool.strict
        said |= self._conversation.writer.cache(tool.cache, path)
        said |= self.own(tool.extensions, NAME, path)
        return said

    def _tool_choice(self, body: Body) -> None:
        request = self._request
        choice, parallel = request.tool_choice, request.parallel_tool_calls
        refused = self._endpoint.rejects
        if "tool_choice" in refused and choice is not None:
            self.drop("tool_choice", "this model refuses it")
            choice = None
        if "tools" not in body:
            self._no_tool(choice)
            return
        if choice is not None and choice.raw is not None:
            if choice.dialect == NAME:
                body["tool_choice"] = choice.raw
                return
            reason = f"said as {choice.mode.value}"
            self.losses.append(Loss("tool_choice", reason, Change.CHANGED))
        said: Body = {}
        if choice is not None:
            said = _choice(choice.mode, choice.name)
        if parallel is not None and said.get("type") != "none":
            said = said or {"type": "auto"}
            said["disable_parallel_tool_use"] = not parallel
        if said:
            body["tool_choice"] = said

    def _no_tool(self, choice: ToolChoice | None) -> None:
        """Where no tool is left, a choice is lost; where there was none, only a demand is."""
        had_tools = bool(self._request.tools)
        is_demand = choice is not None and choice.mode in {Choice.REQUIRED, Choice.NAMED}
        if is_demand or (had_tools and choice is not None):
            self.drop("tool_choice", "there is no tool to choose")
        if had_tools and self._request.parallel_tool_calls is not None:
            self.drop("parallel_tool_calls", "there is no tool to call")

    def _output(self, body: Body, thinking: Thinking) -> None:
        config = self._format()
        if thinking.config is not None:
            body["thinking"] = thinking.config
        if thinking.effort is not None:
            config["effort"] = thinking.effort
        if config:
            body["output_config"] = config

    def _format(self) -> Body:
        wanted = self._request.response_format
        if wanted is None or wanted.kind is Format.TEXT:
            return {}
        refusal = None
        if wanted.kind is Format.JSON or wanted.schema is None:
            refusal = "JSON without a schema cannot be demanded"
        elif Capability.JSON_SCHEMA not in self._endpoint.capabilities:
            refusal = "this target enforces no schema"
        elif "response_format" in self._endpoint.rejects:
            refusal = "this model refuses it"
        if refusal is not None:
            self.drop("response_format", refusal)
            return {}
        if wanted.name is not None:
            self.drop("response_format.name", "a schema has no name")
        if wanted.description is not None:
            self.drop("response_format.description", "a schema has no description")
        if wanted.strict is False:
            always = Loss("response_format.strict", "always enforced", Change.CHANGED)
            self.losses.append(always)
        return {"format": {"type": "json_schema", "schema": wanted.schema}}

    def _rest(self, body: Body) -> None:
        request = self._request
        if request.user is not None:
            if "user" in self._endpoint.rejects:
                self.drop("user", "this model refuses it")
            else:
                body["metadata"] = {"user_id": request.user}
        if request.cache is not None:
            body |= self._conversation.writer.cache(request.cache, "request")
        if request.metadata:
            self.drop("metadata", "only the user is named here")
        if request.modalities not in _TEXT_ONLY:
            self.drop("modalities", "answers are text")

    def _extend(self, body: Body) -> None:
        """Add the fields that the neutral model has no word for, where they are this dialect's."""
        taken = self.taken(self._request.extensions, NAME, self._endpoint.rejects)
        for name, raw in taken.items():
            if name in {"output_config", "metadata"}:
                body[name] = _merged(body.get(name), raw)
            elif name not in body and name != "thinking":
                body[name] = raw


def _choice(mode: Choice, name: str | None) -> Body:
    match mode:
        case Choice.AUTO:
            return {"type": "auto"}
        case Choice.NONE:
            return {"type": "none"}
        case Choice.REQUIRED:
            return {"type": "any"}
        case Choice.NAMED:
            return {"type": "tool", "name": name or ""}


def _schema(schema: Raw | None) -> Raw:
    """A tool's schema; it must say that arguments are an object, which they always are."""
    if schema is None:
        return _NO_SCHEMA
    try:
        raws = decode_raws(schema)
    except msgspec.MsgspecError:
        return _NO_SCHEMA
    if "type" in raws:
        return schema
    return Raw(encode({"type": "object", **raws}))


def _merged(said: object, raw: Raw) -> Body:
    rest: Raws = decode_raws(raw)
    return {**rest, **said} if isinstance(said, dict) else {**rest}


def _string_or_blocks(blocks: list[Body | Raw]) -> object:
    only = blocks[0] if len(blocks) == 1 else None
    if isinstance(only, dict) and only.keys() == {"type", "text"}:
        return only["text"]
    return blocks
