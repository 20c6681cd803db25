"""Pictures and documents of a request: bytes inside it, or a place that the provider can read."""

import base64
import re

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import Document, FileRef, Image, Inline, InlineText, Source, Url
from understudy.chat.request import Role
from understudy.dialects.bedrock_converse.media import (
    DOCUMENTS,
    IMAGES,
    format_of,
    format_of_address,
)
from understudy.dialects.bedrock_converse.pieces import GUARDED
from understudy.dialects.bedrock_converse.schema import (
    Object,
    Raws,
    decode_raws,
    decode_string,
)
from understudy.dialects.noting import Noting

LONGEST_NAME = 200
_PDF_BASE64 = "JVBERi"
"""How a PDF begins (%PDF), where a caller names no media type."""

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9\-()\[\] ]")
_SPACES = re.compile(r"\s+")
_PLACES = ("user", "tool")


class Papers(Noting):
    """Writes what is seen or read. A document has a name, each its own."""

    def __init__(self, endpoint: Endpoint, losses: list[Loss], *, is_own: bool) -> None:
        self._endpoint = endpoint
        super().__init__(losses)
        self._is_own = is_own
        self._names: set[str] = set()

    def write(self, part: Image | Document, role: Role, path: str, rest: Raws) -> Object | None:
        """A picture or a document as a block; None where nothing is left of it."""
        if isinstance(part, Image):
            return self._image(part, role, path, rest)
        return self._document(part, role, path, rest)

    def _image(self, part: Image, role: Role, path: str, rest: Raws) -> Object | None:
        if Capability.VISION not in self._endpoint.capabilities:
            return self._lost(path, "this target sees no images")
        if role.value not in _PLACES and not self._is_own:
            return self._lost(path, "an image can only be the user's")
        if part.detail not in {None, "auto"}:
            self.losses.append(Loss(f"{path}.detail", "no choice of detail"))
        kind, source = self._source(unpacked(part.source), IMAGES, path, rest)
        if source is None:
            return None
        if kind is None:
            return self._lost(path, "expected png, jpeg, gif or webp, found another picture")
        beside = {key: raw for key, raw in rest.items() if key not in {"format", "owner", GUARDED}}
        said: Object = {"image": {"format": kind, "source": source, **beside}}
        return said if GUARDED not in rest else {GUARDED: said}

    def _document(self, part: Document, role: Role, path: str, rest: Raws) -> Object | None:
        if Capability.DOCUMENTS not in self._endpoint.capabilities:
            return self._lost(path, "this target reads no documents")
        if role.value not in _PLACES and not self._is_own:
            return self._lost(path, "a document can only be the user's")
        found = unpacked(part.source)
        if isinstance(found, Inline) and format_of(IMAGES, found.media_type) is not None:
            self.change(path, "a document that is an image")
            return self._image(Image(found, cache=part.cache), role, path, rest)
        kind, source = self._source(found, DOCUMENTS, path, rest)
        if source is None:
            return None
        if kind is None and "bytes" in source:
            return self._lost(path, "expected a document of a known format, found another")
        said: Object = {} if kind is None else {"format": kind}
        said |= {"name": self._name(part.title, path), "source": source}
        if part.context is not None:
            said["context"] = part.context
        if part.wants_citations:
            said["citations"] = {"enabled": True}
        beside = {k: raw for k, raw in rest.items() if k not in {"format", "owner", "content"}}
        return {"document": {**said, **beside}}

    def guarded(self, block: Object, rest: Raws) -> Object:
        """A text, inside the mark that a guardrail shall look at it where it had one."""
        marks = rest.get(GUARDED)
        if marks is None:
            return {**block, **rest}
        return {GUARDED: {"text": {**block, **decode_raws(marks)}}}

    def _source(
        self, source: Source, kinds: dict[str, str], path: str, rest: Raws
    ) -> tuple[str | None, Object | None]:
        """The format and the source; no source where there is none that this provider reads."""
        kept, owner = rest.get("format"), rest.get("owner")
        kind = None if kept is None else decode_string(kept)
        beside = {} if owner is None else decode_raws(owner)
        match source:
            case Inline(media_type=media, data_base64=data):
                return kind or format_of(kinds, media), {"bytes": data, **beside}
            case InlineText(text=text):
                return self._text(text, kind, rest)
            case FileRef(id=file_id, producer=producer) if file_id.startswith("s3://"):
                if producer != self._endpoint.producer:
                    return None, self._lost(path, f"a file kept by {producer}")
                place: Object = {"uri": file_id, **beside}
                return kind or format_of_address(kinds, file_id), {"s3Location": place}
            case FileRef(producer=producer):
                return None, self._lost(path, f"a file kept by {producer or 'another provider'}")
            case Url(url=url):
                return None, self._lost(path, f"expected bytes, found the address {url[:12]}...")

    def _text(self, text: str, kind: str | None, rest: Raws) -> tuple[str | None, Object | None]:
        """Plain text: as the caller said it, or as the bytes that every model reads."""
        content = rest.get("content")
        if content is not None:
            return kind, {"content": content}
        if self._is_own:
            return kind, {"text": text}
        return "txt", {"bytes": base64.b64encode(text.encode("utf-8", "replace")).decode()}

    def _name(self, title: str | None, path: str) -> str:
        """A name that this dialect takes, and that no other document of the request has."""
        if self._is_own and title is not None:
            return title
        plain = _SPACES.sub(" ", _NOT_IN_NAMES.sub(" ", title or "")).strip()[: LONGEST_NAME - 8]
        base = plain or "Document"
        name, number = base, 2
        while name in self._names:
            name, number = f"{base} {number}", number + 1
        self._names.add(name)
        if title is not None and name != title:
            self.change(f"{path}.title", f"said as {name!r}")
        return name

    def _lost(self, path: str, reason: str) -> Object | None:
        self.losses.append(Loss(path, reason))
        return None


def unpacked(source: Source) -> Source:
    """Take a data: URL apart (RFC 2397), and say what a PDF is where nobody did."""
    if isinstance(source, Url) and source.url.startswith("data:"):
        head, _, data = source.url[len("data:") :].partition(",")
        media_type, *parameters = head.split(";")
        if not parameters or parameters[-1] != "base64":
            return source
        source = Inline(media_type, data)
    if isinstance(source, Inline) and not source.media_type:
        is_pdf = source.data_base64.startswith(_PDF_BASE64)
        return Inline("application/pdf" if is_pdf else "", source.data_base64)
    return source
