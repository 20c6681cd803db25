"""`toolConfig` and `outputConfig`: tools, the choice among them, and the shape of an answer."""

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import ToolCall
from understudy.chat.request import Choice, Format, HostedTool, Request, Tool
from understudy.dialects.bedrock_converse.schema import (
    MALFORMED,
    NAME,
    Object,
    Raw,
    decode_raws,
    encode,
)
from understudy.dialects.bedrock_converse.turns import Conversation
from understudy.dialects.noting import Noting

_NO_SCHEMA = Raw(b'{"type":"object","properties":{}}')
_ANY_SCHEMA: Object = {"type": "object"}


class ToolWriter(Noting):
    """Writes the tools of one request; notes what is lost on the way."""

    def __init__(self, request: Request, endpoint: Endpoint, conversation: Conversation) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint
        self._conversation = conversation
        self._is_own = NAME in request.extensions

    def config(self) -> Object | None:
        """`toolConfig`; None where there is nothing to say."""
        request = self._request
        if self._withheld():
            return None
        tools = self._tools()
        if not tools and self._conversation.uses_tools and not self._is_own:
            tools = [_called(name) for name in _names(request)]
            self.change("tools", "those that were called are named, without a schema")
        choice = self._choice(has_tools=bool(tools))
        if request.parallel_tool_calls is False and request.tools:
            self.drop("parallel_tool_calls", "no word for it")
        if not tools:
            return None
        return {"tools": tools} if choice is None else {"tools": tools, "toolChoice": choice}

    def output(self) -> Object:
        """`outputConfig` as far as it is about the answer's shape."""
        wanted = self._request.response_format
        if wanted is None or wanted.kind is Format.TEXT:
            return {}
        if wanted.kind is Format.JSON or wanted.schema is None:
            self.drop("response_format", "JSON without a schema cannot be asked for")
            return {}
        if Capability.JSON_SCHEMA not in self._endpoint.capabilities:
            self.drop("response_format", "this target enforces no schema")
            return {}
        if not wanted.strict:
            self.change("response_format.strict", "always enforced")
        said: Object = {"schema": bytes(wanted.schema).decode()}
        if wanted.name is not None:
            said["name"] = wanted.name
        if wanted.description is not None:
            said["description"] = wanted.description
        return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": said}}}

    def _withheld(self) -> bool:
        """Whether no tool shall be called, so that none is named: there is no word for it."""
        choice = self._request.tool_choice
        if choice is None or choice.mode is not Choice.NONE or self._conversation.uses_tools:
            return False
        self.losses += [
            Loss(f"tools[{number}]", "not named, since none shall be called")
            for number, _ in enumerate(self._request.tools)
        ]
        self.change("tool_choice", "no tool is named, since none shall be called")
        return True

    def _tools(self) -> list[object]:
        said: list[object] = []
        for number, tool in enumerate(self._request.tools):
            path = f"tools[{number}]"
            if isinstance(tool, HostedTool):
                if tool.dialect == NAME:
                    said.append(tool.raw)
                else:
                    self.drop(path, f"a {tool.kind[:40]} of another dialect")
                continue
            said.append(self._tool(tool, path))
            point = self._conversation.cache(tool.cache, path)
            if point is not None:
                said.append(point)
        return said

    def _tool(self, tool: Tool, path: str) -> Object:
        spec: Object = {"name": tool.name}
        if tool.description:
            spec["description"] = tool.description
        elif tool.description is not None:
            self.change(path, "an empty description is refused")
        spec["inputSchema"] = {"json": self._schema(tool.schema)}
        if tool.strict and Capability.JSON_SCHEMA not in self._endpoint.capabilities:
            self.drop(f"{path}.strict", "this target enforces no schema")
        elif tool.strict or (tool.strict is not None and self._is_own):
            spec["strict"] = tool.strict
        spec |= self.own(tool.extensions, NAME, path)
        return {"toolSpec": spec}

    def _schema(self, schema: Raw | None) -> Raw:
        """A tool's schema; it must say that arguments are an object, which they always are."""
        if schema is None:
            return _NO_SCHEMA
        if self._is_own:
            return schema
        try:
            raws = decode_raws(schema)
        except MALFORMED:
            return _NO_SCHEMA
        return schema if "type" in raws else Raw(encode({"type": "object", **raws}))

    def _choice(self, *, has_tools: bool) -> Object | None:
        choice = self._request.tool_choice
        if choice is None:
            return None
        if not has_tools:
            if choice.mode in {Choice.REQUIRED, Choice.NAMED}:
                self.drop("tool_choice", "there is no tool to choose")
            return None
        if "tool_choice" in self._endpoint.rejects:
            self.drop("tool_choice", "this model refuses it")
            return None
        if choice.raw is not None and choice.dialect != NAME:
            self.change("tool_choice", "a choice of another dialect, as far as there is a word")
        match choice.mode:
            case Choice.AUTO:
                return {"auto": {}}
            case Choice.REQUIRED:
                return {"any": {}}
            case Choice.NAMED:
                return {"tool": {"name": choice.name or ""}}
            case Choice.NONE:
                self.drop("tool_choice", "no word for none, and tools were called before")
                return None


def _names(request: Request) -> list[str]:
    """The tools that the conversation speaks of, in order."""
    names = [
        part.name
        for message in request.messages
        for part in message.parts
        if isinstance(part, ToolCall)
    ]
    return list(dict.fromkeys(names)) or ["tool"]


def _called(name: str) -> Object:
    return {"toolSpec": {"name": name, "inputSchema": {"json": _ANY_SCHEMA}}}


def merged(said: Object, raw: msgspec.Raw) -> Object:
    """Fields of an object that were kept beside those that are said."""
    return {**decode_raws(raw), **said}
