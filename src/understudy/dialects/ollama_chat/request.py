"""Requests, bytes to the neutral model."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Image, Inline, Part, Reasoning, Text, ToolCall, ToolResult
from understudy.chat.request import (
    Format,
    HostedTool,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Role,
    Sampling,
    Tool,
)
from understudy.dialects.ollama_chat.ids import asked_id
from understudy.dialects.ollama_chat.schema import (
    NAME,
    OPTIONS,
    PRODUCER,
    ROLES,
    WHOLE_OPTIONS,
    Raw,
    Raws,
    encode,
)
from understudy.dialects.reading import Reader, expected, is_string, text_of
from understudy.dialects.toplevel import read_object

_MEDIA = (
    ("/9j/", "image/jpeg"),
    ("iVBORw0KGgo", "image/png"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
)
"""Pictures come without their type; how their base64 begins tells it."""

_UNBOUNDED = (-1, -2)
"""`num_predict` for "until the model ends", and "until the context is full"."""


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
    items = top.items("messages")
    if not items:
        raise InvalidRequest("messages", "expected at least one message, found none")
    messages = _messages(items)
    stream = top.boolean("stream")
    tools = tuple(
        _tool(Reader.of(raw, f"tools.{number}"), raw)
        for number, raw in enumerate(top.items("tools"))
    )
    options = _Options(top.object("options"))
    sampling = options.sampling(top.boolean("logprobs"), top.integer("top_logprobs"))
    limit, stop = options.limit(), options.stop()
    wanted = _format(top)
    reasoning = _reasoning(top)
    extensions = {**top.rest(), **options.rest()}
    return Request(
        model,
        messages,
        stream=stream is not False,
        tools=tools,
        response_format=wanted,
        sampling=sampling,
        stop=stop,
        max_output_tokens=limit,
        reasoning=reasoning,
        extensions={NAME: extensions},
    )


def _messages(items: list[Raw]) -> tuple[Message, ...]:
    found: list[Message] = []
    asked: list[ToolCall] = []  # calls that no result has answered yet
    for number, raw in enumerate(items):
        message = Reader.of(raw, f"messages.{number}")
        said = _message(message, number, asked)
        if said.role is Role.ASSISTANT:
            asked = [part for part in said.parts if isinstance(part, ToolCall)]
        found.append(said)
    return tuple(found)


def _message(message: Reader, number: int, asked: list[ToolCall]) -> Message:
    role = message.need_string("role")
    if role not in ROLES:
        reason = f"expected {', '.join(sorted(ROLES))}, found {role[:80]!r}"
        raise InvalidRequest(message.at("role"), reason)
    thought = message.string("thinking")
    text = message.string("content") or ""
    images = [_image(raw, message.at("images")) for raw in message.items("images")]
    parts: list[Part] = []
    if thought:
        parts.append(Reasoning(thought, producer=PRODUCER))
    if role == "tool":
        parts.append(_result(message, text, images, asked))
    else:
        if text or not (thought or images or message.has("tool_calls")):
            parts.append(Text(text))
        parts += images
    parts += [
        _call(Reader.of(raw, message.at(f"tool_calls.{index}")), number, index)
        for index, raw in enumerate(message.items("tool_calls"))
    ]
    rest = message.rest()
    return Message(Role(role), tuple(parts), extensions={NAME: rest} if rest else {})


def _image(raw: Raw, path: str) -> Image:
    if not is_string(raw):
        raise expected("a picture as base64", raw, path)
    data = text_of(raw)
    media = next((kind for start, kind in _MEDIA if data.startswith(start)), "image/png")
    return Image(Inline(media, data))


def _call(call: Reader, number: int, index: int) -> ToolCall:
    function = call.need_object("function")
    name = function.need_string("name")
    arguments = function.take("arguments")
    if arguments is not None and not bytes(arguments).startswith(b"{"):
        raise expected("an object of arguments", arguments, function.at("arguments"))
    said = call.string("id")
    text = "{}" if arguments is None else bytes(arguments).decode()
    return ToolCall(said or asked_id(number, index), name, text)


def _result(message: Reader, text: str, images: list[Image], asked: list[ToolCall]) -> ToolResult:
    """A tool's result. It names its call, or its tool, or nothing: then the order tells."""
    said = message.string("tool_call_id")
    name = message.string("tool_name") or message.string("name")
    at = next(
        (
            index
            for index, call in enumerate(asked)
            if (call.id == said if said else name is None or call.name == name)
        ),
        None,
    )
    found = None if at is None else asked.pop(at)
    known = said or ("" if found is None else found.id)
    return ToolResult(
        known, (Text(text), *images), name=name or (None if found is None else found.name)
    )


def _tool(tool: Reader, raw: Raw) -> Tool | HostedTool:
    kind = tool.string("type") or "function"
    if kind != "function":
        return HostedTool(NAME, kind, None, Raw(bytes(raw)))
    function = tool.need_object("function")
    name = function.need_string("name")
    description = function.string("description")
    schema = function.take("parameters")
    rest = {**tool.rest(), **function.rest()}
    return Tool(name, description, schema, extensions={NAME: rest} if rest else {})


def _format(top: Reader) -> ResponseFormat | None:
    raw = top.take("format")
    if raw is None or bytes(raw) == b'""':
        return None
    if bytes(raw) == b'"json"':
        return ResponseFormat(Format.JSON)
    if bytes(raw).startswith(b"{"):
        return ResponseFormat(Format.SCHEMA, schema=raw, strict=True)
    raise expected('"json" or a JSON schema', raw, "format")


def _reasoning(top: Reader) -> ReasoningConfig | None:
    raw = top.take("think")
    if raw is None:
        return None
    if is_string(raw):
        return ReasoningConfig(enabled=True, effort=text_of(raw))
    if bytes(raw) in {b"true", b"false"}:
        return ReasoningConfig(enabled=bytes(raw) == b"true")
    raise expected("true, false, or how much", raw, "think")


class _Options:
    """The object of options, field by field."""

    def __init__(self, options: Reader | None) -> None:
        self._options = Reader({}, "options") if options is None else options

    def sampling(self, logprobs: bool | None, top_logprobs: int | None) -> Sampling:  # noqa: FBT001
        options = self._options
        found = {
            field: options.integer(name) if field in WHOLE_OPTIONS else options.number(name)
            for field, name in OPTIONS.items()
        }
        said = msgspec.convert(found, Sampling)
        return msgspec.structs.replace(said, logprobs=logprobs, top_logprobs=top_logprobs)

    def limit(self) -> int | None:
        limit = self._options.integer("num_predict")
        return None if limit in _UNBOUNDED else limit

    def stop(self) -> tuple[str, ...]:
        raw = self._options.take("stop")
        if raw is None:
            return ()
        if is_string(raw):
            return (text_of(raw),)
        try:
            return tuple(msgspec.json.decode(raw, type=list[str]))
        except msgspec.MsgspecError:
            raise expected("strings", raw, "options.stop") from None

    def rest(self) -> Raws:
        rest = self._options.rest()
        return {"options": Raw(encode(rest))} if rest else {}
