"""Messages of a conversation, as this dialect says them."""

from collections.abc import Sequence
from typing import assert_never

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import (
    Audio,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role
from understudy.dialects.arguments import given
from understudy.dialects.cohere_chat.schema import (
    DOCUMENTS,
    NAME,
    PLAN,
    decode_raw_list,
    encode,
)
from understudy.dialects.noting import Noting
from understudy.dialects.pictures import unseen
from understudy.dialects.urls import url_of

Body = dict[str, object]

OPENING = "Begin."
_CACHED = "prompts are cached without being told to"


class Turns(Noting):
    """Writes messages; `losses` and `documents` grow.

    `can_cite`: documents may stand in their own field (not beside a JSON format, as the API says).
    """

    def __init__(self, endpoint: Endpoint, *, can_cite: bool) -> None:
        super().__init__()
        self.documents: list[object] = []
        self._endpoint = endpoint
        self._can_cite = can_cite
        self._moved: list[object] = []

    def said(self, messages: Sequence[Message]) -> list[Body]:
        """All messages; each tool result becomes one of its own."""
        out: list[Body] = []
        for number, message in enumerate(messages):
            if not all(isinstance(part, ToolResult) for part in message.parts):
                out += self._pictures()
            out += self._message(message, f"messages[{number}]")
        out += self._pictures()
        return self._full(out)

    def _full(self, messages: list[Body]) -> list[Body]:
        """Those that say something: empty ones are refused ("message must not be empty in a turn",
        Cohere's page of errors, November 2026).
        """
        full = [each for each in messages if each.get("content") != "" or len(each) > 2]
        if full or not messages:
            return full
        self.change("messages", f"nothing is left of them: the user says {OPENING!r}")
        return [{"role": "user", "content": OPENING}]

    def _pictures(self) -> list[Body]:
        """What results cannot hold follows the last of them: nothing may stand between."""
        moved, self._moved = self._moved, []
        return [{"role": "user", "content": moved}] if moved else []

    def _message(self, message: Message, path: str) -> list[Body]:
        if message.role is Role.DEVELOPER:
            self.change(f"{path}.role", "said as system")
        if message.name is not None:
            self.drop(f"{path}.name", "who speaks has no name here")
        own = dict(self.own(message.extensions, NAME, path))
        own_documents = own.pop(DOCUMENTS, None)
        if own_documents is not None:
            self.documents += decode_raw_list(own_documents)
        results = [
            {**self._result(part, f"{path}.parts[{number}]"), **own}
            for number, part in enumerate(message.parts)
            if isinstance(part, ToolResult)
        ]
        if results and len(results) == len(message.parts):
            return results
        said = _Said(self, message.role, skips_documents=own_documents is not None)
        for number, part in enumerate(message.parts):
            if not isinstance(part, ToolResult):
                said.add(part, f"{path}.parts[{number}]")
        body = {"role": _role(message.role), **said.body()}
        return [*results, body if results else {**body, **own}]

    def _result(self, part: ToolResult, where: str) -> Body:
        if part.is_error:
            self.drop(f"{where}.is_error", "that a tool failed must be in its words")
        if part.cache is not None:
            self.drop(f"{where}.cache", _CACHED)
        content: list[object] = []
        for number, item in enumerate(part.content):
            path = f"{where}.content[{number}]"
            if isinstance(item, Document) and isinstance(item.source, InlineText):
                self.note_document(item, path)
                content.append({"type": "document", "document": {"data": _data(item)}})
            elif isinstance(item, Image):
                picture = self._image(item, path)
                if picture is not None:
                    self.change(path, "moved to a message of the user's: results hold no pictures")
                    self._moved.append(picture)
            else:
                said = self.block(item, path)
                if said is not None:
                    content.append(said)
                if isinstance(item, Text) and item.citations:
                    self.note_citations(path)
        return {"role": "tool", "tool_call_id": part.call_id, "content": _shortest(content)}

    def block(self, part: Part, where: str) -> object | None:
        """A block of content; None (and a loss) where a part cannot be one."""
        match part:
            case Text():
                if part.cache is not None:
                    self.drop(f"{where}.cache", _CACHED)
                return {"type": "text", "text": part.text}
            case Refusal(text=text):
                self.change(where, "a refusal, said as text")
                return {"type": "text", "text": text}
            case Image():
                return self._image(part, where)
            case Document():
                return self._document(part, where)
            case Audio():
                self.drop(where, "only text, pictures and documents are read")
            case Opaque() if part.dialect == NAME:
                return part.raw
            case Opaque():
                self.drop(where, f"a {part.kind[:40]} of another dialect")
            case Reasoning() | ToolCall() | ToolResult():
                self.drop(where, "cannot stand in this place")
            case _:
                assert_never(part)
        return None

    def thought(self, part: Reasoning, where: str) -> str | None:
        """The words of a thought; None where they may not be said."""
        if part.signature is not None or part.encrypted is not None:
            self.drop(f"{where}.signature", "thoughts are not signed here")
        if not part.text:
            return None
        if part.field != PLAN and Capability.REASONING not in self._endpoint.capabilities:
            self.drop(where, "this model takes no thoughts")
            return None
        return part.text

    def call(self, part: ToolCall, where: str) -> Body:
        if part.cache is not None:
            self.drop(f"{where}.cache", _CACHED)
        said = given(part.arguments, where, self.losses, is_custom=part.is_custom)
        function = {"name": part.name, "arguments": encode(said).decode()}
        return {"id": part.id, "type": "function", "function": function}

    def note_document(self, part: Document, where: str) -> None:
        """Say what of a document has no place."""
        if part.context is not None:
            self.drop(f"{where}.context", "no word for a document's context")
        if part.cache is not None:
            self.drop(f"{where}.cache", _CACHED)

    def note_picture(self, where: str) -> None:
        self.drop(where, "a picture can only be the user's")

    def note_citations(self, where: str) -> None:
        self.drop(f"{where}.citations", "citations of another dialect")

    def _image(self, part: Image, where: str) -> object | None:
        if part.cache is not None:
            self.drop(f"{where}.cache", _CACHED)
        if Capability.VISION not in self._endpoint.capabilities:
            self.drop(where, "this target does not see")
            return None
        kind = unseen(part.source, self._endpoint)
        if kind is not None:
            self.drop(where, f"the model does not see {kind}")
            return None
        if not isinstance(part.source, Inline | Url):
            self.drop(where, "a file that another producer keeps")
            return None
        image: Body = {"url": url_of(part.source)}
        if part.detail is not None:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}

    def _document(self, part: Document, where: str) -> object | None:
        if not isinstance(part.source, InlineText):
            kind = "a file that another producer keeps"
            is_file = isinstance(part.source, FileRef)
            self.drop(where, kind if is_file else "only documents of plain text are read")
            return None
        self.note_document(part, where)
        if self._can_cite:
            self.change(where, "said among the documents of the request")
            self.documents.append({"data": _data(part)})
            return None
        self.change(where, "a document, said as text")
        if part.wants_citations:
            self.drop(f"{where}.wants_citations", "no documents beside a JSON format")
        title = "" if part.title is None else f"{part.title}\n\n"
        return {"type": "text", "text": title + part.source.text}


class _Said:
    """One message, part by part."""

    def __init__(self, turns: Turns, role: Role, *, skips_documents: bool) -> None:
        self._turns = turns
        self._role = role
        self._skips_documents = skips_documents
        self._plan: list[str] = []
        self._content: list[object] = []
        self._calls: list[Body] = []
        self._citations: list[object] = []

    def add(self, part: Part, where: str) -> None:
        if isinstance(part, ToolCall):
            self._calls.append(self._turns.call(part, where))
        elif isinstance(part, Reasoning):
            text = self._turns.thought(part, where)
            if text is not None and part.field == PLAN:
                self._plan.append(text)
            elif text is not None:
                self._content.append({"type": "thinking", "thinking": text})
        elif isinstance(part, Image) and self._role not in {Role.USER, Role.TOOL}:
            self._turns.note_picture(where)
        elif not (isinstance(part, Document) and self._skips_documents):
            said = self._turns.block(part, where)
            if said is not None:
                self._content.append(said)
            if isinstance(part, Text):
                self._cite(part, where)

    def body(self) -> Body:
        said: Body = {}
        if self._plan:
            said[PLAN] = "".join(self._plan)
        if self._content or not (self._calls or self._plan):
            said["content"] = _shortest(self._content)
        if self._calls:
            said["tool_calls"] = self._calls
        if self._citations:
            said["citations"] = self._citations
        return said

    def _cite(self, part: Text, where: str) -> None:
        own = [each.raw for each in part.citations if each.dialect == NAME]
        self._citations += own
        if len(own) < len(part.citations):
            self._turns.note_citations(where)


def _role(role: Role) -> str:
    match role:
        case Role.DEVELOPER:
            return "system"
        case Role.TOOL:
            return "user"
        case _:
            return str(role.value)


def _data(part: Document) -> Body:
    assert isinstance(part.source, InlineText)
    title: Body = {} if part.title is None else {"title": part.title}
    return {**title, "text": part.source.text}


def _shortest(content: list[object]) -> object:
    """A string where there is one plain text, else the blocks."""
    match content:
        case []:
            return ""
        case [{"type": "text", "text": str(text)}]:
            return text
        case _:
            return content
