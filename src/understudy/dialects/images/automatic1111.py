"""Images as AUTOMATIC1111's web UI says them (and Forge, SD.Next and others): txt2img and img2img.

Source: AUTOMATIC1111/stable-diffusion-webui wiki, "API", and its `modules/api/models.py` (1.10,
read in August 2026). The model is a checkpoint's name in `override_settings`.
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import LEAF, Edits
from understudy.dialects.images.common import (
    ImagesDialect,
    check_count,
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
from understudy.dialects.plain_errors import EXCEPTION_ERRORS
from understudy.dialects.reading import Raws, Reader, is_string, text_of
from understudy.dialects.toplevel import read_object
from understudy.operations.images import Drawn, ImageTask, Picture

_encode = msgspec.json.encode
_list = msgspec.json.Decoder(list[str]).decode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_DRAW, _EDIT = "txt2img", "img2img"
_MODEL = "sd_model_checkpoint"


class Automatic1111Images(ImagesDialect):
    name = "automatic1111_images"
    paths = (f"/sdapi/v1/{_DRAW}", f"/sdapi/v1/{_EDIT}")
    errors = EXCEPTION_ERRORS

    @override
    def leaf(self, path: str) -> str:
        return _EDIT if path.partition("?")[0].endswith(_EDIT) else _DRAW

    @override
    def built_path(self, request: Request, endpoint: Endpoint) -> str:
        return endpoint.path.replace(LEAF, _EDIT if task_of(request).sources else _DRAW)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        settings = top.object("override_settings")
        model = None if settings is None else settings.string(_MODEL)
        if model is None:
            where = f"override_settings.{_MODEL}"
            raise InvalidRequest(where, "expected the name of a model, found nothing")
        sources = [_source(raw, "init_images") for raw in top.items("init_images")]
        if self.leaf(path) == _EDIT and not sources:
            raise InvalidRequest("init_images", "expected a picture to change, found none")
        width, height = top.integer("width"), top.integer("height")
        mask = top.take("mask")
        task = ImageTask(
            prompt=top.string("prompt") or "",
            negative=top.string("negative_prompt") or None,
            count=check_count(top.integer("batch_size"), "batch_size"),
            size=None if width is None or height is None else (width, height),
            seed=_seed(top.integer("seed")),
            steps=top.integer("steps"),
            guidance=top.number("cfg_scale"),
            strength=top.number("denoising_strength"),
            sources=tuple(sources),
            mask=None if mask is None else _source(mask, "mask"),
        )
        rest = top.rest()
        if settings is not None and settings.rest():
            rest["override_settings"] = msgspec.Raw(_encode(settings.rest()))
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        raws = read_object(body)
        settings = _raws(raws.get("override_settings", msgspec.Raw(b"{}")))
        return _encode({**raws, "override_settings": {**settings, _MODEL: edits.model}})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = dict(own_extensions(request, self.name))
        losses = foreign_extensions(request, self.name)
        unsaid(task, ("quality", "style", "background"), losses)
        whole_only(task, losses)
        if task.format not in {None, "png"}:
            losses.append(Loss("task.format", "drawn as its settings say here, mostly png"))
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        settings = _raws(own.pop("override_settings", msgspec.Raw(b"{}")))
        body: dict[str, object] = {
            "prompt": task.prompt,
            "negative_prompt": task.negative,
            "batch_size": task.count,
            "width": None if task.size is None else task.size[0],
            "height": None if task.size is None else task.size[1],
            "seed": task.seed,
            "steps": task.steps,
            "cfg_scale": task.guidance,
            "denoising_strength": task.strength,
            "override_settings": {**settings, _MODEL: endpoint.model},
        }
        if task.sources:
            body["init_images"] = [_sent(each) for each in task.sources]
            if len(task.sources) > 1:
                losses.append(Loss("task.sources", "each is changed by itself here"))
        if task.mask is not None:
            body["mask"] = _sent(task.mask)
        said = {name: value for name, value in body.items() if value is not None}
        return _encode({**said, **own}), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("images", None)
        if raw is None:
            raise Flawed("schema_violation", "expected images, found nothing")
        try:
            images = _list(raw)
            seeds = _seeds(tree.get("info"))
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected pictures ({error})") from None
        pictures = tuple(
            Picture(data, seed=seeds[k] if k < len(seeds) else None)
            for k, data in enumerate(images)
        )
        if any(picture.octets is None for picture in pictures):
            raise Flawed("schema_violation", "expected pictures in base64")
        return Answer(Drawn(pictures), fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        drawn = answer.result
        assert isinstance(drawn, Drawn)
        images = []
        for number, picture in enumerate(drawn.pictures):
            if picture.base64 is None:
                reason = "the picture lies at the provider's address"
                losses.append(Loss(f"answer.images[{number}]", reason))
            images.append(picture.base64 or "")
            if picture.prompt is not None:
                losses.append(Loss(f"answer.images[{number}].prompt", "no word for it here"))
        body = {"images": images, "parameters": {}, "info": "{}"}
        return _encode({**body, **answer.fields}), losses


def _source(raw: msgspec.Raw, path: str) -> Picture:
    if not is_string(raw):
        raise InvalidRequest(path, "expected a picture in base64")
    said = text_of(raw)
    picture = Picture(url=said) if said.startswith("data:") else Picture(said)
    if picture.octets is None:
        raise InvalidRequest(path, "expected a picture in base64")
    return picture


def _sent(picture: Picture) -> str:
    return picture.base64 or picture.url or ""


def _seed(said: int | None) -> int | None:
    """-1 means: any."""
    return None if said == -1 else said


def _seeds(raw: msgspec.Raw | None) -> list[int]:
    """The seeds of the pictures, which stand in JSON that stands in a string."""
    if raw is None or not is_string(raw):
        return []
    try:
        found = _raws(_text(raw).encode()).get("all_seeds")
        return [] if found is None else msgspec.json.decode(found, type=list[int])
    except msgspec.MsgspecError:
        return []
