"""Parts of a request as blocks of this dialect; what cannot be one becomes a loss."""

import base64
import binascii

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Source,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Role
from understudy.dialects.anthropic_messages.ids import CallIds
from understudy.dialects.anthropic_messages.schema import NAME, SOURCE, Raw, Raws
from understudy.dialects.arguments import given
from understudy.dialects.noting import Noting

Block = dict[str, object] | Raw

IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What the model can see (Claude API docs, "Vision", 2026)."""


_PDF = "application/pdf"
_PDF_BASE64 = "JVBERi"
"""How a PDF begins (%PDF), where a caller names no media type."""

_TTLS = frozenset({None, "5m", "1h"})
_TEXT_TYPES = frozenset({"text/plain", "text/markdown", "text/csv", "text/html"})


class BlockWriter(Noting):
    """Writes the parts of one request; notes what is lost on the way."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._ids = CallIds()
        self._names: dict[str, str] = {}

    def write(self, part: Part, role: Role, path: str) -> Block | None:
        """One part as a block; None where nothing is left of it."""
        match part:
            case Text():
                return self._text(part, path)
            case Image():
                return self._image(part, role, path)
            case Document():
                return self._document(part, role, path)
            case Refusal() | Audio():
                return self._spoken(part, path)
            case Reasoning():
                return self._reasoning(part, role, path)
            case ToolCall():
                return self._call(part, path)
            case ToolResult():
                return self._result(part, path)
            case Opaque(dialect=dialect, kind=kind, raw=raw):
                if dialect == NAME:
                    return raw
                return self._lost(path, f"a {kind[:40]} of another dialect")

    def next_turn(self) -> None:
        """The parts that follow belong to another turn."""
        self._ids.next_turn()

    def cache(self, hint: CacheHint | None, path: str) -> dict[str, object]:
        """The marker of a cached prefix, as a field to add to a block."""
        if hint is None:
            return {}
        ttl = hint.ttl
        if ttl not in _TTLS:
            self.change(f"{path}.cache.ttl", f"1h, not {ttl}")
            ttl = "1h"
        marker = {"type": "ephemeral"} if ttl is None else {"type": "ephemeral", "ttl": ttl}
        return {"cache_control": marker}

    def _text(self, part: Text, path: str) -> Block | None:
        if not part.text.strip():
            if part.text or part.cache is not None:
                self.drop(path, "white space alone is refused")
            return None
        block: dict[str, object] = {"type": "text", "text": part.text}
        own = [cited.raw for cited in part.citations if cited.dialect == NAME and cited.raw]
        if len(own) < len(part.citations):
            self.drop(f"{path}.citations", "citations of another dialect")
        if own:
            block["citations"] = own
        return block | self.cache(part.cache, path)

    def _image(self, part: Image, role: Role, path: str) -> Block | None:
        if Capability.VISION not in self._endpoint.capabilities:
            return self._lost(path, "this target sees no images")
        if role not in {Role.USER, Role.TOOL}:
            return self._lost(path, "an image can only be the user's")
        if part.detail not in {None, "auto"}:
            self.drop(f"{path}.detail", "no choice of detail")
        source = _unpacked(part.source)
        if isinstance(source, Inline) and source.media_type not in IMAGE_TYPES:
            return self._lost(path, f"expected jpeg, png, gif or webp, found {source.media_type}")
        said = self._source(source, path)
        if said is None:
            return None
        return {"type": "image", "source": said} | self.cache(part.cache, path)

    def _document(self, part: Document, role: Role, path: str) -> Block | None:
        if Capability.DOCUMENTS not in self._endpoint.capabilities:
            return self._lost(path, "this target reads no documents")
        if role not in {Role.USER, Role.TOOL}:
            return self._lost(path, "a document can only be the user's")
        source = _unpacked(part.source)
        if isinstance(source, Inline) and source.media_type in IMAGE_TYPES:
            self.change(path, "a document that is an image")
            return self._image(Image(source, cache=part.cache), role, path)
        if isinstance(source, Inline) and source.media_type != _PDF:
            text = _plain_text(source)
            if text is None:
                return self._lost(path, f"expected PDF or text, found {source.media_type!r}")
            source = InlineText(text)
        said = self._source(source, path)
        if said is None:
            return None
        block: dict[str, object] = {"type": "document", "source": said}
        if part.title is not None:
            block["title"] = part.title
        if part.context is not None:
            block["context"] = part.context
        if part.wants_citations:
            block["citations"] = {"enabled": True}
        return block | self.cache(part.cache, path)

    def _source(self, source: Source, path: str) -> Block | None:
        match source:
            case Inline(media_type=media_type, data_base64=data):
                return {"type": "base64", "media_type": media_type, "data": data}
            case Url(url=url):
                if url.startswith(("https://", "http://")):
                    return {"type": "url", "url": url}
                return self._lost(path, f"expected an http address, found {url[:12]}...")
            case InlineText(text=text):
                return {"type": "text", "media_type": "text/plain", "data": text}
            case FileRef(id=file_id, producer=producer):
                if producer == self._endpoint.producer:
                    return {"type": "file", "file_id": file_id}
                return self._lost(path, f"a file kept by {producer or 'another provider'}")

    def _spoken(self, part: Refusal | Audio, path: str) -> Block | None:
        """What has no block of its own, said as text."""
        if isinstance(part, Refusal):
            what, text = "a refusal", part.text
        else:
            what, text = "speech", part.transcript or ""
        if not text.strip():
            return self._lost(path, f"no word for {what}")
        self.change(path, f"{what}, said as text")
        return {"type": "text", "text": text}

    def _lost(self, path: str, reason: str) -> Block | None:
        self.drop(path, reason)
        return None

    def _reasoning(self, part: Reasoning, role: Role, path: str) -> Block | None:
        is_own = part.producer == self._endpoint.producer
        if role is Role.ASSISTANT and is_own and part.encrypted is not None:
            return {"type": "redacted_thinking", "data": part.encrypted}
        if role is Role.ASSISTANT and is_own and part.signature is not None:
            return {"type": "thinking", "thinking": part.text, "signature": part.signature}
        if part.text or part.signature or part.encrypted:
            self.drop(path, "thoughts that this target did not sign")
        return None

    def _call(self, part: ToolCall, path: str) -> Block:
        call_id = self._ids.for_call(part.id)
        self._names[part.id] = part.name
        if call_id != part.id:
            self.change(f"{path}.id", f"said as {call_id}")
        block: dict[str, object] = {"type": "tool_use", "id": call_id, "name": part.name}
        block["input"] = given(part.arguments, path, self.losses, is_custom=part.is_custom)
        return block | self.cache(part.cache, path)

    def _result(self, part: ToolResult, path: str) -> Block:
        call_id = self._ids.for_result(part.call_id)
        if call_id != part.call_id:
            self.change(f"{path}.call_id", f"said as {call_id}")
        if part.name is not None and self._names.get(part.call_id) != part.name:
            self.drop(f"{path}.name", "a result says the id of its call only")
        block: dict[str, object] = {"type": "tool_result", "tool_use_id": call_id}
        if is_plain(part.content):
            text = part.content[0]
            assert isinstance(text, Text)
            block["content"] = text.text
        else:
            said = [
                self.write(inner, Role.TOOL, f"{path}.content[{number}]")
                for number, inner in enumerate(part.content)
            ]
            content = [inner for inner in said if inner is not None]
            if content:
                block["content"] = content
        if part.is_error:
            block["is_error"] = True
        return block | self.cache(part.cache, path)


def is_plain(parts: tuple[Part, ...]) -> bool:
    """Whether parts are one text with nothing beside it, which may be said as a string."""
    if len(parts) != 1 or not isinstance(parts[0], Text):
        return False
    return parts[0].cache is None and not parts[0].citations


def with_rest(block: Block, rest: Raws) -> Block:
    """Put back the fields of a block that the neutral model has no word for."""
    if isinstance(block, Raw) or not rest:
        return block
    inner: dict[int, Raws] = {}
    for name, raw in rest.items():
        if name.startswith("content["):
            number, _, field = name[len("content[") :].partition("].")
            inner.setdefault(int(number), {})[field] = raw
        elif name.startswith(SOURCE) and isinstance(source := block.get("source"), dict):
            source[name[len(SOURCE) :]] = raw
        else:
            block[name] = raw
    content = block.get("content")
    if isinstance(content, list):
        for place, fields in inner.items():
            if place < len(content):
                content[place] = with_rest(content[place], fields)
    return block


def _unpacked(source: Source) -> Source:
    """Take a data: URL apart (RFC 2397), and name the media type as this dialect does."""
    if isinstance(source, Url) and source.url.startswith("data:"):
        head, _, data = source.url[len("data:") :].partition(",")
        media_type, *parameters = head.split(";")
        if not parameters or parameters[-1] != "base64":
            return source
        source = Inline(media_type, data)
    if not isinstance(source, Inline):
        return source
    media_type = source.media_type.lower()
    if not media_type and source.data_base64.startswith(_PDF_BASE64):
        media_type = _PDF
    return Inline("image/jpeg" if media_type == "image/jpg" else media_type, source.data_base64)


def _plain_text(source: Inline) -> str | None:
    if source.media_type.partition(";")[0] not in _TEXT_TYPES:
        return None
    try:
        return base64.b64decode(source.data_base64, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
