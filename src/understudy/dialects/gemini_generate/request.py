"""Requests, bytes to the neutral model. Which model, and whether it streams, the path says."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import (
    Choice,
    HostedTool,
    Request,
    Tool,
    ToolChoice,
)
from understudy.dialects.gemini_generate.address import is_as_events, read_path
from understudy.dialects.gemini_generate.content import Contents
from understudy.dialects.gemini_generate.generation import Generation
from understudy.dialects.gemini_generate.jsonschema import json_schema
from understudy.dialects.gemini_generate.schema import (
    MODES,
    NAME,
    Raw,
    Raws,
    camel,
    decode_any,
    encode,
    inner,
    reader,
)
from understudy.dialects.reading import ProtoReader, Reader, expected
from understudy.dialects.toplevel import read_object

_CHOICES = {"AUTO": Choice.AUTO, "ANY": Choice.REQUIRED, "NONE": Choice.NONE}


def parse_request(body: bytes, path: str = "") -> Request:
    """Raises: InvalidRequest."""
    try:
        return _parse(ProtoReader(camel(read_object(body))), path)
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise InvalidRequest("", f"the body cannot be read: {error}") from None


def _parse(top: Reader, path: str) -> Request:
    model, stream = read_path(path, top.string("model") or "")
    contents = Contents()
    instruction = top.take("systemInstruction")
    before = () if instruction is None else contents.instruction(instruction, "systemInstruction")
    items = top.items("contents")
    if not items:
        raise InvalidRequest("contents", "expected at least one content, found none")
    messages = (*before, *contents.read(items, "contents"))
    tools = [
        tool
        for number, each in enumerate(top.items("tools"))
        for tool in _tools(reader(each, f"tools.{number}"))
    ]
    choice, choosing = _choice(inner(top, "toolConfig"))
    generation = Generation(inner(top, "generationConfig"))
    request = generation.request(model, messages)
    extensions = {**top.rest(), **choosing, **generation.rest()}
    return msgspec.structs.replace(
        request,
        stream=stream,
        as_array=stream and not is_as_events(path),
        tools=tuple(tools),
        tool_choice=choice,
        extensions={NAME: extensions},  # even where empty: it tells whose request it was
    )


def _tools(tool: Reader) -> list[Tool | HostedTool]:
    """One element holds many functions, and beside them tools that Google runs."""
    found: list[Tool | HostedTool] = [
        _function(reader(raw, tool.at(f"functionDeclarations.{number}")))
        for number, raw in enumerate(tool.items("functionDeclarations"))
    ]
    for kind, raw in tool.rest().items():
        found.append(HostedTool(NAME, kind, None, Raw(encode({kind: raw}))))
    return found


def _function(function: Reader) -> Tool:
    name = function.need_string("name")
    description = function.string("description")
    schema = function.take("parametersJsonSchema")
    theirs = function.take("parameters")
    if theirs is not None:
        if schema is not None:
            reason = "expected this or parametersJsonSchema, found both"
            raise InvalidRequest(function.at("parameters"), reason)
        schema = json_schema(theirs)
    rest = function.rest()
    schema = None if schema is None else Raw(bytes(schema))
    return Tool(name, description, schema, extensions={NAME: rest} if rest else {})


def _choice(config: Reader | None) -> tuple[ToolChoice | None, Raws]:
    """Which function must be called, and what else is said of tools."""
    if config is None:
        return None, {}
    calling = inner(config, "functionCallingConfig")
    rest = config.rest()
    kept = {"toolConfig": Raw(encode(rest))} if rest else {}
    if calling is None:
        return None, kept
    whole = Raw(encode(calling.rest()))
    raw = calling.take("mode")
    value = "AUTO" if raw is None else decode_any(raw)
    mode = str(MODES.get(value, "AUTO") if isinstance(value, int) else value).upper()
    names = [str(decode_any(name)) for name in calling.items("allowedFunctionNames")]
    known = _CHOICES.get(mode)
    if known is Choice.REQUIRED and len(names) == 1 and not calling.rest():
        return ToolChoice(Choice.NAMED, names[0]), kept
    if known is not None and not names and not calling.rest():
        return ToolChoice(known), kept
    if mode not in {*MODES.values(), "MODE_UNSPECIFIED"}:
        raise expected("AUTO, ANY, NONE or VALIDATED", whole, calling.at("mode"))
    neutral = Choice.REQUIRED if known is Choice.REQUIRED else Choice.AUTO
    return ToolChoice(neutral, dialect=NAME, raw=whole), kept
