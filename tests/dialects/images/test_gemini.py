"""Bodies are from ai.google.dev, "Image generation" (2026), shortened."""

import json
from typing import Any

import msgspec
import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.base import Edits
from understudy.dialects.images.common import task_of
from understudy.dialects.images.gemini import GeminiImages
from understudy.dialects.operation import Answer, Flawed
from understudy.operations.images import Drawn, ImageTask, Picture

DIALECT = GeminiImages()
PATH = "/v1beta/models/{model}:generateContent"
TARGET = Endpoint("gemini_images", "gemini-2.5-flash-image", PATH, "google")
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}


def answer(**fields: Any) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(json.dumps(fields), type=dict[str, msgspec.Raw])


def test_a_prompt_is_a_turn_that_asks_for_a_picture() -> None:
    task = ImageTask("a cat", size=(1920, 1080), count=2, seed=3)
    written, losses = DIALECT.build_request(Request("m", (), task=task), TARGET)
    assert written.path == "/v1beta/models/gemini-2.5-flash-image:generateContent"
    assert json.loads(written.body) == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9"},
        },
    }
    assert [loss.path for loss in losses] == ["task.seed", "task.count", "task.size"]


def test_pictures_to_change_stand_before_the_words() -> None:
    sources = (Picture("iVBORw=="), Picture(url="data:image/jpeg;base64,/9j/"))
    task = ImageTask("blue", sources=sources, mask=Picture("aGk="))
    body, losses = DIALECT.write_request(Request("m", (), task=task), TARGET)
    parts = json.loads(body)["contents"][0]["parts"]
    assert [list(part) for part in parts] == [["inlineData"], ["inlineData"], ["text"]]
    assert parts[1]["inlineData"] == {"mimeType": "image/jpeg", "data": "/9j/"}
    assert [loss.path for loss in losses] == ["task.mask"]
    again = DIALECT.parse_request(body, "/v1beta/models/m:generateContent")
    assert len(task_of(again).sources) == 2
    assert DIALECT.needs(again) == {Capability.EDITS}
    away = ImageTask("x", sources=(Picture(url="https://example.com/a"),))
    with pytest.raises(InvalidRequest):
        DIALECT.write_request(Request("m", (), task=away), TARGET)


def test_a_request_comes_back() -> None:
    config = {"imageConfig": {"aspectRatio": "1:1"}, "temperature": 0.5}
    asked = {"contents": [{"parts": [{"text": "a cat"}]}], "generationConfig": config}
    body = json.dumps({**asked, "safetySettings": []}).encode()
    request = DIALECT.parse_request(body, "/v1beta/models/x:generateContent")
    assert (request.model, task_of(request).size) == ("x", (1024, 1024))
    written, _ = DIALECT.write_request(request, TARGET)
    said = json.loads(written)
    assert (said["generationConfig"]["temperature"], said["safetySettings"]) == (0.5, [])
    assert DIALECT.edit_request(body, Edits("m")) == body
    with pytest.raises(InvalidRequest):
        DIALECT.parse_request(b'{"contents":[]}', "/v1beta/models/x:generateContent")


def test_an_answer_is_read_and_written() -> None:
    parts = [{"text": "here"}, {"thought": True, **PICTURE}, PICTURE]
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 1290, "thoughtsTokenCount": 5}
    candidates = [{"content": {"parts": parts}, "finishReason": "STOP"}]
    read = DIALECT.read_answer(answer(candidates=candidates, usageMetadata=counts))
    assert read.result == Drawn((Picture("aGk=", media="image/png"),))
    assert read.usage == Usage(3, output_tokens=1295, reasoning_tokens=5)
    body, losses = DIALECT.write_answer(Request("m", (), task=ImageTask("x")), read)
    assert json.loads(body)["candidates"][0]["content"]["parts"] == [PICTURE]
    assert losses == []
    elsewhere = Answer(Drawn((Picture(url="https://example.com/a", prompt="x"),)))
    lost = DIALECT.write_answer(Request("m", (), task=ImageTask("x")), elsewhere)[1]
    assert [loss.path for loss in lost] == ["answer.images[0]", "answer.images[0].prompt"]


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "content_filter_error_annotation"),
        ({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, "content_filter_error_annotation"),
        ({"candidates": 3}, "schema_violation"),
        (
            {"candidates": [{"content": {"parts": [{"inlineData": {"data": "?"}}]}}]},
            "schema_violation",
        ),
    ],
)
def test_what_is_no_picture_is_a_failure(fields: dict[str, Any], flag: str) -> None:
    with pytest.raises(Flawed) as caught:
        DIALECT.read_answer(answer(**fields))
    assert caught.value.flag == flag
