"""Bodies are from OpenAI's API reference, "Images" (August 2026), and from recorded exchanges."""

import json

import pytest
from tests.dialects.recordings import exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.base import Edits, Retells
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.images.common import task_of
from understudy.operations.images import Drawn
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, read_form, write_form

DIALECT = OPERATIONS["openai_images"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
TARGET = Endpoint("openai_images", "gpt-image-1", "/v1/images/{leaf}", "openai")
DRAW, EDIT = "/v1/images/generations", "/v1/images/edits"
FORM, KIND = write_form(
    [
        Part("model", b"m"),
        Part("prompt", b"a hat"),
        Part("image[]", b"\x89PNG1", "a.png", "image/png"),
        Part("image[]", b"\x89PNG2", "b.png", "image/png"),
        Part("mask", b"\x89PNG3", "m.png", "image/png"),
        Part("input_fidelity", b"high"),
    ]
)


def test_a_request_comes_back_as_it_was():
    body = {
        "model": "gpt-image-1",
        "prompt": "p",
        "n": 2,
        "size": "1024x1536",
        "quality": "high",
        "style": "vivid",
        "background": "opaque",
        "output_format": "webp",
        "user": "u",
        "moderation": "low",
    }
    request = DIALECT.parse_request(json.dumps(body).encode(), DRAW)
    written, losses = DIALECT.build_request(request, TARGET)
    assert (written.path, losses) == (DRAW, ())
    assert json.loads(written.body) == body


GPT_IMAGE = Endpoint(
    "openai_images",
    "gpt-image-2",
    "/v1/images/{leaf}",
    "openai",
    rejects=frozenset({"response_format", "task.style", "task.quality.hd"}),
)


def test_words_of_dall_e_are_said_in_those_of_its_successor_or_left_out():
    body = {"prompt": "p", "quality": "hd", "style": "vivid", "response_format": "b64_json"}
    request = DIALECT.parse_request(json.dumps(body).encode(), DRAW)
    written, losses = DIALECT.build_request(request, GPT_IMAGE)
    assert json.loads(written.body) == {"model": "gpt-image-2", "prompt": "p", "quality": "high"}
    assert [str(loss.path) for loss in losses] == ["task.style", "task.quality"]


@pytest.mark.parametrize("quality", ["high", "standard", "low", None])
def test_what_it_does_not_refuse_is_asked_as_it_was(quality: str | None):
    body = {"prompt": "p", "quality": quality, "size": "1792x1024"}
    request = DIALECT.parse_request(json.dumps(body).encode(), DRAW)
    written, losses = DIALECT.build_request(request, GPT_IMAGE)
    said = json.loads(written.body)
    assert (said.get("quality"), said["size"], losses) == (quality, "1792x1024", ())


@pytest.mark.parametrize(
    ("asked", "told_anew"),
    [
        ({"model": "m", "response_format": "url"}, True),
        ({"model": "dall-e-3", "response_format": "b64_json"}, False),
        ({"model": "dall-e-3"}, True),
        ({"model": "dall-e-3", "stream": True}, False),
        ({}, False),
        ({"model": "gpt-image-1"}, False),
    ],
)
def test_addresses_are_made_where_only_pictures_are_given(asked: dict, told_anew: bool):
    body = {"prompt": "p", **asked}
    request = DIALECT.parse_request(json.dumps(body).encode(), DRAW)
    assert isinstance(DIALECT, Retells)
    assert DIALECT.retells(request, GPT_IMAGE) is told_anew
    assert not DIALECT.retells(request, TARGET)


def test_a_form_comes_back_with_its_files():
    request = DIALECT.parse_request(FORM, EDIT)
    written, losses = DIALECT.build_request(request, TARGET)
    assert (written.path, losses) == (EDIT, ())
    assert dict(written.headers)[b"content-type"].startswith(b"multipart/form-data; boundary=")
    again = DIALECT.parse_request(written.body, EDIT)
    assert again.task == request.task
    assert [part.data for part in read_form(written.body) if part.filename] == [
        b"\x89PNG1",
        b"\x89PNG2",
        b"\x89PNG3",
    ]


def test_a_glance_at_a_form_knows_how_it_must_be_sent_on():
    glance = DIALECT.glance(FORM, EDIT)
    assert (glance.model, glance.leaf, glance.media) == ("m", "edits", KIND)
    assert DIALECT.edit_request(FORM, Edits("n")) == FORM.replace(
        b"\r\n\r\nm\r\n", b"\r\n\r\nn\r\n"
    )


def test_a_model_that_nobody_named_and_one_in_the_path():
    assert DIALECT.glance(b'{"prompt":"p"}', DRAW).model == "dall-e-2"
    path = "/openai/deployments/mine/images/generations?api-version=1"
    assert DIALECT.glance(b'{"prompt":"p"}', path).model == "mine"
    assert DIALECT.edit_request(b'{"prompt":"p"}', Edits("m")) == b'{"model":"m","prompt":"p"}'


def test_a_form_without_a_picture_is_no_edit():
    form, _ = write_form([Part("prompt", b"p")])
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(form, EDIT)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"data":[{}]}', b'{"data":3}', b'{"data":[{"b64_json":3}]}']
)
def test_what_is_no_picture(body: bytes):
    decoder = DIALECT.decoder(JSON, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    assert isinstance(items[-1].events[-1], Failed)


def test_usage_of_pictures_is_counted():
    body = (
        b'{"created":1,"data":[{"b64_json":"AAAA"}],'
        b'"usage":{"input_tokens":9,"output_tokens":100,"total_tokens":109}}'
    )
    end = DIALECT.skim(JSON, body)
    assert isinstance(end, Finished)
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens) == (9, 100)


@pytest.mark.recordings
def test_recordings_are_read_written_again_and_told_to_the_others():
    found = [
        exchange
        for endpoint in ("images_generations", "images_edits")
        for exchange in exchanges(endpoint, frozenset({"openai"}))
    ]
    require(found, "images")
    for exchange in found:
        if exchange.status >= 400:
            assert DIALECT.parse_failure(exchange.head, exchange.response).message
            continue
        body = exchange.request or b'{"prompt":"p"}'
        request = DIALECT.parse_request(body, DRAW)
        assert task_of(request).prompt
        decoder = DIALECT.decoder(exchange.head, stream=False)
        items = [*decoder.receive_data(exchange.response), *decoder.receive_eof()]
        events = [event for item in items for event in item.events]
        end = events[-1]
        assert isinstance(end, Finished)
        encoder = DIALECT.encoder(request)
        assert json.loads(b"".join(encoder.send(event) for event in events)) == json.loads(
            exchange.response
        )
        assert isinstance(end.result, Drawn)
        for name in ("automatic1111_images", "stability_images"):
            other = OPERATIONS[name]
            sent, _ = other.build_request(request, Endpoint(name, "m", "/x/{leaf}", "p"))
            said = other.parse_request(sent.body, "/sdapi/v1/txt2img").task
            assert getattr(said, "prompt") == task_of(request).prompt  # noqa: B009
            encoder = other.encoder(request)
            told = b"".join(encoder.send(event) for event in events)
            if all(each.base64 for each in end.result.pictures):
                heard = other.skim(exchange.head, told)
                assert isinstance(heard, Finished)
                assert isinstance(heard.result, Drawn)
                assert heard.result.pictures[0].base64 == end.result.pictures[0].base64
            else:
                assert encoder.losses
