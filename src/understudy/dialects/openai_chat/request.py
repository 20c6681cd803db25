"""Reads a whole request. Whatever has no neutral word is kept, byte for byte, in its extensions."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint
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
from understudy.dialects.openai_chat.messages import parse_messages
from understudy.dialects.openai_chat.plain_request import read_plain
from understudy.dialects.openai_chat.schema import NAME, Raw
from understudy.dialects.reading import Reader, expected, is_list, is_string, text_of
from understudy.dialects.toplevel import read_object

_CHOICES = {
    "auto": Choice.AUTO,
    "none": Choice.NONE,
    "required": Choice.REQUIRED,
    "any": Choice.REQUIRED,  # Mistral
}


def parse_request(body: bytes) -> Request:
    """Raises: InvalidRequest."""
    raws = read_object(body)
    plain = read_plain(body)
    return read_closely(Reader(raws)) if plain is None else plain


def read_closely(top: Reader) -> Request:
    """Read a request, whatever it says. Raises: InvalidRequest."""
    model = top.need_string("model")
    messages = parse_messages(top)
    stream = top.boolean("stream") or False
    kept: dict[str, Raw] = {}
    legacy = _is_legacy(top, messages)
    request = Request(
        model=model,
        messages=messages,
        stream=stream,
        tools=_functions(top) if legacy else _tools(top),
        tool_choice=_function_choice(top) if legacy else _tool_choice(top),
        parallel_tool_calls=top.boolean("parallel_tool_calls"),
        response_format=_response_format(top, kept),
        sampling=_sampling(top),
        stop=_stop(top),
        max_output_tokens=_limit(top, kept),
        reasoning=_reasoning(top, kept),
        cache=top.cache(),
        user=top.string("user"),
        metadata=_metadata(top, kept),
        wants_usage=_wants_usage(top, kept) or not stream,
        modalities=_modalities(top),
        legacy_functions=legacy,
    )
    kept |= top.rest()
    return msgspec.structs.replace(request, extensions={NAME: kept}) if kept else request


def _is_legacy(top: Reader, messages: tuple[Message, ...]) -> bool:
    """Whether the caller speaks of functions (deprecated in 2023, still in use)."""
    if top.has("functions") or top.has("function_call"):
        return not top.has("tools")
    return not top.has("tools") and any(
        "function_call" in message.extensions.get(NAME, {}) for message in messages
    )


def _tools(top: Reader) -> tuple[Tool | HostedTool, ...]:
    return tuple(_tool(raw, f"tools[{number}]") for number, raw in enumerate(top.items("tools")))


def _tool(raw: Raw, path: str) -> Tool | HostedTool:
    tool = Reader.of(raw, path)
    kind = tool.string("type")
    if kind is None and not tool.has("function"):
        raise InvalidRequest(f"{path}.type", "expected the type of a tool, found nothing")
    if kind not in (None, "function"):
        custom = tool.object("custom") if kind == "custom" else None
        name = tool.string("name") if custom is None else custom.string("name")
        return HostedTool(NAME, str(kind), name, raw)
    cache = tool.cache()
    return _function(tool.need_object("function"), tool, cache)


def _function(function: Reader, outer: Reader | None, cache: CacheHint | None) -> Tool:
    name = function.need_string("name")
    description = function.string("description")
    schema = function.take("parameters")
    if schema is not None and not bytes(schema).startswith(b"{"):
        raise expected("a JSON schema (an object)", schema, function.at("parameters"))
    strict = function.boolean("strict")
    kept = {f"function.{key}": raw for key, raw in function.rest().items()}
    if outer is not None:
        kept |= outer.rest()
    return Tool(name, description, schema, strict, cache, {NAME: kept} if kept else {})


def _functions(top: Reader) -> tuple[Tool | HostedTool, ...]:
    return tuple(
        _function(Reader.of(raw, f"functions[{number}]"), None, None)
        for number, raw in enumerate(top.items("functions"))
    )


def _tool_choice(top: Reader) -> ToolChoice | None:
    raw = top.take("tool_choice")
    if raw is None:
        return None
    if is_string(raw):
        return _choice_word(text_of(raw), "tool_choice")
    choice = Reader.of(raw, "tool_choice")
    kind = choice.string("type")
    match kind:
        case "function" | None:
            name = choice.need_object("function").need_string("name")
            return ToolChoice(Choice.NAMED, name)
        case "allowed_tools":
            allowed = choice.need_object("allowed_tools")
            mode = _CHOICES.get(allowed.string("mode") or "auto", Choice.AUTO)
            return ToolChoice(mode, dialect=NAME, raw=raw)
        case "custom":
            name = choice.need_object("custom").need_string("name")
            return ToolChoice(Choice.NAMED, name, NAME, raw)
        case _:
            return ToolChoice(Choice.REQUIRED, dialect=NAME, raw=raw)


def _choice_word(word: str, path: str) -> ToolChoice:
    mode = _CHOICES.get(word)
    if mode is None:
        reason = f"expected auto, none, required or an object, found {word!r}"
        raise InvalidRequest(path, reason)
    return ToolChoice(mode)


def _function_choice(top: Reader) -> ToolChoice | None:
    raw = top.take("function_call")
    if raw is None:
        return None
    if is_string(raw):
        return _choice_word(text_of(raw), "function_call")
    name = Reader.of(raw, "function_call").need_string("name")
    return ToolChoice(Choice.NAMED, name)


def _response_format(top: Reader, kept: dict[str, Raw]) -> ResponseFormat | None:
    raw = top.take("response_format")
    if raw is None:
        return None
    wanted = Reader.of(raw, "response_format")
    match wanted.need_string("type"):
        case "text":
            made = ResponseFormat(Format.TEXT)
        case "json_object":
            made = ResponseFormat(Format.JSON)
        case "json_schema":
            made = _schema_format(wanted.need_object("json_schema"), raw, kept)
        case _:
            kept["response_format"] = raw
            return None
    if wanted.rest():
        kept["response_format"] = raw
    return made


def _schema_format(schema: Reader, raw: Raw, kept: dict[str, Raw]) -> ResponseFormat:
    body = schema.take("schema")
    if body is not None and not bytes(body).startswith(b"{"):
        raise expected("a JSON schema (an object)", body, schema.at("schema"))
    made = ResponseFormat(
        Format.SCHEMA,
        schema.string("name"),
        schema.string("description"),
        body,
        schema.boolean("strict"),
    )
    if schema.rest():
        kept["response_format"] = raw
    return made


def _chances(top: Reader) -> tuple[bool | None, int | None]:
    """Whether chances of tokens are wanted, and of how many: Together says both as one number."""
    raw = top.peek("logprobs")
    if raw is None or not bytes(raw)[:1].isdigit():
        return top.boolean("logprobs"), top.integer("top_logprobs")
    most = top.integer("logprobs") or 0
    return most > 0, top.integer("top_logprobs") or most or None


def _sampling(top: Reader) -> Sampling:
    seed = top.integer("seed")
    logprobs, top_logprobs = _chances(top)
    return Sampling(
        temperature=top.number("temperature"),
        top_p=top.number("top_p"),
        top_k=top.integer("top_k"),
        min_p=top.number("min_p"),
        frequency_penalty=top.number("frequency_penalty"),
        presence_penalty=top.number("presence_penalty"),
        repetition_penalty=top.number("repetition_penalty"),
        seed=top.integer("random_seed") if seed is None else seed,  # Mistral
        n=top.integer("n"),
        logprobs=logprobs,
        top_logprobs=top_logprobs,
        logit_bias=top.take("logit_bias"),
    )


def _stop(top: Reader) -> tuple[str, ...]:
    raw = top.take("stop")
    if raw is None:
        return ()
    if not is_list(raw):
        if not is_string(raw):
            raise expected("a string or an array of strings", raw, "stop")
        return (text_of(raw),)
    stops = []
    for number, item in enumerate(Reader({"stop": raw}).items("stop")):
        if not is_string(item):
            raise expected("a string", item, f"stop[{number}]")
        stops.append(text_of(item))
    return tuple(stops)


def _limit(top: Reader, kept: dict[str, Raw]) -> int | None:
    """The newer field wins; an older one that says otherwise is kept for whoever reads it."""
    raw = top.peek("max_tokens")
    older = top.integer("max_tokens")
    newer = top.integer("max_completion_tokens")
    if raw is not None and None not in {older, newer} and older != newer:
        kept["max_tokens"] = raw
    limit = older if newer is None else newer
    if limit is not None and limit < 0:
        name = "max_tokens" if newer is None else "max_completion_tokens"
        raise InvalidRequest(name, f"expected a positive number, found {limit}")
    return limit


def _reasoning(top: Reader, kept: dict[str, Raw]) -> ReasoningConfig | None:
    """`reasoning_effort`; OpenRouter's `reasoning`; `thinking` as DeepSeek and Z.ai spell it."""
    effort = top.string("reasoning_effort")
    enabled: bool | None = None
    budget: int | None = None
    summary: str | None = None
    wanted = top.object("reasoning")
    if wanted is not None:
        effort = wanted.string("effort") or effort
        enabled = wanted.boolean("enabled")
        budget = wanted.integer("max_tokens")
        summary = wanted.string("summary")
        kept |= {f"reasoning.{name}": raw for name, raw in wanted.rest().items()}
    thinking = top.object("thinking")
    if thinking is not None:
        word = thinking.string("type")
        enabled = enabled if word is None else word != "disabled"
        budget = thinking.integer("budget_tokens") or budget
        kept |= {f"thinking.{name}": raw for name, raw in thinking.rest().items()}
    made = ReasoningConfig(enabled, effort, budget, summary)
    return None if made == ReasoningConfig() else made


def _metadata(top: Reader, kept: dict[str, Raw]) -> dict[str, str] | None:
    """Texts by name; Mistral takes any value, which is kept for whoever does as well."""
    raw = top.peek("metadata")
    try:
        return top.strings("metadata")
    except InvalidRequest:
        if raw is None or not bytes(raw).startswith(b"{"):
            raise
        kept["metadata"] = raw
        return None


def _wants_usage(top: Reader, kept: dict[str, Raw]) -> bool:
    options = top.object("stream_options")
    if options is None:
        return False
    wants = options.boolean("include_usage") is True
    kept |= {f"stream_options.{name}": raw for name, raw in options.rest().items()}
    return wants


def _modalities(top: Reader) -> tuple[str, ...]:
    found = []
    for number, item in enumerate(top.items("modalities")):
        if not is_string(item):
            raise expected("a string", item, f"modalities[{number}]")
        found.append(text_of(item))
    return tuple(found)
