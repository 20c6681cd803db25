"""Requests, bytes to the neutral model.

Source: API reference, "Chat (v2)" (docs.cohere.com/reference/chat, November 2026).
"""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import (
    Choice,
    Format,
    HostedTool,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.cohere_chat.content import add_documents, parse_message
from understudy.dialects.cohere_chat.schema import DOCUMENTS, NAME, Raw, Raws
from understudy.dialects.reading import Reader, expected
from understudy.dialects.toplevel import read_object

_CHOICES = {"REQUIRED": Choice.REQUIRED, "NONE": Choice.NONE}


def parse_request(body: bytes) -> Request:
    """Raises: InvalidRequest."""
    try:
        return _parse(Reader(read_object(body)))
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest("", f"the body cannot be read: {error}") from None


def _parse(top: Reader) -> Request:
    model = top.need_string("model")
    messages = _messages(top)
    stream = top.boolean("stream")
    items = top.items("tools")
    strict = top.boolean("strict_tools") if items else None
    tools = tuple(
        _tool(Reader.of(raw, f"tools.{number}"), raw, strict) for number, raw in enumerate(items)
    )
    choice = _choice(top)
    wanted = top.object("response_format")
    form = _format(wanted)
    sampling = _sampling(top)
    stop = _stop(top)
    limit = top.integer("max_tokens")
    if limit is not None and limit < 0:
        raise InvalidRequest("max_tokens", f"expected a positive number, found {limit}")
    thinking = top.object("thinking")
    reasoning = _reasoning(thinking)
    rest = {**top.rest(), **_inner(wanted), **_inner(thinking)}
    return Request(
        model,
        messages,
        stream=bool(stream),
        tools=tools,
        tool_choice=choice,
        response_format=form,
        sampling=sampling,
        stop=stop,
        max_output_tokens=limit,
        reasoning=reasoning,
        extensions={NAME: rest} if rest else {},
    )


def _inner(inner: Reader | None) -> Raws:
    """What nobody took of an inner object, by its whole path."""
    return {} if inner is None else {inner.at(name): raw for name, raw in inner.rest().items()}


def _messages(top: Reader) -> tuple[Message, ...]:
    items = top.items("messages")
    if not items:
        raise InvalidRequest("messages", "expected at least one message, found none")
    messages = tuple(
        parse_message(Reader.of(raw, f"messages.{number}")) for number, raw in enumerate(items)
    )
    return add_documents(messages, top.items(DOCUMENTS))


def _tool(tool: Reader, raw: Raw, strict: bool | None) -> Tool | HostedTool:  # noqa: FBT001
    kind = tool.string("type") or "function"
    if kind != "function":
        return HostedTool(NAME, kind, None, Raw(bytes(raw)))
    function = tool.need_object("function")
    name = function.need_string("name")
    description = function.string("description")
    schema = function.take("parameters")
    rest = {**tool.rest(), **function.rest()}
    return Tool(name, description, schema, strict=strict, extensions={NAME: rest} if rest else {})


def _choice(top: Reader) -> ToolChoice | None:
    said = top.string("tool_choice")
    if said is None:
        return None
    mode = _CHOICES.get(said.upper())
    if mode is None:
        raise InvalidRequest("tool_choice", f"expected REQUIRED or NONE, found {said[:80]!r}")
    return ToolChoice(mode)


def _format(wanted: Reader | None) -> ResponseFormat | None:
    """`json_schema` says the schema; `schema` is its older name."""
    if wanted is None:
        return None
    kind = wanted.need_string("type")
    schema = wanted.take("json_schema")
    schema = schema or wanted.take("schema")
    match kind:
        case "text":
            return ResponseFormat(Format.TEXT)
        case "json_object" if schema is None:
            return ResponseFormat(Format.JSON)
        case "json_object":
            return ResponseFormat(Format.SCHEMA, schema=schema, strict=True)
        case _:
            reason = f"expected text or json_object, found {kind[:80]!r}"
            raise InvalidRequest(wanted.at("type"), reason)


def _sampling(top: Reader) -> Sampling:
    return Sampling(
        temperature=top.number("temperature"),
        top_p=top.number("p"),
        top_k=top.integer("k"),
        frequency_penalty=top.number("frequency_penalty"),
        presence_penalty=top.number("presence_penalty"),
        seed=top.integer("seed"),
        logprobs=top.boolean("logprobs"),
    )


def _stop(top: Reader) -> tuple[str, ...]:
    raw = top.take("stop_sequences")
    if raw is None:
        return ()
    try:
        return tuple(msgspec.json.decode(raw, type=list[str]))
    except msgspec.MsgspecError:
        raise expected("an array of strings", raw, "stop_sequences") from None


def _reasoning(thinking: Reader | None) -> ReasoningConfig | None:
    if thinking is None:
        return None
    kind = thinking.need_string("type")
    if kind not in {"enabled", "disabled"}:
        reason = f"expected enabled or disabled, found {kind[:80]!r}"
        raise InvalidRequest(thinking.at("type"), reason)
    budget = thinking.integer("token_budget")
    return ReasoningConfig(enabled=kind == "enabled", budget_tokens=budget)
