"""Writes the parts of messages, and of what tools gave back."""

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
from understudy.dialects.openai_responses.annotations import annotation_losses, write_annotation
from understudy.dialects.openai_responses.content import AUDIO_TYPES
from understudy.dialects.openai_responses.paper import Object, Paper
from understudy.dialects.openai_responses.schema import NAME
from understudy.dialects.pictures import unseen

_FORMATS = {media: name for name, media in AUDIO_TYPES.items()}
_OTHER_PRODUCER = "a file that another producer keeps"


class PartWriter:
    """Writes one part at a time; None (and a loss) where a part cannot be said."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    def heard(self, part: Part, path: str) -> object | None:
        """A part of what the model is told."""
        match part:
            case Text():
                self._paper.unmarked(part.cache, path)
                if part.citations:
                    self._paper.lose(f"{path}.citations", "only the model's own words cite")
                return {"type": "input_text", "text": part.text}
            case Image():
                return self._image(part, path)
            case Document():
                return self._document(part, path)
            case Audio():
                return self._paper.spoken(part, path, _FORMATS)
            case Refusal():
                self._paper.lose(path, "a refusal, said as text", Change.CHANGED)
                return {"type": "input_text", "text": part.text}
            case Opaque() if part.dialect == NAME:
                return part.raw
            case Opaque():
                self._paper.lose(path, f"a part of another dialect: {part.kind}")
            case _:
                kind = type(part).__name__.lower()
                self._paper.lose(path, f"a {kind} cannot stand in this place")
        return None

    def spoken(self, part: Part, path: str) -> object | None:
        """A part of what the model said to the user."""
        match part:
            case Text():
                self._paper.unmarked(part.cache, path)
                notes = [note for each in part.citations if (note := write_annotation(each))]
                for each in part.citations:
                    for loss in annotation_losses(each, path):
                        self._paper.lose(loss.path, loss.reason, loss.change)
                return {"type": "output_text", "text": part.text, "annotations": notes}
            case Refusal():
                return {"type": "refusal", "refusal": part.text}
            case Audio(transcript=str(words)):
                self._paper.lose(path, "speech, said as its transcript", Change.CHANGED)
                return {"type": "output_text", "text": words, "annotations": []}
            case Opaque() if part.dialect == NAME:
                return part.raw
            case _:
                kind = type(part).__name__.lower()
                self._paper.lose(path, f"a {kind} cannot be said by the model")
        return None

    def _image(self, part: Image, path: str) -> object | None:
        if not self._paper.can(path, Capability.VISION):
            return None
        kind = unseen(part.source, self._paper.endpoint)
        if kind is not None:
            self._paper.lose(path, f"the target does not see {kind}")
            return None
        self._paper.unmarked(part.cache, path)
        said: Object = {"type": "input_image"}
        match part.source:
            case Inline(media, data):
                said["image_url"] = f"data:{media};base64,{data}"
            case Url(url):
                said["image_url"] = url
            case FileRef(id_, producer) if producer == self._paper.endpoint.producer:
                said["file_id"] = id_
            case _:
                self._paper.lose(path, _OTHER_PRODUCER)
                return None
        if part.detail is not None:
            said["detail"] = part.detail
        return said

    def _document(self, part: Document, path: str) -> object | None:
        if part.wants_citations:
            self._paper.lose(f"{path}.wants_citations", "documents are cited unasked, or not")
        if part.context is not None:
            self._paper.lose(f"{path}.context", "no word for a document's context")
        self._paper.unmarked(part.cache, path)
        source = part.source
        if isinstance(source, InlineText):
            self._paper.lose(path, "a document said as text", Change.CHANGED)
            text = source.text if part.title is None else f"{part.title}\n\n{source.text}"
            return {"type": "input_text", "text": text}
        if not self._paper.can(path, Capability.DOCUMENTS):
            return None
        said: Object = {"type": "input_file"}
        if part.title is not None:
            said["filename"] = part.title
        match source:
            case Inline("", data):
                return {**said, "file_data": data}
            case Inline(media, data):
                said.setdefault("filename", "document")  # OpenAI demands a name beside bytes
                return {**said, "file_data": f"data:{media};base64,{data}"}
            case Url(url):
                return {**said, "file_url": url}
            case FileRef(id_, producer) if producer == self._paper.endpoint.producer:
                return {**said, "file_id": id_}
            case _:
                self._paper.lose(path, _OTHER_PRODUCER)
        return None
