"""Skimming: the commonest answers only, and what it says is what the decoder says."""

from typing import Any

import pytest
from msgspec.structs import replace
from tests.dialects.gemini_generate.talk import dump, events
from tests.dialects.test_recordings_gemini import CHATS, is_stream

from understudy.chat.events import Finished
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.skim import skim
from understudy.wire.http import ResponseHead

USAGE: dict[str, Any] = {
    "promptTokenCount": 9,
    "candidatesTokenCount": 4,
    "totalTokenCount": 13,
    "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}],
}
CALL = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "s"}
JSON = ResponseHead(200, ((b"content-type", b"application/json; charset=UTF-8"),))


def body(*parts: object, reason: object = "STOP", usage: object = USAGE, **more: object) -> bytes:
    candidate = {"content": {"parts": parts, "role": "model"}, "finishReason": reason, "index": 0}
    return dump({"candidates": [candidate], "usageMetadata": usage, **more})


@pytest.mark.parametrize("reason", ["STOP", "MAX_TOKENS"])
@pytest.mark.parametrize(
    ("parts", "usage"),
    [
        (({"text": "x"},), USAGE),
        (({"text": "hm", "thought": True}, {"text": "x"}), {**USAGE, "thoughtsTokenCount": 3}),
        ((CALL, {"text": "x"}), {**USAGE, "cachedContentTokenCount": 7}),
        (({"text": "x"},), {"promptTokenCount": 2, "toolUsePromptTokenCount": 8}),
    ],
)
def test_a_plain_answer_ends_as_the_decoder_says(
    parts: tuple[object, ...], usage: object, reason: str
) -> None:
    data = body(*parts, reason=reason, usage=usage)
    last = events(data, stream=False)[-1]
    assert isinstance(last, Finished)
    assert DIALECT.skim(JSON, data) == replace(last, fields=None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        body(),
        body({"text": ""}),
        body({"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": ""}}),
        body({"functionCall": {"name": "f", "args": []}}),
        body({"text": "x"}, reason="SAFETY"),
        body({"text": "x"}, reason=1),
        body({"text": "x"}, usage=None),
        body({"text": "x"}, usage={**USAGE, "promptTokenCount": "9"}),
        body({"text": "x"}, error={"code": 503}),
        body({"text": "x"}, promptFeedback={"blockReason": "SAFETY"}),
        body({"text": "x"}).replace(b'"index": 0', b'"index": 1'),
        body({"text": "x"})[:-4],
        b"[" * 100_000,
        b"[" + body({"text": "x"}) + b"]",
        body({"text": "x"}).replace(b'"x"', b'"\xff"'),
    ],
)
def test_what_is_not_plain_is_left_to_the_decoder(data: bytes) -> None:
    assert skim(data) is None


def test_a_page_is_never_skimmed() -> None:
    page = ResponseHead(200, ((b"content-type", b"text/html"),))
    assert DIALECT.skim(page, body({"text": "x"})) is None


@pytest.mark.recordings
def test_most_recorded_answers_are_plain_and_all_end_as_the_decoder_says() -> None:
    whole = [chat for chat in CHATS if chat.status == 200 and not is_stream(chat)]
    if not whole:
        pytest.skip("recordings are absent: skimming of answers not checked")
    plain = 0
    for chat in whole:
        found = DIALECT.skim(JSON, chat.response)
        if found is not None:
            plain += 1
            last = events(chat.response, stream=False)[-1]
            assert isinstance(last, Finished), chat.id
            assert found == replace(last, fields=None), chat.id
    assert plain > len(whole) * 0.8
