"""Requests, bytes to the neutral model."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Request,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.arguments import object_of
from understudy.dialects.bedrock_converse.address import read_path
from understudy.dialects.bedrock_converse.content import read_cache, read_messages, read_system
from understudy.dialects.bedrock_converse.glance import check_messages
from understudy.dialects.bedrock_converse.more import More, read_more
from understudy.dialects.bedrock_converse.schema import MALFORMED, NAME, Raw, Raws, encode
from understudy.dialects.reading import Reader, expected, is_string, text_of
from understudy.dialects.toplevel import read_object

_CHOICES = {"auto": Choice.AUTO, "any": Choice.REQUIRED, "tool": Choice.NAMED}
_MORE = "additionalModelRequestFields"


class Tools(msgspec.Struct, frozen=True):
    """What `toolConfig` says. `rest`: what there is no neutral word for."""

    tools: tuple[Tool | HostedTool, ...] = ()
    choice: ToolChoice | None = None
    rest: Raws = {}


def parse_request(body: bytes, path: str) -> Request:
    """Raises: InvalidRequest."""
    model, stream = read_path(path)
    try:
        return _parse(Reader(read_object(body)), model, stream=stream)
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise InvalidRequest("", f"the body cannot be read: {error}") from None


def _parse(top: Reader, model: str, *, stream: bool) -> Request:
    system = read_system(top)
    messages = tuple(read_messages(top.items("messages")))
    if not messages:
        check_messages([], model)
    tools = _tools(top.object("toolConfig"))
    inference = top.object("inferenceConfig") or Reader({}, "inferenceConfig")
    limit = inference.integer("maxTokens")
    if limit is not None and limit < 1:
        raise InvalidRequest(inference.at("maxTokens"), f"expected a number > 0, found {limit}")
    effort, output, wanted = _output(top)
    more = _more(top, effort)
    sampling = Sampling(
        temperature=inference.number("temperature"),
        top_p=inference.number("topP"),
        top_k=more.top_k,
    )
    stop = tuple(_strings(inference, "stopSequences"))
    metadata = top.strings("requestMetadata")
    kept = {**tools.rest, **output}
    if inference.rest():
        kept["inferenceConfig"] = Raw(encode(inference.rest()))
    if more.rest:
        kept[_MORE] = Raw(encode(more.rest))
    return Request(
        model,
        (*system, *messages),
        stream=stream,
        tools=tools.tools,
        tool_choice=tools.choice,
        response_format=wanted,
        sampling=sampling,
        stop=stop,
        max_output_tokens=limit,
        reasoning=more.reasoning,
        metadata=metadata,
        extensions={NAME: {**kept, **top.rest()}},  # also where empty: whose words these are
    )


def _more(top: Reader, effort: str | None) -> More:
    raw = top.take(_MORE)
    if raw is not None and not bytes(raw).startswith(b"{"):
        raise expected("an object", raw, _MORE)
    try:
        return read_more(raw, effort)
    except MALFORMED:
        raise InvalidRequest(_MORE, "expected an object of fields, found others") from None


def _tools(config: Reader | None) -> Tools:
    if config is None:
        return Tools()
    tools: list[Tool | HostedTool] = []
    for number, item in enumerate(config.items("tools")):
        tool = Reader.of(item, f"{config.at('tools')}.{number}")
        last = tools[-1] if tools else None
        if tool.has("cachePoint") and isinstance(last, Tool) and last.cache is None:
            tools[-1] = msgspec.structs.replace(
                last, cache=read_cache(tool.need_object("cachePoint"))
            )
        else:
            tools.append(_tool(tool, item))
    choice = _choice(config)
    rest = config.rest()
    return Tools(tuple(tools), choice, {"toolConfig": Raw(encode(rest))} if rest else {})


def _tool(tool: Reader, raw: Raw) -> Tool | HostedTool:
    spec = tool.object("toolSpec")
    if spec is None:
        kind = next(iter(tool.names()), "")
        if not kind:
            raise InvalidRequest(tool.path, "expected toolSpec, found nothing")
        hosted = tool.object(kind)
        name = None if hosted is None else hosted.string("name")
        return HostedTool(NAME, kind, name, Raw(bytes(raw)))
    given = spec.need_object("inputSchema")
    schema = given.take("json")
    if schema is None or not bytes(schema).startswith(b"{"):
        raise InvalidRequest(given.at("json"), "expected a JSON schema (an object)")
    found = Tool(
        spec.need_string("name"), spec.string("description"), schema, spec.boolean("strict")
    )
    rest = spec.rest()
    return msgspec.structs.replace(found, extensions={NAME: rest}) if rest else found


def _choice(config: Reader) -> ToolChoice | None:
    choice = config.object("toolChoice")
    if choice is None:
        return None
    for kind, mode in _CHOICES.items():
        found = choice.object(kind)
        if found is not None:
            return ToolChoice(mode, found.need_string("name") if mode is Choice.NAMED else None)
    raise InvalidRequest(choice.path, "expected auto, any or tool, found something else")


def _output(top: Reader) -> tuple[str | None, Raws, ResponseFormat | None]:
    """The effort and the format that `outputConfig` wants, and what else it says."""
    config = top.object("outputConfig")
    if config is None:
        return None, {}, None
    effort = config.string("effort")
    wanted = _format(config.object("textFormat"))
    rest = config.rest()
    return effort, {"outputConfig": Raw(encode(rest))} if rest else {}, wanted


def _format(wanted: Reader | None) -> ResponseFormat | None:
    if wanted is None:
        return None
    kind = wanted.need_string("type")
    if kind != "json_schema":
        raise InvalidRequest(wanted.at("type"), f"expected json_schema, found {kind[:80]!r}")
    said = wanted.need_object("structure").need_object("jsonSchema")
    raw = said.take("schema")
    if raw is None or not is_string(raw):
        raise InvalidRequest(said.at("schema"), "expected a JSON schema as a string")
    schema = object_of(text_of(raw))
    if schema is None:
        reason = f"expected a JSON object as a string, found {text_of(raw)[:80]!r}"
        raise InvalidRequest(said.at("schema"), reason)
    return ResponseFormat(
        Format.SCHEMA,
        name=said.string("name"),
        description=said.string("description"),
        schema=schema,
        strict=True,  # it is always enforced ("Structured outputs", 2026)
    )


def _strings(outer: Reader, name: str) -> list[str]:
    items = Reader({str(n): raw for n, raw in enumerate(outer.items(name))}, outer.at(name))
    return [items.need_string(key) for key in items.names()]
