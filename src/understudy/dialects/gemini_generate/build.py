"""Requests, the neutral model to bytes for one endpoint. What cannot be said becomes a loss."""

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Loss
from understudy.chat.request import Choice, Request, Tool
from understudy.dialects.gemini_generate.address import ARRAY, EVENTS, write_path
from understudy.dialects.gemini_generate.configure import configured
from understudy.dialects.gemini_generate.files import home_of_cache
from understudy.dialects.gemini_generate.schema import (
    MALFORMED,
    NAME,
    Raw,
    decode_raws,
    encode,
    word,
)
from understudy.dialects.gemini_generate.turns import Turns
from understudy.dialects.noting import Noting
from understudy.dialects.toplevel import rename
from understudy.wire.http import HttpRequest

Body = dict[str, object]

_MODES = {Choice.AUTO: "AUTO", Choice.NONE: "NONE", Choice.REQUIRED: "ANY", Choice.NAMED: "ANY"}


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`."""
    builder = _Builder(request, endpoint)
    body = builder.body()
    rename(body, endpoint.renames)
    headers = ((b"content-type", b"application/json"), *endpoint.headers)
    form = ARRAY if request.as_array else EVENTS
    path = write_path(endpoint, stream=request.stream, form=form)
    written = HttpRequest("POST", path, headers, encode(body))
    return written, tuple(dict.fromkeys(builder.losses))


class _Builder(Noting):
    """One request being written."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint

    def body(self) -> Body:
        turns = Turns(self._endpoint, is_own=NAME in self._request.extensions)
        turns.write(self._request.messages)
        self.losses += turns.losses
        body: Body = {"contents": turns.contents}
        if turns.system:
            body["systemInstruction"] = {"parts": turns.system}
        self._tools(body)
        config, losses = configured(self._request, self._endpoint)
        self.losses += losses
        if config:
            body["generationConfig"] = config
        self._extend(body)
        self._rest()
        return body

    def _tools(self, body: Body) -> None:
        tools: list[Body | Raw] = []
        functions: list[Body] = []  # those that no other kind of tool parts
        for number, tool in enumerate(self._request.tools):
            path = f"tools[{number}]"
            if isinstance(tool, Tool):
                if not functions:
                    tools.append({"functionDeclarations": functions})
                functions.append(self._function(tool, path))
            elif tool.dialect == NAME:
                tools.append(tool.raw)
                functions = []
            else:
                self.drop(path, f"a {tool.kind[:40]} of another dialect")
        if tools:
            body["tools"] = tools
        self._choice(body)
        if self._request.parallel_tool_calls is False:
            self.drop("parallel_tool_calls", "nothing keeps the model from several calls")

    def _function(self, tool: Tool, path: str) -> Body:
        function: Body = {"name": tool.name}
        if tool.description is not None:
            function["description"] = tool.description
        if tool.schema is not None:
            function["parametersJsonSchema"] = tool.schema
        if tool.strict:
            self.drop(f"{path}.strict", "no schema is enforced on the arguments of one tool")
        if tool.cache is not None:
            self.drop(f"{path}.cache", "prompts are cached without being told to")
        function |= self.own(tool.extensions, NAME, path)
        return function

    def _choice(self, body: Body) -> None:
        choice = self._request.tool_choice
        if choice is None:
            return
        if self._request.tools and "tools" not in body:
            self.drop("tool_choice", "there is no tool to choose")
            return
        calling: Body | Raw = {"mode": _MODES[choice.mode]}
        if choice.raw is not None and choice.dialect == NAME:
            calling = choice.raw
        elif choice.raw is not None:
            self.change("tool_choice", f"said as {_MODES[choice.mode]}")
        elif choice.mode is Choice.NAMED:
            calling = {"mode": "ANY", "allowedFunctionNames": [choice.name]}
        body["toolConfig"] = {"functionCallingConfig": calling}

    def _extend(self, body: Body) -> None:
        """Add the fields that the neutral model has no word for, where they are this dialect's."""
        taken = self.taken(self._request.extensions, NAME, self._endpoint.rejects)
        for name, raw in taken.items():
            path = f"extensions.{NAME}.{name}"
            if name == "cachedContent" and _cache_home(raw) != self._endpoint.producer:
                self.drop(path, f"a prompt kept by {_cache_home(raw)}")
            elif name == "toolConfig":
                known = body.get(name)
                body[name] = {**(known if isinstance(known, dict) else {}), **decode_raws(raw)}
            elif name != "generationConfig":
                body.setdefault(name, raw)

    def _rest(self) -> None:
        request = self._request
        if request.user is not None:
            self.drop("user", "nobody is named here")
        if request.metadata:
            self.drop("metadata", "no word for it")
        if request.cache is not None:
            self.drop("cache", "prompts are cached without being told to")


def _cache_home(raw: Raw) -> str:
    try:
        return home_of_cache(word(raw))
    except MALFORMED:
        return ""
