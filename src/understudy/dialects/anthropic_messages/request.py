"""Requests, bytes to the neutral model."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.anthropic_messages.content import read_messages, read_system
from understudy.dialects.anthropic_messages.schema import NAME, Raw, Raws, encode
from understudy.dialects.reading import Reader, expected
from understudy.dialects.toplevel import read_object

_CHOICES = {"auto": Choice.AUTO, "any": Choice.REQUIRED, "none": Choice.NONE, "tool": Choice.NAMED}


def parse_request(body: bytes) -> Request:
    """Raises: InvalidRequest."""
    try:
        return _parse(Reader(read_object(body)))
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise InvalidRequest("", f"the body cannot be read: {error}") from None


def _parse(top: Reader) -> Request:
    model = top.need_string("model")
    limit = top.integer("max_tokens")
    if limit is None:
        raise InvalidRequest("max_tokens", "expected a number of tokens, found nothing")
    if limit < 0:
        raise InvalidRequest("max_tokens", f"expected a positive number, found {limit}")
    system = read_system(top)
    items = top.items("messages")
    if not items:
        raise InvalidRequest("messages", "expected at least one message, found none")
    tools = tuple(
        _tool(Reader.of(raw, f"tools.{n}"), raw) for n, raw in enumerate(top.items("tools"))
    )
    choice, parallel = _choice(top)
    effort, output = _output(top)
    reasoning, thinking = _thinking(top, effort)
    user, metadata = _user(top)
    stream = top.boolean("stream") or False
    sampling = Sampling(
        temperature=top.number("temperature"),
        top_p=top.number("top_p"),
        top_k=top.integer("top_k"),
    )
    stop = tuple(_strings(top, "stop_sequences"))
    cache = top.cache()
    kept = {**output.rest, **thinking, **metadata, **top.rest()}
    return Request(
        model,
        (*system, *read_messages(items)),
        stream=stream,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=parallel,
        response_format=output.format,
        sampling=sampling,
        stop=stop,
        max_output_tokens=limit,
        reasoning=reasoning,
        cache=cache,
        user=user,
        extensions={NAME: kept},  # also where empty: it says whose words these are
    )


def _tool(tool: Reader, raw: Raw) -> Tool | HostedTool:
    kind = tool.string("type") or "custom"
    if kind != "custom":
        return HostedTool(NAME, kind, tool.string("name"), Raw(bytes(raw)))
    schema = tool.take("input_schema")
    if schema is None:
        raise InvalidRequest(tool.at("input_schema"), "expected a JSON schema, found nothing")
    if not bytes(schema).startswith(b"{"):
        raise expected("a JSON schema (an object)", schema, tool.at("input_schema"))
    name = tool.need_string("name")
    description = tool.string("description")
    strict = tool.boolean("strict")
    cache = tool.cache()
    rest = tool.rest()
    return Tool(name, description, schema, strict, cache, {NAME: rest} if rest else {})


def _choice(top: Reader) -> tuple[ToolChoice | None, bool | None]:
    raw = top.take("tool_choice")
    if raw is None:
        return None, None
    choice = Reader.of(raw, "tool_choice")
    kind = choice.need_string("type")
    mode = _CHOICES.get(kind)
    if mode is None:
        known = ", ".join(_CHOICES)
        raise InvalidRequest("tool_choice.type", f"expected {known}, found {kind[:80]!r}")
    name = choice.need_string("name") if mode is Choice.NAMED else None
    alone = choice.boolean("disable_parallel_tool_use")
    parallel = None if alone is None else not alone
    if choice.rest():
        return ToolChoice(mode, name, NAME, Raw(bytes(raw))), parallel
    return ToolChoice(mode, name), parallel


class _Output(msgspec.Struct, frozen=True):
    format: ResponseFormat | None
    rest: Raws


def _output(top: Reader) -> tuple[str | None, _Output]:
    """Effort and format, from `output_config` or the older `output_format`."""
    found = _format(top.object("output_format"))
    config = top.object("output_config")
    if config is None:
        return None, _Output(found, {})
    effort = config.string("effort")
    found = _format(config.object("format")) or found
    rest = config.rest()
    return effort, _Output(found, {"output_config": Raw(encode(rest))} if rest else {})


def _format(wanted: Reader | None) -> ResponseFormat | None:
    if wanted is None:
        return None
    kind = wanted.need_string("type")
    if kind != "json_schema":
        raise InvalidRequest(wanted.at("type"), f"expected json_schema, found {kind[:80]!r}")
    schema = wanted.take("schema")
    if schema is None or not bytes(schema).startswith(b"{"):
        raise InvalidRequest(wanted.at("schema"), "expected a JSON schema (an object)")
    # The schema is always enforced ("Structured outputs").
    return ResponseFormat(Format.SCHEMA, schema=schema, strict=True)


def _thinking(top: Reader, effort: str | None) -> tuple[ReasoningConfig | None, Raws]:
    raw = top.take("thinking")
    if raw is None:
        return (None if effort is None else ReasoningConfig(effort=effort)), {}
    thinking = Reader.of(raw, "thinking")
    kind = thinking.need_string("type")
    budget = thinking.integer("budget_tokens")
    display = thinking.string("display")
    if kind == "enabled" and budget is None:
        raise InvalidRequest("thinking.budget_tokens", "expected a number of tokens, found nothing")
    is_known = kind in {"enabled", "adaptive", "disabled"} and not thinking.rest()
    config = ReasoningConfig(
        enabled=kind != "disabled",
        effort=effort,
        budget_tokens=budget if kind == "enabled" else None,
        summary=display,
    )
    return config, {} if is_known else {"thinking": Raw(bytes(raw))}


def _user(top: Reader) -> tuple[str | None, Raws]:
    metadata = top.object("metadata")
    if metadata is None:
        return None, {}
    user = metadata.string("user_id")
    rest = metadata.rest()
    return user, {"metadata": Raw(encode(rest))} if rest else {}


def _strings(top: Reader, name: str) -> list[str]:
    items = Reader({str(n): raw for n, raw in enumerate(top.items(name))}, name)
    return [items.need_string(key) for key in items.names()]
