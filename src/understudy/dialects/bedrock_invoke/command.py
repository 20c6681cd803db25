"""Cohere Command R: version 1 of Cohere's chat, said in the words of version 2 inside.

Sources: Amazon Bedrock user guide, "Cohere Command R and Command R+ models"; Cohere's reference of
version 1, "Chat with Streaming" (2026). A call has no id here, so its place stands for one; text of
a result is the JSON of its outputs.
"""

from collections.abc import Mapping, Sequence

import msgspec
from typing_extensions import override

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import Request
from understudy.dialects.arguments import UNPARSED, object_of
from understudy.dialects.bedrock_invoke.body import (
    Address,
    Body,
    Inside,
    Told,
    frames_of,
    written,
)
from understudy.dialects.toplevel import Raws
from understudy.wire.sse import encode_frame

_SAME = frozenset(
    {
        "temperature",
        "p",
        "k",
        "max_tokens",
        "stop_sequences",
        "frequency_penalty",
        "presence_penalty",
        "seed",
    }
)
_TAKEN = frozenset({"message", "chat_history", "preamble", "tools", "tool_results", "documents"})
_ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system"}
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
_NULLS = frozenset({b"null", b"[]"})

Object = dict[str, object]

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(Raws).decode


class _Turn(msgspec.Struct, frozen=True):
    role: str
    message: str = ""


class _Parameter(msgspec.Struct, frozen=True):
    type: str = "str"
    description: str | None = None
    required: bool = False


class _Tool(msgspec.Struct, frozen=True):
    name: str
    description: str = ""
    parameter_definitions: Mapping[str, _Parameter] | None = None


class _Call(msgspec.Struct, frozen=True):
    name: str
    parameters: msgspec.Raw = msgspec.Raw(b"{}")


class _Result(msgspec.Struct, frozen=True):
    call: _Call
    outputs: msgspec.Raw = msgspec.Raw(b"[]")


class _Function(msgspec.Struct, frozen=True):
    name: str = ""
    arguments: str = ""


class _Called(msgspec.Struct, frozen=True):
    function: _Function = _Function()


class _Text(msgspec.Struct, frozen=True):
    text: str = ""


class _Message(msgspec.Struct, frozen=True):
    content: list[_Text] | None = None
    tool_calls: list[_Called] | None = None


class _Whole(msgspec.Struct, frozen=True):
    id: str = ""
    finish_reason: str = "COMPLETE"
    message: _Message = msgspec.field(default_factory=_Message)


_text = msgspec.json.Decoder(str | None).decode
_whole = msgspec.json.Decoder(_Whole).decode


class Command(Body):
    name = "command_r"

    @override
    def fits(self, raws: Raws, address: Address) -> bool:
        return "message" in raws

    @override
    def opened(self, raws: Raws, address: Address) -> Inside:
        given = {name: raw for name, raw in raws.items() if bytes(raw) not in _NULLS}
        try:
            fields: Object = {"messages": _messages(given)}
            if "tools" in given:
                fields["tools"] = _tools(given["tools"])
            if "documents" in given:
                documents = msgspec.json.decode(given["documents"], type=list[msgspec.Raw])
                fields["documents"] = [{"data": document} for document in documents]
        except msgspec.MsgspecError as error:
            raise InvalidRequest("", f"the body is no request: {error}") from None
        rest: Raws = {}
        for name, raw in given.items():
            if name in _SAME:
                fields[name] = raw
            elif name not in _TAKEN and name != "stream" and bytes(raw) != b"false":
                rest[name] = raw
        return Inside(written(fields, address), "", rest)

    @override
    def answers(self, tree: Raws) -> bool:
        return "event_type" in tree or {"response_id", "text"} <= tree.keys()

    @override
    def whole(self, body: bytes, request: Request) -> bytes:
        said = _whole(body)
        text = "".join(part.text for part in said.message.content or ())
        calls = [each.function for each in said.message.tool_calls or ()]
        return _encode(_answer(said.id, text, calls, _finish(said.finish_reason)))

    @override
    def teller(self) -> Told:
        return _Telling().events

    @override
    def heard_whole(self, body: bytes) -> bytes:
        tree = _raws(body)
        text = _text(tree["text"])
        calls = msgspec.json.decode(tree.get("tool_calls", msgspec.Raw(b"[]")), type=list[_Call])
        content = [{"type": "text", "text": text}] if text else []
        message: Object = {"role": "assistant", "content": content}
        if calls:
            message["tool_calls"] = [_called(number, call) for number, call in enumerate(calls)]
        finish = _text(tree["finish_reason"]) if "finish_reason" in tree else "COMPLETE"
        finish = "TOOL_CALL" if calls else finish
        ident = _text(tree["response_id"])
        return _encode({"id": ident, "message": message, "finish_reason": finish})

    @override
    def framed(self, event: bytes) -> bytes:
        tree = _raws(event)
        return b"".join(encode_frame(_encode(each), str(each["type"])) for each in _heard(tree))


def _messages(given: Raws) -> list[Object]:
    messages: list[Object] = []
    if "preamble" in given:
        messages.append({"role": "system", "content": _text(given["preamble"])})
    history = given.get("chat_history", msgspec.Raw(b"[]"))
    for turn in msgspec.json.decode(history, type=list[_Turn]):
        if turn.role.upper() not in _ROLES:
            reason = f"expected USER or CHATBOT, found {turn.role[:80]!r}"
            raise InvalidRequest("chat_history.role", reason)
        messages.append({"role": _ROLES[turn.role.upper()], "content": turn.message})
    said = _text(given["message"])
    if said:
        messages.append({"role": "user", "content": said})
    if "tool_results" in given:
        results = msgspec.json.decode(given["tool_results"], type=list[_Result])
        calls = [_called(number, each.call) for number, each in enumerate(results)]
        messages.append({"role": "assistant", "tool_calls": calls})
        for number, each in enumerate(results):
            content = bytes(each.outputs).decode()
            messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": content})
    if not messages:
        raise InvalidRequest("message", "expected a text, found an empty string")
    return messages


def _called(number: int, call: _Call) -> Object:
    function = {"name": call.name, "arguments": bytes(call.parameters).decode()}
    return {"id": f"call_{number}", "type": "function", "function": function}


def _tools(raw: msgspec.Raw) -> list[Object]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": _schema(tool.parameter_definitions or {}),
            },
        }
        for tool in msgspec.json.decode(raw, type=list[_Tool])
    ]


def _schema(parameters: Mapping[str, _Parameter]) -> Object:
    """Types are those of Python, some with what is in them: `List[str]`."""
    properties: dict[str, Object] = {}
    for name, parameter in parameters.items():
        kind = parameter.type.partition("[")[0].lower()
        properties[name] = {"type": _TYPES.get(kind, kind)}
        if parameter.description is not None:
            properties[name]["description"] = parameter.description
    required = [name for name, parameter in parameters.items() if parameter.required]
    return {"type": "object", "properties": properties, "required": required}


def _answer(ident: str, text: str, calls: Sequence[_Function], finish: str) -> Object:
    answer: Object = {
        "response_id": ident,
        "text": text,
        "generation_id": ident,
        "finish_reason": finish,
    }
    if calls:
        answer["tool_calls"] = [_call(each) for each in calls]
    return answer


def _call(function: _Function) -> Object:
    """A call; arguments that are no object (cut off, say) are the text in one."""
    given = object_of(function.arguments)
    parameters = {UNPARSED: function.arguments} if given is None else given
    return {"name": function.name, "parameters": parameters}


def _finish(reason: str) -> str:
    """A call has no word of its own here, nor a stop sequence."""
    return "COMPLETE" if reason in {"TOOL_CALL", "STOP_SEQUENCE"} else reason


class _Content(msgspec.Struct, frozen=True):
    text: str = ""


class _Delta(msgspec.Struct, frozen=True):
    """In the first event both are empty lists."""

    content: _Content | list[_Content] | None = None
    tool_calls: _Called | list[_Called] | None = None


class _Outer(msgspec.Struct, frozen=True):
    message: _Delta | None = None
    finish_reason: str = "COMPLETE"


class _Event(msgspec.Struct, frozen=True):
    type: str
    id: str = ""
    index: int = 0
    delta: _Outer = msgspec.field(default_factory=_Outer)


class _Part(msgspec.Struct, frozen=True):
    """A call in a stream of version 1: its name, then its parameters piece by piece."""

    index: int = 0
    name: str | None = None
    parameters: str | None = None


_event = msgspec.json.Decoder(_Event, strict=False).decode


class _Telling:
    """One stream, told in version 1, whose last event says all of it once more (`response`)."""

    def __init__(self) -> None:
        self._ident = ""
        self._texts: list[str] = []
        self._calls: dict[int, list[str]] = {}
        """Of each call its name, and its arguments piece by piece."""

    def events(self, said: bytes) -> list[bytes]:
        told = (self._told(_event(data)) for data in frames_of(said))
        return [_encode(event) for event in told if event is not None]

    def _told(self, event: _Event) -> Object | None:
        message = event.delta.message or _Delta()
        match event.type:
            case "message-start":
                self._ident = event.id
                return _said("stream-start", "generation_id", event.id)
            case "content-delta" if isinstance(message.content, _Content) and message.content.text:
                self._texts.append(message.content.text)
                return _said("text-generation", "text", message.content.text)
            case "tool-call-start" if isinstance(message.tool_calls, _Called):
                name = message.tool_calls.function.name
                self._calls[event.index] = [name]
                delta: Object = {"index": event.index, "name": name}
                return _said("tool-calls-chunk", "tool_call_delta", delta)
            case "tool-call-delta" if isinstance(message.tool_calls, _Called):
                more = message.tool_calls.function.arguments
                self._calls[event.index].append(more)
                delta = {"index": event.index, "parameters": more}
                return _said("tool-calls-chunk", "tool_call_delta", delta)
            case "message-end":
                return self._end(_finish(event.delta.finish_reason))
            case _:
                return None

    def _end(self, finish: str) -> Object:
        calls = [_Function(name, "".join(rest)) for name, *rest in self._calls.values()]
        answer = _answer(self._ident, "".join(self._texts), calls, finish)
        end: Object = {"is_finished": True, "event_type": "stream-end"}
        return {**end, "finish_reason": finish, "response": answer}


def _said(kind: str, name: str, value: object) -> Object:
    return {"is_finished": False, "event_type": kind, name: value}


def _heard(tree: Raws) -> list[Object]:
    """An event of version 1 as those of version 2; the text is one part, said or not."""
    match _text(tree["event_type"]):
        case "stream-start":
            start = {"role": "assistant", "content": [], "tool_calls": []}
            content = {"type": "text", "text": ""}
            ident = _text(tree["generation_id"]) if "generation_id" in tree else ""
            return [
                {"type": "message-start", "id": ident, "delta": {"message": start}},
                {"type": "content-start", "index": 0, "delta": {"message": {"content": content}}},
            ]
        case "text-generation":
            content = {"text": _text(tree["text"])}
            return [
                {"type": "content-delta", "index": 0, "delta": {"message": {"content": content}}}
            ]
        case "tool-calls-chunk":
            part = msgspec.json.decode(tree["tool_call_delta"], type=_Part)
            return _heard_call(part)
        case "stream-end":
            finish = _text(tree["finish_reason"]) if "finish_reason" in tree else "COMPLETE"
            return [
                {"type": "content-end", "index": 0},
                {"type": "message-end", "delta": {"finish_reason": finish}},
            ]
        case _:
            return []


def _heard_call(part: _Part) -> list[Object]:
    if part.name is not None:
        function = {"name": part.name, "arguments": ""}
        call: Object = {"id": f"call_{part.index}", "type": "function", "function": function}
    else:
        call = {"function": {"arguments": part.parameters or ""}}
    kind = "tool-call-delta" if part.name is None else "tool-call-start"
    return [{"type": kind, "index": part.index, "delta": {"message": {"tool_calls": call}}}]
