"""Contents of a request: turns and their parts, bytes to the neutral model.

Source: ai.google.dev/api/caching, "Content", "Part" (August 2026).
"""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Document,
    Image,
    Inline,
    Opaque,
    Part,
    Reasoning,
    Source,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role
from understudy.dialects.gemini_generate.files import home_of_file
from understudy.dialects.gemini_generate.ids import asked_id
from understudy.dialects.gemini_generate.schema import (
    BEFORE_CALL,
    BEFORE_TEXT,
    MALFORMED,
    NAME,
    PRODUCER,
    UNSIGNED,
    Raw,
    Raws,
    base64_of,
    decode_any,
    decode_raws,
    inner,
    reader,
)
from understudy.dialects.reading import Reader, expected

_ROLES = frozenset({"user", "model", "function", "tool", "system"})
_MEDIA = ("inlineData", "fileData")


class Contents:
    """Reads turn after turn: results name their calls, or the order tells."""

    def __init__(self) -> None:
        self._asked: list[ToolCall] = []  # calls that no result has answered yet

    def read(self, items: list[Raw], path: str) -> tuple[Message, ...]:
        """All turns. One with results of tools and words beside them becomes several messages."""
        found: list[Message] = []
        for number, raw in enumerate(items):
            found += self._content(reader(raw, f"{path}.{number}"), number)
        return tuple(found)

    def instruction(self, raw: Raw, path: str) -> tuple[Message, ...]:
        """The system's words: a content, or (as Google's clients take it) bare text."""
        if bytes(raw).startswith(b'"'):
            return (Message(Role.SYSTEM, (Text(str(decode_any(raw))),)),)
        content = reader(raw, path)
        content.take("role")  # "Currently, text only": its role says nothing
        turn = _Turn(self._asked, 0)
        for index, each in enumerate(content.items("parts")):
            turn.read(reader(each, content.at(f"parts.{index}")), each)
        beside = {**turn.beside, **content.rest()}
        extensions = {NAME: beside} if beside else {}
        return (Message(Role.SYSTEM, tuple(turn.parts), extensions=extensions),)

    def _content(self, content: Reader, number: int) -> list[Message]:
        said = (content.string("role") or "user").lower()  # Vertex's examples say "USER"
        if said not in _ROLES:
            reason = f"expected user or model, found {said[:80]!r}"
            raise InvalidRequest(content.at("role"), reason)
        turn = _Turn(self._asked, number)
        for index, raw in enumerate(content.items("parts")):
            turn.read(reader(raw, content.at(f"parts.{index}")), raw)
        role = Role.ASSISTANT if said == "model" else Role.USER
        if role is Role.ASSISTANT:
            self._asked[:] = [part for part in turn.parts if isinstance(part, ToolCall)]
        return _messages(turn, role, content.rest())


class _Turn:
    """The parts of one content. `beside`: their fields that the neutral model does not know."""

    def __init__(self, asked: list[ToolCall], number: int) -> None:
        self.parts: list[Part] = []
        self.beside: Raws = {}
        self._asked = asked
        self._number = number
        self._calls = 0

    def read(self, part: Reader, raw: Raw) -> None:
        """Raises: InvalidRequest."""
        signature = part.string("thoughtSignature")
        if signature == UNSIGNED:
            signature = None
        if part.has("functionCall"):
            self._signed(signature, BEFORE_CALL)
            part.take("thought")
            self._keep(self._call(part), part)
        elif part.has("functionResponse"):
            self._keep(self._result(part), part)
        elif part.has("text"):
            text = part.need_string("text")
            if part.boolean("thought"):
                self._keep(Reasoning(text, signature, producer=PRODUCER), part)
            else:
                self._signed(signature, BEFORE_TEXT)
                self._keep(Text(text), part)
        else:
            self._other(part, raw, signature)

    def _signed(self, signature: str | None, field: str) -> None:
        if signature:
            self.parts.append(Reasoning("", signature, producer=PRODUCER, field=field))

    def _keep(self, part: Part, rest: Reader) -> None:
        at = len(self.parts)
        self.parts.append(part)
        self.beside |= {f"parts[{at}].{name}": raw for name, raw in rest.rest().items()}

    def _call(self, part: Reader) -> ToolCall:
        call = inner(part, "functionCall")
        assert call is not None
        name = call.need_string("name")
        arguments = call.take("args")
        if arguments is not None and not bytes(arguments).startswith(b"{"):
            raise expected("an object of arguments", arguments, call.at("args"))
        said = call.string("id") or asked_id(self._number, self._calls)
        self._calls += 1
        self._rest_of(call, "functionCall")
        return ToolCall(said, name, "{}" if arguments is None else bytes(arguments).decode())

    def _result(self, part: Reader) -> ToolResult:
        result = inner(part, "functionResponse")
        assert result is not None
        name, said = result.need_string("name"), result.string("id")
        at = next(
            (
                index
                for index, call in enumerate(self._asked)
                if (call.id == said if said else call.name == name)
            ),
            None,
        )
        found = None if at is None else self._asked.pop(at)
        raw = result.take("response")
        text, is_error = ("{}", False) if raw is None else _answered(raw, result.at("response"))
        content: list[Text | Image | Document | Opaque] = [Text(text)]
        for index, each in enumerate(result.items("parts")):
            other = media(reader(each, result.at(f"parts.{index}")), each)
            if isinstance(other, Audio) and other.source is not None:
                other = Document(other.source)  # what tools give back is not spoken
            content.append(
                other if isinstance(other, Image | Document | Opaque) else _opaque("part", each)
            )
        self._rest_of(result, "functionResponse")
        known = said or ("" if found is None else found.id)
        return ToolResult(known, tuple(content), name=name, is_error=is_error)

    def _rest_of(self, inside: Reader, name: str) -> None:
        at = len(self.parts)
        for key, raw in inside.rest().items():
            self.beside[f"parts[{at}].{name}.{key}"] = raw

    def _other(self, part: Reader, raw: Raw, signature: str | None) -> None:
        names = set(part.rest())
        if signature is None and len(names) == 1 and names & set(_MEDIA):
            self.parts.append(media(part, raw))
            return
        if not names:
            self._signed(signature, BEFORE_TEXT)
            return
        kind = next((name for name in names if name != "thought"), "part")
        self.parts.append(_opaque(kind, raw))


def media(part: Reader, raw: Raw) -> Part:
    """A picture, a document or speech, by its bytes or its address. Raises: InvalidRequest."""
    data, file = inner(part, "inlineData"), inner(part, "fileData")
    if data is not None:
        kind = data.string("mimeType") or ""
        source: Source = Inline(kind, base64_of(data.need_string("data")))
        rest = data.rest()
    elif file is not None:
        uri, kind = file.need_string("fileUri"), file.string("mimeType") or ""
        source = Url(uri, kind or None)
        rest = file.rest()
        if home_of_file(uri) is not None:
            return _opaque("fileData", raw)
    else:
        return _opaque("part", raw)
    if not rest:
        if kind.startswith("image/"):
            return Image(source)
        if kind.startswith("audio/"):
            return Audio(source)
        if kind == "application/pdf" or kind.startswith("text/"):
            return Document(source)
    return _opaque("inlineData" if data is not None else "fileData", raw)


def _answered(raw: Raw, path: str) -> tuple[str, bool]:
    """What a tool said, and whether it failed: `output` and `error` are the documents' names."""
    try:
        tree = decode_raws(raw)
    except msgspec.MsgspecError:
        raise expected("an object", raw, path) from None
    if len(tree) == 1:
        name, value = next(iter(tree.items()))
        text = decode_any(value) if name in {"output", "error"} else None
        if isinstance(text, str) and (name == "error" or not _is_object(text)):
            return text, name == "error"
    return bytes(raw).decode(), False


def _is_object(text: str) -> bool:
    try:
        decode_raws(text.encode())
    except MALFORMED:
        return False
    return True


def _opaque(kind: str, raw: Raw) -> Opaque:
    return Opaque(NAME, kind, Raw(bytes(raw)))


def _messages(turn: _Turn, role: Role, rest: Raws) -> list[Message]:
    """Results of tools stand in messages of their own; what is around them keeps its order."""
    runs: list[tuple[Role, list[Part], Raws]] = []
    for at, part in enumerate(turn.parts):
        wanted = Role.TOOL if isinstance(part, ToolResult) else role
        if not runs or runs[-1][0] is not wanted:
            runs.append((wanted, [], {}))
        _, parts, beside = runs[-1]
        start = f"parts[{at}]."
        for key, raw in turn.beside.items():
            if key.startswith(start):
                beside[f"parts[{len(parts)}].{key[len(start) :]}"] = raw
        parts.append(part)
    if not runs:
        runs.append((role, [], {}))
    runs[0][2].update(rest)
    return [
        Message(wanted, tuple(parts), extensions={NAME: beside} if beside else {})
        for wanted, parts, beside in runs
    ]
