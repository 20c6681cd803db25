"""Images as OpenAI says them: /v1/images/generations in JSON, /v1/images/edits as a form.

Source: OpenAI API reference, "Images", and its official client (August 2026). The bytes of a form
stay as they are where the target speaks this dialect; only the model is put in.

GPT image refuses words of DALL-E, which it succeeded: `style`, `response_format` (it has no
addresses of pictures), and the qualities `hd` and `standard`. What a target refuses
(`Endpoint.rejects`) is left out, or said in its own words. Who asks for DALL-E and not for a form
gets addresses, as DALL-E gave them.
"""

import base64

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.base import LEAF, Edits, ResponseDecoder, ResponseEncoder
from understudy.dialects.deployments import deployment_path
from understudy.dialects.forms import Fields, edit_form, form_type, restored, texts
from understudy.dialects.images.common import (
    ImagesDialect,
    check_count,
    media_of,
    picture_bytes,
    read_size,
    task_of,
    unsaid,
    whole_only,
)
from understudy.dialects.images.openai_stream import PicturesListener, PicturesTeller
from understudy.dialects.openai_chat import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.paths import matched
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import edit, read_object
from understudy.dialects.typed_events import EventsDecoder, EventsEncoder, usage_of
from understudy.operations.images import Drawn, ImageTask, Picture
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, is_form, write_form

_encode = msgspec.json.encode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str | None).decode
_string = msgspec.json.Decoder(str).decode
_NULL = msgspec.Raw(b"null")
_DRAW, _EDIT = "generations", "edits"
_DEPLOYMENTS = tuple(deployment_path(f"images/{leaf}") for leaf in (_DRAW, _EDIT))
_QUALITIES = {"hd": "high", "standard": "medium"}
"""DALL-E's words for how good a picture is to be, in GPT image's."""

_DALL_E = "dall-e-"
_MODEL = "dall-e-2"
"""The model, where a request names none (OpenAI's own default)."""


class OpenAIImages(ImagesDialect):
    name = "openai_images"
    paths = (
        *(f"{base}/images/{leaf}" for base in ("/v1", "", "/openai/v1") for leaf in (_DRAW, _EDIT)),
        *_DEPLOYMENTS,
    )
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    @override
    def leaf(self, path: str) -> str:
        return _EDIT if path.partition("?")[0].endswith(f"/{_EDIT}") else _DRAW

    @override
    def built_path(self, request: Request, endpoint: Endpoint) -> str:
        return endpoint.path.replace(LEAF, _EDIT if task_of(request).sources else _DRAW)

    @override
    def media(self, body: bytes) -> bytes | None:
        return form_type(body)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        deployment = matched(path, _DEPLOYMENTS)
        request = _read_form(body, self.name) if is_form(body) else _read_json(body, self.name)
        if self.leaf(path) == _EDIT and not task_of(request).sources:
            raise InvalidRequest("image", "expected a picture to edit, found none")
        if deployment is None:
            return request
        return msgspec.structs.replace(request, model=deployment["model"])

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        if is_form(body):
            return edit_form(body, {"model": edits.model})
        raws = read_object(body)
        if "model" not in raws:
            return _encode({"model": edits.model, **raws})
        return edit(body, edits)

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        losses = foreign_extensions(request, self.name)
        unsaid(task, ("seed", "steps", "guidance", "strength"), losses)
        if not request.stream:
            whole_only(task, losses)
        prompt = task.prompt
        if task.negative is not None:
            losses.append(Loss("task.negative", "no word for what not to draw here"))
        task = _taken(task, endpoint, losses)
        size = None if task.size is None else f"{task.size[0]}x{task.size[1]}"
        fields: dict[str, object] = {
            "model": endpoint.model,
            "prompt": prompt,
            "n": task.count,
            "size": size,
            "quality": task.quality,
            "style": task.style,
            "background": task.background,
            "output_format": task.format,
            "response_format": task.form if "response_format" in endpoint.accepts else None,
            "user": request.user,
            "stream": request.stream or None,
            "partial_images": task.partials if request.stream else None,
        }
        own = own_extensions(request, self.name)
        if not task.sources:
            said = {name: value for name, value in fields.items() if value is not None}
            return _encode({**said, **own}), losses
        if not prompt:
            raise InvalidRequest("task.prompt", "expected words, found none")
        parts = [*texts(fields), *restored(own)]
        several = len(task.sources) > 1
        for number, picture in enumerate(task.sources):
            name = "image[]" if several else "image"
            parts.append(_file(name, picture, f"task.sources[{number}]"))
        if task.mask is not None:
            parts.append(_file("mask", task.mask, "task.mask"))
        return write_form(parts)[0], losses

    def retells(self, request: Request, endpoint: Endpoint) -> bool:
        """Whether addresses are asked of a model that only gives pictures: see `Retells`."""
        return task_of(request).form == "url" and "response_format" in endpoint.rejects

    @override
    def stream_decoder(self, head: ResponseHead) -> ResponseDecoder:
        return EventsDecoder(PicturesListener(), head)

    @override
    def stream_encoder(self, request: Request) -> ResponseEncoder:
        return EventsEncoder(self, request, PicturesTeller(request))

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("data", None)
        if raw is None:
            raise Flawed("schema_violation", "expected data, found nothing")
        created = integer(tree, "created")
        tree.pop("created", None)
        try:
            rows = _objects(raw)
            pictures = tuple(_picture(row, number) for number, row in enumerate(rows))
            usage = usage_of(tree)
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected pictures ({error})") from None
        if any(rows):
            tree["data"] = msgspec.Raw(_encode(rows))
        return Answer(Drawn(pictures), usage, created=created, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        task = task_of(request)
        fields = dict(answer.fields)
        beside = _objects(fields.pop("data", msgspec.Raw(b"[]")))
        drawn = answer.result
        assert isinstance(drawn, Drawn)
        rows = [
            {**_row(picture, task.form, losses), **(beside[k] if k < len(beside) else {})}
            for k, picture in enumerate(drawn.pictures)
        ]
        body: dict[str, object] = {"created": answer.created or 0, "data": rows}
        if answer.usage is not None:
            body["usage"] = {
                "input_tokens": answer.usage.prompt_tokens,
                "output_tokens": answer.usage.output_tokens,
                "total_tokens": answer.usage.prompt_tokens + answer.usage.output_tokens,
            }
        return _encode({**body, **fields}), losses


def _taken(task: ImageTask, endpoint: Endpoint, losses: list[Loss]) -> ImageTask:
    """What a target takes of a task."""
    refused = tuple(name for name in ("size", "style") if f"task.{name}" in endpoint.rejects)
    unsaid(task, refused, losses)
    quality = task.quality
    if quality in _QUALITIES and f"task.quality.{quality}" in endpoint.rejects:
        quality = _QUALITIES[quality]
        losses.append(Loss("task.quality", f"{task.quality!r} is {quality!r} here", Change.CHANGED))
    return msgspec.structs.replace(task, quality=quality, **dict.fromkeys(refused))


def _read_json(body: bytes, name: str) -> Request:
    top = Reader(read_object(body))
    named = top.string("model") or ""
    stream = top.boolean("stream") or False
    task = ImageTask(
        prompt=top.need_string("prompt"),
        count=check_count(top.integer("n"), "n"),
        size=read_size(top.string("size"), "size"),
        quality=top.string("quality"),
        style=top.string("style"),
        background=top.string("background"),
        format=top.string("output_format"),
        form=_form(top.string("response_format"), named, stream=stream),
        partials=top.integer("partial_images"),
    )
    user = top.string("user")
    rest = top.rest()
    kept = {name: rest} if rest else {}
    return Request(named or _MODEL, (), stream=stream, task=task, user=user, extensions=kept)


def _read_form(body: bytes, name: str) -> Request:
    fields = Fields(body)
    named = fields.text("model") or ""
    stream = fields.text("stream") == "true"
    count, partials = fields.number("n"), fields.number("partial_images")
    masks = fields.files("mask")
    task = ImageTask(
        prompt=fields.need_text("prompt"),
        count=check_count(None if count is None else int(count), "n"),
        size=read_size(fields.text("size"), "size"),
        quality=fields.text("quality"),
        background=fields.text("background"),
        format=fields.text("output_format"),
        form=_form(fields.text("response_format"), named, stream=stream),
        partials=None if partials is None else int(partials),
        sources=tuple(_source(part) for part in fields.files("image", "image[]")),
        mask=_source(masks[0]) if masks else None,
    )
    user = fields.text("user")
    rest = fields.rest()
    kept = {name: rest} if rest else {}
    return Request(named or _MODEL, (), stream=stream, task=task, user=user, extensions=kept)


def _form(said: str | None, named: str, *, stream: bool) -> str | None:
    """How pictures come back. Events have room for the picture itself only."""
    if stream:
        return "b64_json"
    if said not in {None, "url", "b64_json"}:
        raise InvalidRequest("response_format", f'expected "url" or "b64_json", found {said!r}')
    return "url" if said is None and named.startswith(_DALL_E) else said


def _source(part: Part) -> Picture:
    return Picture(base64.b64encode(part.data).decode(), media=part.media)


def _file(name: str, picture: Picture, where: str) -> Part:
    octets = picture_bytes(picture, where)
    media = picture.media or media_of(octets)
    return Part(name, octets, f"picture.{media.partition('/')[2]}", media)


def _picture(row: dict[str, msgspec.Raw], number: int) -> Picture:
    data = _text(row.pop("b64_json", _NULL))
    url = _text(row.pop("url", _NULL))
    prompt = _text(row.pop("revised_prompt", _NULL))
    if not data and not url:
        raise Flawed("schema_violation", f"data[{number}]: expected a picture or its address")
    return Picture(data or None, url or None, prompt=prompt)


def _row(picture: Picture, form: str | None, losses: list[Loss]) -> dict[str, object]:
    row: dict[str, object] = {}
    if picture.base64 is not None and form == "url" and picture.url is None:
        octets = picture.octets or b""
        row["url"] = f"data:{picture.media or media_of(octets)};base64,{picture.base64}"
        losses.append(Loss("answer.data.url", "the picture itself, in its address", Change.CHANGED))
    elif picture.base64 is not None:
        row["b64_json"] = picture.base64
    if picture.url is not None:
        row["url"] = picture.url
        if form == "b64_json" and picture.base64 is None:
            reason = "the picture lies at the provider's address"
            losses.append(Loss("answer.data.b64_json", reason))
    if picture.prompt is not None:
        row["revised_prompt"] = picture.prompt
    if picture.seed is not None:
        losses.append(Loss("answer.data.seed", "no word for it here"))
    return row
