"""Reads a whole request. Whatever has no neutral word is kept, byte for byte, in its extensions.

Source: OpenAI API reference, "Create a model response" (2026).
"""

import msgspec

from understudy.chat.errors import InvalidRequest
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
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.openai_responses.schema import INCLUDE, LOGPROBS, NAME, Raw, encode
from understudy.dialects.openai_responses.turns import Input
from understudy.dialects.reading import Reader, expected, is_string, text_of
from understudy.dialects.toplevel import read_object

CUSTOM = "custom"
"""The field under which the whole of a custom tool is kept with the function that stands for it."""

CUSTOM_SCHEMA = Raw(
    b'{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],'
    b'"additionalProperties":false}'
)
"""What a custom tool takes, for whoever has functions only."""

_CHOICES = {"auto": Choice.AUTO, "none": Choice.NONE, "required": Choice.REQUIRED}
_DEFAULTS = {"truncation": b'"disabled"', "background": b"false"}
"""Values that mean the same as no value."""

KEPT = ("previous_response_id", "conversation", "prompt")
"""Fields that name what a provider keeps, and that stand in for an input."""


def parse_request(body: bytes) -> Request:
    """Raises: InvalidRequest."""
    top = Reader(read_object(body))
    model = top.need_string("model")
    messages = _messages(top)
    kept: dict[str, Raw] = {}
    store = top.boolean("store")
    request = Request(
        model=model,
        messages=messages,
        stream=top.boolean("stream") or False,
        tools=_tools(top),
        tool_choice=_tool_choice(top),
        parallel_tool_calls=top.boolean("parallel_tool_calls"),
        response_format=_text(top, kept),
        sampling=_sampling(top, kept),
        max_output_tokens=_limit(top),
        reasoning=_reasoning(top, kept),
        user=top.string("user"),
        metadata=top.strings("metadata"),
        store=True if store is None else store,
    )
    for name, default in _DEFAULTS.items():
        raw = top.peek(name)
        if raw is not None and bytes(raw) == default:
            top.take(name)
    kept |= top.rest()
    return msgspec.structs.replace(request, extensions={NAME: kept}) if kept else request


def _messages(top: Reader) -> tuple[Message, ...]:
    instructions = top.string("instructions")
    said = Input().read(top)
    if instructions:
        said = (Message(Role.SYSTEM, (Text(instructions),)), *said)
    if not said and not any(top.has(name) for name in KEPT):
        raise InvalidRequest("input", "expected a string or at least one item, found nothing")
    return said


def _tools(top: Reader) -> tuple[Tool | HostedTool, ...]:
    return tuple(_tool(raw, f"tools[{number}]") for number, raw in enumerate(top.items("tools")))


def _tool(raw: Raw, path: str) -> Tool | HostedTool:
    tool = Reader.of(raw, path)
    kind = tool.need_string("type")
    if kind == "function":
        return _function(tool)
    if kind == "custom":
        kept = {NAME: {CUSTOM: Raw(bytes(raw))}}
        description = tool.string("description")
        return Tool(tool.need_string("name"), description, CUSTOM_SCHEMA, extensions=kept)
    return HostedTool(NAME, kind, tool.string("name"), Raw(bytes(raw)))


def _function(tool: Reader) -> Tool:
    name = tool.need_string("name")
    schema = tool.take("parameters")
    if schema is not None and not bytes(schema).startswith(b"{"):
        raise expected("a JSON schema (an object)", schema, tool.at("parameters"))
    description, strict = tool.string("description"), tool.boolean("strict")
    kept = tool.rest()
    return Tool(name, description, schema, strict, extensions={NAME: kept} if kept else {})


def _tool_choice(top: Reader) -> ToolChoice | None:
    raw = top.take("tool_choice")
    if raw is None:
        return None
    if is_string(raw):
        word = text_of(raw)
        mode = _CHOICES.get(word)
        if mode is None:
            reason = f"expected auto, none, required or an object, found {word[:80]!r}"
            raise InvalidRequest("tool_choice", reason)
        return ToolChoice(mode)
    choice = Reader.of(raw, "tool_choice")
    kept = Raw(bytes(raw))
    match choice.need_string("type"):
        case "function":
            return ToolChoice(Choice.NAMED, choice.need_string("name"))
        case "custom":
            return ToolChoice(Choice.NAMED, choice.need_string("name"), NAME, kept)
        case "allowed_tools":
            mode = _CHOICES.get(choice.string("mode") or "auto", Choice.AUTO)
            return ToolChoice(mode, dialect=NAME, raw=kept)
        case _:
            return ToolChoice(Choice.REQUIRED, dialect=NAME, raw=kept)


def _text(top: Reader, kept: dict[str, Raw]) -> ResponseFormat | None:
    text = top.object("text")
    if text is None:
        return None
    wanted = text.object("format")
    made = None if wanted is None else _format(wanted, kept)
    kept |= {f"text.{name}": raw for name, raw in text.rest().items()}
    return made


def _format(wanted: Reader, kept: dict[str, Raw]) -> ResponseFormat | None:
    match kind := wanted.need_string("type"):
        case "text":
            made = ResponseFormat(Format.TEXT)
        case "json_object":
            made = ResponseFormat(Format.JSON)
        case "json_schema":
            schema = wanted.take("schema")
            if schema is not None and not bytes(schema).startswith(b"{"):
                raise expected("a JSON schema (an object)", schema, wanted.at("schema"))
            made = ResponseFormat(
                Format.SCHEMA,
                wanted.string("name"),
                wanted.string("description"),
                schema,
                wanted.boolean("strict"),
            )
        case _:
            kept["text.format"] = Raw(encode({"type": kind, **wanted.rest()}))
            return None
    kept |= {f"text.format.{name}": raw for name, raw in wanted.rest().items()}
    return made


def _sampling(top: Reader, kept: dict[str, Raw]) -> Sampling:
    return Sampling(
        temperature=top.number("temperature"),
        top_p=top.number("top_p"),
        frequency_penalty=top.number("frequency_penalty"),
        presence_penalty=top.number("presence_penalty"),
        logprobs=_wants_logprobs(top, kept),
        top_logprobs=top.integer("top_logprobs"),
    )


def _wants_logprobs(top: Reader, kept: dict[str, Raw]) -> bool | None:
    """Chances of tokens are asked for by an element of `include`; the others are kept."""
    wanted = top.items(INCLUDE)
    others = [raw for raw in wanted if not (is_string(raw) and text_of(raw) == LOGPROBS)]
    if others:
        kept[INCLUDE] = Raw(encode(others))
    return True if len(others) < len(wanted) else None


def _limit(top: Reader) -> int | None:
    limit = top.integer("max_output_tokens")
    if limit is not None and limit < 0:
        raise InvalidRequest("max_output_tokens", f"expected a positive number, found {limit}")
    return limit


def _reasoning(top: Reader, kept: dict[str, Raw]) -> ReasoningConfig | None:
    wanted = top.object("reasoning")
    if wanted is None:
        return None
    effort = wanted.string("effort")
    older = wanted.string("generate_summary")
    summary = wanted.string("summary") or older
    kept |= {f"reasoning.{name}": raw for name, raw in wanted.rest().items()}
    made = ReasoningConfig(effort=effort, summary=summary)
    return None if made == ReasoningConfig() else made
