"""Images as Stability AI says them: forms to /v2beta/stable-image/generate/{core|ultra|sd3}.

Source: platform.stability.ai/docs/api-reference, "Generate" (August 2026). A request gives one
picture. Which service draws follows from the model: `stable-image-core`, `stable-image-ultra`, or
one of Stable Diffusion 3, which the form names. Answers are asked for as JSON.
"""

import base64
from collections.abc import Mapping

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.base import LEAF, Edits
from understudy.dialects.forms import Fields, edit_form, form_type, restored, texts
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
    Flawed,
    foreign_extensions,
    own_extensions,
)
from understudy.dialects.paths import matched
from understudy.dialects.plain_errors import ERRORS_ERRORS
from understudy.dialects.reading import Raws
from understudy.operations.images import Drawn, ImageTask, Picture
from understudy.wire.http import Headers
from understudy.wire.multipart import Part, write_form

_text = msgspec.json.Decoder(str | None).decode
_encode = msgspec.json.encode
_NULL = msgspec.Raw(b"null")
_PATH = "/v2beta/stable-image/generate/{model}"
_SERVICES = {"stable-image-core": "core", "stable-image-ultra": "ultra"}
_SD3 = "sd3"
_RATIOS = {
    name: int(name.partition(":")[0]) / int(name.partition(":")[2])
    for name in ("1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
}
_FILTERED = "CONTENT_FILTERED"
_DEFAULT_STRENGTH = 0.7


class StabilityImages(ImagesDialect):
    name = "stability_images"
    paths = (_PATH,)
    errors = ERRORS_ERRORS

    @override
    def leaf(self, path: str) -> str:
        return path.partition("?")[0].rpartition("/")[2]

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path.replace(LEAF, _SERVICES.get(endpoint.model, _SD3))

    @override
    def own_headers(self) -> Headers:
        return ((b"accept", b"application/json"),)

    @override
    def media(self, body: bytes) -> bytes | None:
        return form_type(body)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        fields = Fields(body)
        service = self.leaf(path) if matched(path, self.paths) else _SD3
        model = fields.text("model")
        if service != _SD3:
            model = next((name for name, each in _SERVICES.items() if each == service), service)
        images = fields.files("image")
        seed, strength = fields.number("seed"), fields.number("strength")
        task = ImageTask(
            prompt=fields.need_text("prompt"),
            negative=fields.text("negative_prompt"),
            style=fields.text("style_preset"),
            format=fields.text("output_format"),
            form="b64_json",
            seed=None if not seed else int(seed),
            guidance=fields.number("cfg_scale"),
            strength=strength,
            sources=tuple(
                Picture(base64.b64encode(part.data).decode(), media=part.media) for part in images
            ),
        )
        rest = fields.rest()
        extensions = {self.name: rest} if rest else {}
        return Request(model or "sd3.5-large", (), task=task, extensions=extensions)

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        if edits.model in _SERVICES:
            return body
        return edit_form(body, {"model": edits.model})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = own_extensions(request, self.name)
        if not task.prompt:
            raise InvalidRequest("task.prompt", "expected words, found none")
        losses = foreign_extensions(request, self.name)
        unsaid(task, ("quality", "background", "steps"), losses)
        whole_only(task, losses)
        fewer(task, losses)
        service = _SERVICES.get(endpoint.model, _SD3)
        if task.mask is not None:
            losses.append(Loss("task.mask", "all of the picture is changed here"))
        if len(task.sources) > 1:
            losses.append(Loss("task.sources", "the first alone is taken here"))
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        fields: dict[str, object] = {
            "prompt": task.prompt,
            "negative_prompt": task.negative,
            "style_preset": _style(task, losses),
            "output_format": task.format,
            "seed": task.seed,
            "cfg_scale": task.guidance,
            "aspect_ratio": _ratio(task, own, losses),
        }
        if service == _SD3:
            fields["model"] = endpoint.model
        if task.sources:
            if service == "core":
                raise InvalidRequest("task.sources", "this model draws from words alone")
            fields["strength"] = _DEFAULT_STRENGTH if task.strength is None else task.strength
            if service == _SD3:
                fields["mode"] = "image-to-image"
        parts = [*texts(fields), *restored(own)]
        if task.sources:
            octets = picture_bytes(task.sources[0], "task.sources[0]")
            parts.append(Part("image", octets, "picture", media_of(octets)))
        return write_form(parts)[0], losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        try:
            data = _text(tree.pop("image", _NULL))
            reason = _text(tree.get("finish_reason", _NULL))
            seed = msgspec.json.decode(tree.pop("seed", _NULL), type=int | None)
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected a picture ({error})") from None
        if reason == _FILTERED:
            raise Flawed("content_filter_error_annotation", "the picture was filtered")
        picture = Picture(data, seed=seed)
        if picture.octets is None:
            raise Flawed("schema_violation", "expected a picture in base64")
        return Answer(Drawn((picture,)), fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        drawn = answer.result
        assert isinstance(drawn, Drawn)
        first, *others = drawn.pictures
        if others:
            losses.append(Loss("answer.pictures", "one picture alone can be said"))
        if first.base64 is None:
            losses.append(Loss("answer.image", "the picture lies at the provider's address"))
        if first.prompt is not None:
            losses.append(Loss("answer.prompt", "no word for it here"))
        body: dict[str, object] = {"image": first.base64 or "", "finish_reason": "SUCCESS"}
        body["seed"] = first.seed or 0
        return _encode({**body, **answer.fields}), losses


def _ratio(task: ImageTask, own: Mapping[str, msgspec.Raw], losses: list[Loss]) -> str | None:
    if task.size is None or "aspect_ratio" in own or task.sources:
        return None
    losses.append(Loss("task.size", "the nearest ratio, about a megapixel", Change.CHANGED))
    return nearest(task.size, _RATIOS)


def _style(task: ImageTask, losses: list[Loss]) -> str | None:
    """Styles of other labs are other words."""
    if task.style in {"vivid", "natural"}:
        losses.append(Loss("task.style", "no such style here"))
        return None
    return task.style
