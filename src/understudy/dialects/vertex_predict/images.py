"""Pictures drawn by Imagen. Changes to pictures are another model's business, and not said here."""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.images.common import (
    ImagesDialect,
    check_count,
    nearest,
    task_of,
    unsaid,
    whole_only,
)
from understudy.dialects.operation import Answer, Flawed, foreign_extensions, own_extensions
from understudy.dialects.reading import Raws
from understudy.dialects.vertex_predict.shape import (
    ERRORS,
    NAME,
    PATHS,
    read_instances,
    read_predictions,
)
from understudy.operations.images import Drawn, ImageTask, Picture

_encode = msgspec.json.encode
_RATIOS = {"1:1": 1.0, "3:4": 3 / 4, "4:3": 4 / 3, "9:16": 9 / 16, "16:9": 16 / 9}
_SIZES = {
    "1:1": (1024, 1024),
    "3:4": (896, 1280),
    "4:3": (1280, 896),
    "9:16": (768, 1408),
    "16:9": (1408, 768),
}
_MOST = 4
_FORMATS = {"png": "image/png", "jpeg": "image/jpeg"}
_INNER = frozenset({"instances", "parameters"})
_BUCKETS = "gs://"
"""Where pictures lie that were asked for with a `storageUri`."""


class _Prediction(msgspec.Struct):
    bytesBase64Encoded: str | None = None  # noqa: N815 - the vendor's word
    gcsUri: str | None = None  # noqa: N815 - the vendor's word
    mimeType: str | None = None  # noqa: N815 - the vendor's word
    prompt: str | None = None
    raiFilteredReason: str | None = None  # noqa: N815 - the vendor's word


class PredictImages(ImagesDialect):
    name = NAME
    paths = PATHS
    errors = ERRORS

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        model, instances, parameters, rest = read_instances(body, path)
        if len(instances) != 1:
            raise InvalidRequest("instances", f"expected one prompt, found {len(instances)}")
        ratio = parameters.string("aspectRatio")
        if ratio is not None and ratio not in _SIZES:
            reason = f"expected one of {', '.join(_SIZES)}, found {ratio[:40]!r}"
            raise InvalidRequest(parameters.at("aspectRatio"), reason)
        output = parameters.object("outputOptions")
        media = None if output is None else output.string("mimeType")
        where = parameters.at("sampleCount")
        task = ImageTask(
            prompt=instances[0].need_string("prompt"),
            negative=parameters.string("negativePrompt") or None,
            count=check_count(parameters.integer("sampleCount"), where),
            size=None if ratio is None else _SIZES[ratio],
            format=None if media is None else media.removeprefix("image/"),
            form="b64_json",
            seed=parameters.integer("seed"),
            guidance=parameters.number("guidanceScale"),
        )
        if instances[0].rest():
            rest["instances"] = msgspec.Raw(_encode(instances[0].rest()))
        if parameters.rest():
            rest["parameters"] = msgspec.Raw(_encode(parameters.rest()))
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = own_extensions(request, self.name)
        losses = foreign_extensions(request, self.name)
        if task.sources:
            raise InvalidRequest("task.sources", "this model draws from words alone")
        unsaid(task, ("quality", "style", "background", "steps", "strength"), losses)
        whole_only(task, losses)
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        parameters: dict[str, object] = {"sampleCount": _count(task, losses)}
        if task.size is not None:
            ratio = nearest(task.size, _RATIOS)
            if task.size != _SIZES[ratio]:
                losses.append(Loss("task.size", f"{ratio}, the nearest ratio", Change.CHANGED))
            parameters["aspectRatio"] = ratio
        if task.format is not None and task.format not in _FORMATS:
            losses.append(Loss("task.format", "png or jpeg here"))
        elif task.format is not None:
            parameters["outputOptions"] = {"mimeType": _FORMATS[task.format]}
        _say(parameters, "negativePrompt", task.negative)
        _say(parameters, "guidanceScale", task.guidance)
        more = msgspec.json.decode(own.get("parameters", msgspec.Raw(b"{}")), type=Raws)
        if task.seed is not None and bytes(more.get("addWatermark", b"")) != b"false":
            losses.append(Loss("task.seed", "a watermark excludes it, and there is one"))
        else:
            _say(parameters, "seed", task.seed)
        inner = msgspec.json.decode(own.get("instances", msgspec.Raw(b"{}")), type=Raws)
        instance = {"prompt": task.prompt, **inner}
        rest = {name: raw for name, raw in own.items() if name not in _INNER}
        parameters |= more
        body: dict[str, object] = {"instances": [instance], "parameters": parameters, **rest}
        return _encode(body), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        pictures = []
        filtered = ""
        for number, row in enumerate(read_predictions(tree)):
            try:
                said = msgspec.json.decode(_encode(row), type=_Prediction)
            except msgspec.MsgspecError as error:
                reason = f"predictions[{number}]: expected a picture ({error})"
                raise Flawed("schema_violation", reason) from None
            filtered = filtered or said.raiFilteredReason or ""
            data, where = said.bytesBase64Encoded or None, said.gcsUri
            if data is not None or where:
                pictures.append(Picture(data, where, media=said.mimeType, prompt=said.prompt))
        if not pictures:
            reason = filtered or "no prediction is a picture: all were filtered"
            raise Flawed("content_filter_error_annotation", reason)
        if any(picture.octets is None for picture in pictures if picture.base64 is not None):
            raise Flawed("schema_violation", "expected pictures in base64")
        return Answer(Drawn(tuple(pictures)), fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        assert isinstance(answer.result, Drawn)
        predictions = []
        for number, picture in enumerate(answer.result.pictures):
            is_kept = picture.url is not None and picture.url.startswith(_BUCKETS)
            if picture.base64 is None and not is_kept:
                reason = "the picture lies at the provider's address"
                losses.append(Loss(f"answer.images[{number}]", reason))
            said: dict[str, object] = (
                {"gcsUri": picture.url} if is_kept else {"bytesBase64Encoded": picture.base64 or ""}
            )
            said["mimeType"] = picture.media or "image/png"
            _say(said, "prompt", picture.prompt)
            predictions.append(said)
        return _encode({"predictions": predictions, **answer.fields}), losses


def _count(task: ImageTask, losses: list[Loss]) -> int:
    """How many are drawn: four where nobody said otherwise, so that is always said."""
    wanted = task.count or 1
    if wanted > _MOST:
        losses.append(Loss("task.count", f"{_MOST}, not {wanted}: no more here", Change.CHANGED))
    return min(wanted, _MOST)


def _say(fields: dict[str, object], name: str, value: object) -> None:
    if value is not None:
        fields[name] = value
