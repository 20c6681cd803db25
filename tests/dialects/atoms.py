"""Takes a neutral request apart into all that it says, each with its place: what may be lost."""

import base64
from collections.abc import Iterator

import msgspec

from understudy.chat.parts import (
    Audio,
    CacheHint,
    Citation,
    Document,
    Image,
    Inline,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import (
    Choice,
    Extensions,
    Format,
    HostedTool,
    ReasoningConfig,
    Request,
    ToolChoice,
)

Atom = tuple[str, str, object]
"""Where it stands, what it is, and its value."""

SAYS_NOTHING: dict[str, object] = {
    "n": 1,
    "top_p": 1.0,
    "frequency_penalty": 0.0,
    "presence_penalty": 0.0,
    "repetition_penalty": 1.0,
    "logprobs": False,
}
"""Values that mean the same as no value: leaving them out is no loss."""

SAYS_AUTO = (None, ToolChoice(Choice.AUTO))
"""What the model does with tools when nobody says what."""

OF_TOOLS = frozenset({"tool_choice", "parallel_tool_calls"})
"""Means nothing where there is no tool."""


def atoms(request: Request) -> list[Atom]:
    """Everything that a request says, but for its model and the order of its messages.

    Calls are known by their number: ids may be mapped, as long as results have those of their call.
    """
    found = [*_fields(request), *_tools(request), *_messages(request)]
    ids = dict.fromkeys(value for _, kind, value in found if kind in {"call id", "result id"})
    numbers = {value: number for number, value in enumerate(ids)}
    return [(path, kind, _numbered(kind, value, numbers)) for path, kind, value in found]


def _numbered(kind: str, value: object, numbers: dict[object, int]) -> object:
    if kind in {"call id", "result id", "is error"}:
        return numbers[value]
    if kind == "result name":
        assert isinstance(value, tuple)
        return numbers[value[0]], value[1]
    return value


def _fields(request: Request) -> Iterator[Atom]:
    for name in ("tool_choice", "parallel_tool_calls", "max_output_tokens", "user", "metadata"):
        value = getattr(request, name)
        if value in SAYS_AUTO or (name in OF_TOOLS and not request.tools):
            continue
        yield name, name, plain(value)
    if request.cache is not None:
        yield "cache", "cache", request.cache.ttl
    if request.modalities not in {(), ("text",)}:
        yield "modalities", "modalities", request.modalities
    for number, stop in enumerate(request.stop):
        yield f"stop[{number}]", "stop", stop
    yield from _inner("sampling", request.sampling, SAYS_NOTHING)
    yield from _reasoning(request.reasoning)
    if request.response_format is not None and request.response_format.kind is not Format.TEXT:
        yield from _inner("response_format", request.response_format, {})
    yield from _extensions("", request.extensions)


def _inner(path: str, struct: msgspec.Struct, nothing: dict[str, object]) -> Iterator[Atom]:
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if value is not None and value != nothing.get(name):
            yield f"{path}.{name}", f"{path} {name}", plain(value)


def _reasoning(wanted: ReasoningConfig | None) -> Iterator[Atom]:
    if wanted is None:
        return
    if wanted.effort == "none":  # another word for it
        wanted = msgspec.structs.replace(wanted, effort=None, enabled=False)
    # An effort says that it is enabled.
    nothing: dict[str, object] = {} if wanted.effort is None else {"enabled": True}
    yield from _inner("reasoning", wanted, nothing)


def _tools(request: Request) -> Iterator[Atom]:
    for number, tool in enumerate(request.tools):
        path = f"tools[{number}]"
        if isinstance(tool, HostedTool):
            yield path, "hosted tool", plain(tool.raw)
            continue
        yield path, "tool", tool.name
        yield path, "description", (tool.name, tool.description)
        yield path, "schema", (tool.name, schema(tool.schema))
        if tool.strict:  # without a word nothing is enforced
            yield f"{path}.strict", "strict", (tool.name, tool.strict)
        yield from _cache(path, tool.cache)
        yield from _extensions(f"{path}.", tool.extensions)


def _messages(request: Request) -> Iterator[Atom]:
    named = {
        (part.id, part.name)
        for message in request.messages
        for part in message.parts
        if isinstance(part, ToolCall)
    }
    for path, kind, value in _said(request):
        if kind != "result name" or value not in named:  # else the call says it
            yield path, kind, value


def _said(request: Request) -> Iterator[Atom]:
    for number, message in enumerate(request.messages):
        path = f"messages[{number}]"
        if message.name is not None:
            yield f"{path}.name", "name", message.name
        for position, part in enumerate(message.parts):
            role = "system" if message.role.value == "developer" else message.role.value
            yield from _part(f"{path}.parts[{position}]", role, part)
        yield from _extensions(f"{path}.", message.extensions)


def _part(  # noqa: C901, PLR0912, PLR0915 - one flat match
    path: str, role: str, part: Part
) -> Iterator[Atom]:
    match part:
        case Text(text=text, citations=citations):
            if text:
                yield path, f"{role} text", text
            yield from _cited(path, citations)
        case Refusal(text=text):
            yield path, "refusal", text
        case Image(source=source, detail=detail):
            yield path, "image", _seen(source)
            if detail not in {None, "auto"}:
                yield f"{path}.detail", "detail", detail
        case Document(source=Inline(media_type=media) as source) if media.startswith("audio/"):
            yield path, "audio", plain(Audio(source))
        case Document(source=source):
            yield path, "document", plain(source)
            for name in ("title", "context"):
                value = getattr(part, name)
                if value is not None:
                    yield f"{path}.{name}", name, value
            if part.wants_citations:
                yield f"{path}.wants_citations", "wants citations", True
        case Audio():
            yield path, "audio", plain(part)
        case Reasoning(text=text, signature=signature, encrypted=encrypted):
            if text:
                yield path, "reasoning", text
            if signature or encrypted:
                yield f"{path}.signature", "signature", (signature, encrypted)
        case ToolCall(id=call_id, name=name, arguments=arguments):
            yield f"{path}.id", "call id", call_id
            yield path, "call", name
            yield f"{path}.arguments", "arguments", json_or_text(arguments)
        case ToolResult(call_id=call_id, content=content):
            yield f"{path}.call_id", "result id", call_id
            for number, inner in enumerate(content):
                yield from _part(f"{path}.content[{number}]", "result", inner)
            if part.is_error:
                yield f"{path}.is_error", "is error", call_id
            if part.name is not None:
                yield f"{path}.name", "result name", (call_id, part.name)
        case Opaque():
            yield path, "opaque", plain(part.raw)
    yield from _cache(path, getattr(part, "cache", None))


def _seen(source: object) -> object:
    """A picture: its bytes say of what type it is, whatever was said beside them."""
    return source.data_base64 if isinstance(source, Inline) else plain(source)


def _cited(path: str, citations: tuple[Citation, ...]) -> Iterator[Atom]:
    for citation in citations:
        yield f"{path}.citations", "citation", plain(citation)


def _cache(path: str, cache: CacheHint | None) -> Iterator[Atom]:
    if cache is not None:
        yield f"{path}.cache", "cache", cache.ttl


def _extensions(path: str, extensions: Extensions) -> Iterator[Atom]:
    for dialect, fields in extensions.items():
        for name, raw in fields.items():
            yield f"{path}extensions.{dialect}.{name}", "extension", (dialect, name, plain(raw))


def plain(value: object) -> object:
    """A value that compares by what it says."""
    if isinstance(value, Url):  # of what type it is, whoever serves it says
        return {"type": "url", "url": value.url}
    if isinstance(value, Inline) and value.media_type == "text/plain":
        text = base64.b64decode(value.data_base64).decode()
        return {"type": "inline_text", "text": text}
    if isinstance(value, Inline):
        return msgspec.to_builtins(value)
    return msgspec.json.decode(msgspec.json.encode(value))


def schema(raw: msgspec.Raw | None) -> object:
    """A tool's schema, with what every schema of arguments says anyway."""
    said = {} if raw is None else msgspec.json.decode(raw)
    return {"type": "object", "properties": {}, **said}


def json_or_text(arguments: str) -> object:
    """Arguments as a value; none given is an empty object."""
    try:
        return msgspec.json.decode(arguments or "{}")
    except msgspec.MsgspecError:
        return arguments
