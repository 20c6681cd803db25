"""Writes the parts of a message's content in this dialect."""

from understudy.chat.endpoint import Capability
from understudy.chat.loss import Change
from understudy.chat.parts import (
    Audio,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Refusal,
    Text,
    Url,
)
from understudy.dialects.openai_chat.content import AUDIO_TYPES
from understudy.dialects.openai_chat.paper import Object, Paper
from understudy.dialects.openai_chat.schema import NAME
from understudy.dialects.pictures import unseen

_FORMATS = {media: name for name, media in AUDIO_TYPES.items()}
_OTHER_PRODUCER = "a file that another producer keeps"


class PartWriter:
    """Writes one part at a time; None (and a loss) where a part cannot be said."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    def write(self, part: Part, path: str) -> object | None:
        match part:
            case Text():
                if part.citations:
                    self._paper.lose(f"{path}.citations", "citations cannot be sent back")
                said: Object = {"type": "text", "text": part.text}
                self._paper.mark(part.cache, said, path)
                return said
            case Image():
                return self._image(part, path)
            case Document():
                return self._document(part, path)
            case Audio():
                return self._paper.spoken(part, path, _FORMATS)
            case Refusal():
                return {"type": "refusal", "refusal": part.text}
            case Opaque() if part.dialect == NAME:
                return part.raw
            case Opaque():
                self._paper.lose(path, f"a part of another dialect: {part.kind}")
            case _:
                kind = type(part).__name__.lower()
                self._paper.lose(path, f"a {kind} cannot stand in this place")
        return None

    def _image(self, part: Image, path: str) -> object | None:
        if not self._paper.can(path, Capability.VISION):
            return None
        kind = unseen(part.source, self._paper.endpoint)
        if kind is not None:
            self._paper.lose(path, f"the target does not see {kind}")
            return None
        match part.source:
            case Inline(media, data):
                url = f"data:{media};base64,{data}"
            case Url(url):
                pass
            case _:
                self._paper.lose(path, _OTHER_PRODUCER)
                return None
        image: Object = {"url": url}
        if part.detail is not None:
            image["detail"] = part.detail
        said: Object = {"type": "image_url", "image_url": image}
        self._paper.mark(part.cache, said, path)
        return said

    def _document(self, part: Document, path: str) -> object | None:
        if part.wants_citations:
            self._paper.lose(f"{path}.wants_citations", "this dialect cites no documents")
        if part.context is not None:
            self._paper.lose(f"{path}.context", "no word for a document's context")
        if isinstance(part.source, InlineText):
            self._paper.lose(path, "a document said as text", Change.CHANGED)
            text = part.source.text if part.title is None else f"{part.title}\n\n{part.source.text}"
            said: Object = {"type": "text", "text": text}
        elif not self._paper.can(path, Capability.DOCUMENTS):
            return None
        elif "documents.url" in self._paper.endpoint.accepts:
            return self._by_url(part, path)
        else:
            file = self._file(part, path)
            if file is None:
                return None
            said = {"type": "file", "file": file}
        self._paper.mark(part.cache, said, path)
        return said

    def _file(self, part: Document, path: str) -> Object | None:
        file: Object = {} if part.title is None else {"filename": part.title}
        match part.source:
            case Inline("", data):
                return {**file, "file_data": data}
            case Inline(media, data):
                file.setdefault("filename", "document")  # OpenAI demands a name
                return {**file, "file_data": f"data:{media};base64,{data}"}
            case FileRef(id_, producer) if producer == self._paper.endpoint.producer:
                return {**file, "file_id": id_}
            case Url():
                self._paper.lose(path, "the target takes no documents by URL")
            case _:
                self._paper.lose(path, _OTHER_PRODUCER)
        return None

    def _by_url(self, part: Document, path: str) -> object | None:
        """`document_url` (Mistral): a URL, or a data: URL."""
        match part.source:
            case Inline(media, data):
                url = f"data:{media or 'application/pdf'};base64,{data}"
            case Url(url):
                pass
            case _:
                self._paper.lose(path, _OTHER_PRODUCER)
                return None
        said: Object = {"type": "document_url", "document_url": url}
        if part.title is not None:
            said["document_name"] = part.title
        self._paper.mark(part.cache, said, path)
        return said
