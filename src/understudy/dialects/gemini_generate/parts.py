"""Parts of a turn as this dialect says them: words, pictures, documents, speech, results."""

from collections.abc import Callable
from typing import assert_never

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Loss
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
from understudy.dialects.arguments import object_of
from understudy.dialects.gemini_generate.files import home_of_file
from understudy.dialects.gemini_generate.schema import (
    MALFORMED,
    NAME,
    Raws,
    camel,
    decode_raws,
    word,
)
from understudy.dialects.noting import Noting
from understudy.dialects.pictures import spelled, unseen

Body = dict[str, object]


_PICTURES = frozenset({"png", "webp", "gif", "heic", "heif", "bmp"})


class Parts(Noting):
    """Writes parts for one endpoint; adds to `losses`."""

    def __init__(self, endpoint: Endpoint, losses: list[Loss], *, is_own: bool) -> None:
        self._endpoint = endpoint
        self._is_own = is_own
        super().__init__(losses)

    def write(self, part: Part, where: str) -> Body | None:
        """A part as an object, None where it cannot be said."""
        match part:
            case Text():
                if part.citations:
                    self.drop(f"{where}.citations", "no word for them")
                self.uncached(part.cache, where)
                return {"text": part.text}
            case Refusal(text=text):
                self.change(where, "a refusal, said as text")
                return {"text": text}
            case Image():
                if part.detail is not None:
                    self.drop(f"{where}.detail", "pictures are looked at in one way")
                self.uncached(part.cache, where)
                return self._picture(part, where)
            case Document():
                return self._document(part, where)
            case Audio():
                return self._audio(part, where)
            case Opaque():
                return self._opaque(part, where)
            case Reasoning() | ToolCall() | ToolResult():
                raise AssertionError("these belong to a turn")
            case _:
                assert_never(part)

    def result(self, part: ToolResult, where: str) -> Body:
        """What a tool said: its words in an object, and pictures beside it."""
        self.uncached(part.cache, where)
        texts: list[str] = []
        others: list[Body] = []
        for index, item in enumerate(part.content):
            said = self.write(item, f"{where}.content[{index}]")
            if said is None:
                continue
            if "text" in said:
                texts.append(str(said["text"]))
            else:
                others.append(said)
        text = "".join(texts)
        is_blank = bool(text) and not text.strip()
        response: object = None if is_blank else object_of(text)
        if part.is_error:
            response = {"error": text}
        body: Body = {"response": {"output": text} if response is None else response}
        return {**body, "parts": others} if others else body

    def uncached(self, cache: CacheHint | None, where: str) -> None:
        """Say that a mark of where to cache is lost."""
        if cache is not None:
            self.drop(f"{where}.cache", "prompts are cached without being told to")

    def _picture(self, part: Image, where: str) -> Body | None:
        kind = None if self._is_own else unseen(part.source, self._endpoint)
        if kind is not None:
            self.drop(where, f"the model does not see {kind}")
            return None
        return self._source(_typed(spelled(part.source), _picture), where)

    def _source(self, source: Source, where: str) -> Body | None:
        match source:
            case Inline(media_type=kind, data_base64=data):
                return {"inlineData": {"mimeType": kind, "data": data}}
            case Url(url=url, media_type=kind):
                file: Body = {"fileUri": url}
                return {"fileData": {**file, "mimeType": kind} if kind else file}
            case FileRef(id=id_, producer=producer):
                if producer == self._endpoint.producer:
                    return {"fileData": {"fileUri": id_}}
                self.drop(where, f"a file kept by {producer[:40] or 'another provider'}")
                return None
            case InlineText(text=text):
                return {"text": text}
            case _:
                assert_never(source)

    def _document(self, part: Document, where: str) -> Body | None:
        for name in ("title", "context"):
            if getattr(part, name) is not None:
                self.drop(f"{where}.{name}", "a document has none here")
        if part.wants_citations:
            self.drop(f"{where}.wants_citations", "no word for it")
        self.uncached(part.cache, where)
        if isinstance(part.source, InlineText):
            self.change(where, "a document, said as text")
        return self._source(_typed(part.source, _paper), where)

    def _audio(self, part: Audio, where: str) -> Body | None:
        if part.source is not None:
            return self._source(part.source, where)
        if part.transcript is None:
            self.drop(where, "speech that another producer keeps")
            return None
        self.change(where, "speech, said as its transcript")
        return {"text": part.transcript}

    def _opaque(self, part: Opaque, where: str) -> Body | None:
        if part.dialect != NAME:
            self.drop(where, f"a {part.kind[:40]} of another dialect")
            return None
        raws = decode_raws(part.raw)
        home = _home(raws)
        if home is not None and home != self._endpoint.producer:
            self.drop(where, f"a file kept by {home}")
            return None
        return dict(raws)


def _typed(source: Source, guess: Callable[[str], str]) -> Source:
    """An address with its media type, which this dialect wants to know beforehand."""
    if isinstance(source, Url) and source.media_type is None:
        return Url(source.url, guess(source.url))
    return source


def _picture(url: str) -> str:
    suffix = url.partition("?")[0].rpartition(".")[2].lower()
    return f"image/{suffix}" if suffix in _PICTURES else "image/jpeg"


def _paper(url: str) -> str:
    return "text/plain" if url.partition("?")[0].lower().endswith(".txt") else "application/pdf"


def _home(part: Raws) -> str | None:
    """Who keeps the file that a part names."""
    try:
        file = camel(part).get("fileData")
        return None if file is None else home_of_file(word(camel(decode_raws(file)).get("fileUri")))
    except MALFORMED:
        return None
