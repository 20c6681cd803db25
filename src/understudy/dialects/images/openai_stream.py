"""Pictures as they come: `image_generation.*` and `image_edit.*`, some half done, then the whole.

Source: OpenAI API reference, "Image Streaming", and the types of its official client 2.x (November
2026). Each picture that was asked for has a `completed` of its own.
"""

import base64

from typing_extensions import override

from understudy.chat.events import Event, PartDelta, PartEnded, PartKind, PartStarted
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.images.common import media_of, task_of
from understudy.dialects.operation import Answer, Flawed
from understudy.dialects.reading import Raws
from understudy.dialects.typed_events import (
    Listener,
    Teller,
    frame,
    no_word,
    unsaid,
    usage_of,
    usage_row,
)
from understudy.operations.images import Drawn, Picture
from understudy.operations.task import Result

_NEW, _CHANGED = "image_generation", "image_edit"
_PARTIAL = frozenset({f"{_NEW}.partial_image", f"{_CHANGED}.partial_image"})
_COMPLETED = frozenset({f"{_NEW}.completed", f"{_CHANGED}.completed"})
_SETTINGS = ("background", "output_format", "quality", "size")
_NOTHING = frozenset({b"null", b'""'})


class PicturesListener(Listener):
    """Counts pictures; keeps none."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures = 0
        self._shown = 0

    @override
    def hear(self, kind: str, tree: Raws) -> list[Event]:
        if kind not in _PARTIAL and kind not in _COMPLETED:
            return []
        data = tree.get("b64_json") or tree.get("url")
        if data is None or bytes(data) in _NOTHING:
            raise Flawed("schema_violation", f"{kind}: expected a picture, found none")
        if kind in _COMPLETED:
            self._pictures += 1
            usage = usage_of(tree)
            if usage is not None:
                self.usage = usage if self.usage is None else self.usage + usage
        number = self._shown
        self._shown += 1
        return [PartStarted(number, PartKind.IMAGE, raw=data), PartEnded(number)]

    @override
    def is_complete(self) -> bool:
        return self._pictures > 0

    @override
    def result(self) -> Result:
        return Drawn((Picture(),) * self._pictures)


class PicturesTeller(Teller):
    """Says pictures half done as they come, and whole ones at the end."""

    def __init__(self, request: Request) -> None:
        self._task = task = task_of(request)
        self._name = _CHANGED if task.sources else _NEW
        self._partials = 0
        size = "auto" if task.size is None else f"{task.size[0]}x{task.size[1]}"
        self._settings: dict[str, object] = {
            "background": task.background or "auto",
            "output_format": task.format or "png",
            "quality": task.quality or "auto",
            "size": size,
        }

    @override
    def more(self, event: PartStarted | PartDelta) -> bytes:
        if not isinstance(event, PartStarted) or event.kind is not PartKind.IMAGE:
            return b""
        number = self._partials
        self._partials += 1
        fields = {"b64_json": event.raw, "created_at": 0, "partial_image_index": number}
        return frame(f"{self._name}.partial_image", {**fields, **self._settings})

    @override
    def last(self, answer: Answer, losses: list[Loss]) -> bytes:
        drawn = answer.result
        assert isinstance(drawn, Drawn)
        own = {name: answer.fields[name] for name in _SETTINGS if name in answer.fields}
        self._settings.update(own)
        losses += unsaid(answer, _SETTINGS)
        last = len(drawn.pictures) - 1
        return b"".join(
            self._completed(picture, answer, losses, is_last=number == last)
            for number, picture in enumerate(drawn.pictures)
        )

    def _completed(
        self, picture: Picture, answer: Answer, losses: list[Loss], *, is_last: bool
    ) -> bytes:
        """One picture. What all of them cost is said with the last."""
        fields: dict[str, object] = {"created_at": answer.created or 0, **self._settings}
        if picture.base64 is None:
            losses.append(
                Loss("answer.data.b64_json", "the picture lies at the provider's address")
            )
            fields["url"] = picture.url
        else:
            fields["b64_json"] = picture.base64
            if "output_format" not in answer.fields:
                fields["output_format"] = _kind(picture)
        losses += [
            no_word(f"answer.data.{name}")
            for name, said in (("prompt", picture.prompt), ("seed", picture.seed))
            if said is not None
        ]
        if is_last:
            fields["usage"] = answer.fields.get("usage") or usage_row(answer.usage)
        return frame(f"{self._name}.completed", fields)


def _kind(picture: Picture) -> str:
    """What the first bytes say."""
    media = picture.media
    if media is None:
        head = (picture.base64 or "")[:16]
        try:
            media = media_of(base64.b64decode(head))
        except ValueError:
            media = "image/png"
    return media.partition("/")[2]
