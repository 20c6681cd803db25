"""Images as ComfyUI draws them: a whole workflow is queued, and the pictures fetched once it is
done. Spoken to targets only: what a client of it sends is a graph that no other API could take.

Source: Comfy-Org/ComfyUI, `server.py` and `execution.py`, read in November 2026. A request here is
a job in one body (`Job`), an answer one body with all pictures: `comfyui_course` knows what is
asked in between.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.failure import Failure, Signal, Surface
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.base import Edits
from understudy.dialects.complaints import hinted, short, status_of, waiting
from understudy.dialects.course import Course
from understudy.dialects.images.comfyui_course import ComfyUICourse, Job
from understudy.dialects.images.comfyui_graph import (
    Filled,
    Graph,
    Value,
    built_in,
    fill,
    read_graph,
)
from understudy.dialects.images.common import (
    ImagesDialect,
    picture_bytes,
    task_of,
    unsaid,
    whole_only,
)
from understudy.dialects.operation import Answer, ErrorShape, Flawed, foreign_extensions
from understudy.dialects.plain_errors import read_error
from understudy.dialects.reading import Raws
from understudy.operations.images import Drawn, ImageTask, Picture
from understudy.wire.filetype import file_type
from understudy.wire.http import Headers, HttpRequest, ResponseHead

NAME: Final = "comfyui_images"
DRAW, EDIT = "draw", "edit"
"""The workflows of its own that a model may have."""

_STEP = 8
"""Pixels: latents are an eighth of a picture's size."""

_SMALLEST = 16
_PNG_ALPHA = frozenset({4, 6})
"""Colour types that have transparency (PNG specification, 11.2.1)."""

_ASKED: Mapping[str, tuple[str, ...]] = {
    "negative": ("negative_prompt",),
    "size": ("width", "height"),
    "seed": ("seed",),
    "steps": ("steps",),
    "guidance": ("scale",),
    "strength": ("denoise",),
    "mask": ("mask",),
}
"""What may be asked, and the places of a workflow that it needs."""

_encode = msgspec.json.encode


class _Drawn(msgspec.Struct, omit_defaults=True):
    data: str
    seed: int | None = None


class _Why(msgspec.Struct):
    type: str = ""
    message: str = ""
    details: str = ""


class _AtNode(msgspec.Struct):
    errors: list[_Why] = []
    class_type: str = ""


class _Complaint(msgspec.Struct):
    error: _Why
    node_errors: dict[str, _AtNode] | list[msgspec.Raw] = []


_drawn = msgspec.json.Decoder(list[_Drawn]).decode
_complaint = msgspec.json.Decoder(_Complaint).decode


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer: what is wrong at which node, if it says so. Never raises."""
    try:
        said = _complaint(body)
    except (msgspec.MsgspecError, RecursionError):
        return hinted(read_error(body), head)
    nodes = said.node_errors if isinstance(said.node_errors, dict) else {}
    reasons = [
        (f"{at.class_type} (node {name})", why) for name, at in nodes.items() for why in at.errors
    ]
    words = [f"{where}: {_words(why)}" for where, why in reasons] or [_words(said.error)]
    code = reasons[0][1].type if reasons else None
    message = short("; ".join(words))
    return hinted(Signal(Surface.HTTP, code=code, type=said.error.type, message=message), head)


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """As its server has them."""
    why = {"type": failure.type or "error", "message": failure.message, "details": ""}
    headers: Headers = ((b"content-type", b"application/json"), *waiting(failure))
    return status_of(failure), headers, _encode({"error": why, "node_errors": {}})


class ComfyUIImages(ImagesDialect):
    name = NAME
    paths = ()
    errors = ErrorShape(parse_failure, render_failure)

    def course(self, request: HttpRequest, seed: int) -> Course:
        return ComfyUICourse(request, seed)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        raise InvalidRequest("", "expected another API: workflows are not taken from clients")

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        raise InvalidRequest("", "expected another API: workflows are not taken from clients")

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        losses = foreign_extensions(request, self.name)
        unsaid(task, ("quality", "style", "background"), losses)
        whole_only(task, losses)
        if task.format not in {None, "png"}:
            losses.append(Loss("task.format", "drawn as its workflow says, mostly png"))
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        if len(task.sources) > 1:
            losses.append(Loss("task.sources", "the first alone is taken here"))
        files: dict[str, str] = {}
        values: dict[str, Value | None] = {
            "prompt": task.prompt,
            "negative_prompt": task.negative,
            "model": endpoint.model,
            "batch_size": task.count,
            "seed": task.seed,
            "steps": task.steps,
            "scale": task.guidance,
            "denoise": task.strength,
        }
        if task.sources:
            values["image"] = _uploaded(task.sources[0], "task.sources[0]", files)
        is_alpha = False
        if task.mask is not None:
            values["mask"] = _uploaded(task.mask, "task.mask", files)
            is_alpha = _has_alpha(picture_bytes(task.mask, "task.mask"))
        graph = _own(task, endpoint)
        size = task.size
        if graph is None:
            graph = built_in(task, mask_is_alpha=is_alpha)
            size = _whole_steps(task.size, losses)
        if size is not None:
            values["width"], values["height"] = size
        filled = fill(graph, values)
        _declare(task, filled, losses)
        seed = task.seed if "seed" in filled.used else None
        return _encode(Job(filled.graph, files, filled.seeds, seed)), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw, ident = tree.pop("images", None), tree.pop("id", None)
        if raw is None:
            raise Flawed("schema_violation", "expected pictures of a workflow, found nothing")
        try:
            images = _drawn(raw)
            name = "" if ident is None else msgspec.json.decode(ident, type=str)
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected pictures ({error})") from None
        pictures = tuple(_picture(each) for each in images)
        if any(picture.octets is None for picture in pictures):
            raise Flawed("schema_violation", "expected pictures in base64")
        return Answer(Drawn(pictures), id=name, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        drawn = answer.result
        assert isinstance(drawn, Drawn)
        losses = []
        for number, picture in enumerate(drawn.pictures):
            if picture.base64 is None:
                reason = "the picture lies at the provider's address"
                losses.append(Loss(f"answer.images[{number}]", reason))
        images = [_Drawn(each.base64 or "", each.seed) for each in drawn.pictures]
        return _encode({"id": answer.id, "images": images, **answer.fields}), losses


def _picture(said: _Drawn) -> Picture:
    picture = Picture(said.data, seed=said.seed)
    octets = picture.octets
    return msgspec.structs.replace(picture, media=None if octets is None else file_type(octets))


def _own(task: ImageTask, endpoint: Endpoint) -> Graph | None:
    """The target's own workflow for what is asked; None where it has none at all."""
    if not endpoint.workflows:
        return None
    kind = EDIT if task.sources else DRAW
    data = endpoint.workflows.get(kind)
    if data is None:
        raise InvalidRequest("task.sources", f"this model has no workflow to {kind} pictures")
    return read_graph(data)


def _uploaded(picture: Picture, where: str, files: dict[str, str]) -> str:
    """The name that a picture will have there: the same for the same picture."""
    octets = picture_bytes(picture, where)
    ending = (file_type(octets) or "image/png").rpartition("/")[2]
    name = f"understudy/{hashlib.blake2b(octets, digest_size=16).hexdigest()}.{ending}"
    files[name] = base64.b64encode(octets).decode()
    return name


def _has_alpha(octets: bytes) -> bool:
    """Whether a mask says by its transparency where to change a picture, as OpenAI has it."""
    return octets.startswith(b"\x89PNG") and octets[25:26] != b"" and octets[25] in _PNG_ALPHA


def _whole_steps(size: tuple[int, int] | None, losses: list[Loss]) -> tuple[int, int] | None:
    if size is None:
        return None
    width, height = (max(_SMALLEST, side - side % _STEP) for side in size)
    if (width, height) != size:
        reason = f"{width}x{height}, the nearest size of whole steps of {_STEP} pixels"
        losses.append(Loss("task.size", reason, Change.CHANGED))
    return width, height


def _declare(task: ImageTask, filled: Filled, losses: list[Loss]) -> None:
    """Declare what was asked and has no place in the workflow."""
    reason = "its workflow has no place for it"
    for name, needed in _ASKED.items():
        if getattr(task, name) is not None and not filled.used.issuperset(needed):
            losses.append(Loss(f"task.{name}", reason))
    if (task.count or 1) > 1 and "batch_size" not in filled.used:
        losses.append(Loss("task.count", "as many as its workflow draws", Change.CHANGED))


def _words(why: _Why) -> str:
    return ": ".join(each for each in (why.message, why.details) if each) or why.type
