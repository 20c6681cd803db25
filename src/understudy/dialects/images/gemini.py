"""Images as Gemini's models draw them: `generateContent` that is to answer with a picture.

Source: ai.google.dev, "Image generation" and the reference of `ImageConfig` (2026). Pictures to
change stand before the words. One request gives one picture, in one of ten ratios.
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import Edits
from understudy.dialects.gemini_generate import DIALECT as CHAT
from understudy.dialects.gemini_generate.address import BASES, WHOLE, read_path, write_path
from understudy.dialects.images.common import (
    ImagesDialect,
    fewer,
    media_of,
    nearest,
    picture_bytes,
    task_of,
    unsaid,
    whole_only,
)
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    foreign_extensions,
    own_extensions,
)
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import read_object
from understudy.operations.images import Drawn, ImageTask, Picture

_encode = msgspec.json.encode
_RATIOS = {
    name: int(name.partition(":")[0]) / int(name.partition(":")[2])
    for name in ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
}
_HEIGHT = 1024
_CONFIG = "generationConfig"


class _Data(msgspec.Struct):
    data: str = ""
    mimeType: str | None = None  # noqa: N815 - the vendor's word


class _Part(msgspec.Struct):
    inlineData: _Data | None = None  # noqa: N815 - the vendor's word
    thought: bool | None = None


class _Content(msgspec.Struct):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct):
    content: _Content | None = None
    finishReason: str | None = None  # noqa: N815 - the vendor's word


class _Counts(msgspec.Struct):
    promptTokenCount: int = 0  # noqa: N815 - the vendor's word
    candidatesTokenCount: int = 0  # noqa: N815 - the vendor's word
    thoughtsTokenCount: int = 0  # noqa: N815 - the vendor's word


_candidates = msgspec.json.Decoder(list[_Candidate]).decode
_counts = msgspec.json.Decoder(_Counts).decode


class GeminiImages(ImagesDialect):
    name = "gemini_images"
    paths = tuple(base + WHOLE for base in BASES)
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return write_path(endpoint, stream=False)

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path."""
        return body

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        words: list[str] = []
        sources: list[Picture] = []
        for number, raw in enumerate(top.items("contents")):
            for part in Reader.of(raw, f"contents[{number}]").items("parts"):
                reader = Reader.of(part, f"contents[{number}].parts")
                data = reader.object("inlineData")
                if data is None:
                    words.append(reader.need_string("text"))
                else:
                    sources.append(Picture(data.need_string("data"), media=data.string("mimeType")))
        if not words:
            raise InvalidRequest("contents", "expected words to draw from, found none")
        config = top.object(_CONFIG) or Reader({}, _CONFIG)
        config.take("responseModalities")
        image = config.object("imageConfig")
        ratio = None if image is None else image.string("aspectRatio")
        size = None if ratio not in _RATIOS else (round(_HEIGHT * _RATIOS[ratio]), _HEIGHT)
        task = ImageTask("\n".join(words), size=size, sources=tuple(sources))
        rest = top.rest()
        if config.rest():
            rest[_CONFIG] = msgspec.Raw(_encode(config.rest()))
        model = read_path(path)[0] or "m"
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = own_extensions(request, self.name)
        losses = foreign_extensions(request, self.name)
        names = ("negative", "quality", "style", "background", "format", "seed", "steps")
        unsaid(task, (*names, "guidance", "strength", "mask"), losses)
        whole_only(task, losses)
        fewer(task, losses)
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        config: dict[str, object] = {"responseModalities": ["IMAGE"]}
        if task.size is not None:
            ratio = nearest(task.size, _RATIOS)
            config["imageConfig"] = {"aspectRatio": ratio}
            losses.append(Loss("task.size", f"{ratio}, the nearest ratio", Change.CHANGED))
        if _CONFIG in own:
            config |= msgspec.json.decode(own[_CONFIG], type=Raws)
        parts: list[object] = [_sent(each, number) for number, each in enumerate(task.sources)]
        contents = [{"role": "user", "parts": [*parts, {"text": task.prompt}]}]
        rest = {name: raw for name, raw in own.items() if name != _CONFIG}
        return _encode({"contents": contents, _CONFIG: config, **rest}), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        try:
            candidates = _candidates(tree.pop("candidates", msgspec.Raw(b"[]")))
            raw = tree.pop("usageMetadata", None)
            counts = None if raw is None else _counts(raw)
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected a picture ({error})") from None
        pictures = tuple(
            Picture(part.inlineData.data, media=part.inlineData.mimeType)
            for candidate in candidates
            if candidate.content is not None
            for part in candidate.content.parts
            if part.inlineData is not None and not part.thought
        )
        if not pictures:
            why = [each.finishReason for each in candidates if each.finishReason is not None]
            reason = (
                f"expected a picture, found none ({', '.join(why) or 'the prompt was blocked'})"
            )
            raise Flawed("content_filter_error_annotation", reason)
        if any(picture.octets is None for picture in pictures):
            raise Flawed("schema_violation", "expected pictures in base64")
        return Answer(Drawn(pictures), None if counts is None else _usage(counts), fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        assert isinstance(answer.result, Drawn)
        parts = []
        for number, picture in enumerate(answer.result.pictures):
            where = f"answer.images[{number}]"
            if picture.base64 is None:
                losses.append(Loss(where, "the picture lies at the provider's address"))
            if picture.prompt is not None:
                losses.append(Loss(f"{where}.prompt", "no word for it here"))
            data = {"mimeType": picture.media or "image/png", "data": picture.base64 or ""}
            parts.append({"inlineData": data})
        content = {"role": "model", "parts": parts}
        body: dict[str, object] = {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}]
        }
        if answer.usage is not None:
            body["usageMetadata"] = {
                "promptTokenCount": answer.usage.prompt_tokens,
                "candidatesTokenCount": answer.usage.output_tokens,
            }
        return _encode({**body, **answer.fields}), losses


def _sent(picture: Picture, number: int) -> dict[str, object]:
    octets = picture_bytes(picture, f"task.sources[{number}]")
    data = picture.base64 or (picture.url or "").partition(";base64,")[2]
    return {"inlineData": {"mimeType": picture.media or media_of(octets), "data": data}}


def _usage(counts: _Counts) -> Usage:
    return Usage(
        input_tokens=counts.promptTokenCount,
        output_tokens=counts.candidatesTokenCount + counts.thoughtsTokenCount,
        reasoning_tokens=counts.thoughtsTokenCount,
    )
