"""The little that routing needs."""

import pytest
from tests.dialects.gemini_generate.talk import ASKED_AT, STREAMED_AT, asked

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.gemini_generate import DIALECT

C = Capability


def part(**said: object) -> dict[str, object]:
    return {"contents": [{"parts": [said]}]}


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({}, set()),
        ({"tools": [{"googleSearch": {}}]}, {C.TOOLS}),
        ({"tools": {"googleSearch": {}}}, {C.TOOLS}),
        ({"tools": []}, set()),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": "0"}}}, set()),
        ({"generationConfig": {"responseMimeType": "application/json"}}, {C.JSON_MODE}),
        ({"generation_config": {"response_schema": {}}}, {C.JSON_SCHEMA}),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}, set()),
        ({"generationConfig": {"thinking_config": {"thinking_level": "low"}}}, {C.REASONING}),
        ({"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}, set()),
        ({"generationConfig": {"responseModalities": ["AUDIO"]}}, {C.AUDIO_OUTPUT}),
        (part(inlineData={"mimeType": "image/png"}), {C.VISION}),
        ({"contents": {"parts": {"inlineData": {"mimeType": "image/png"}}}}, {C.VISION}),
        (part(file_data={"mime_type": "application/pdf"}), {C.DOCUMENTS}),
        (part(inline_data={"mime_type": "audio/wav"}), {C.AUDIO_INPUT}),
        ({"contents": [{"role": "model", "parts": []}]}, {C.PREFILL}),
        ({"contents": [{"role": "MODEL", "parts": []}]}, {C.PREFILL}),
        ({"contents": {"parts": []}}, set()),
    ],
)
def test_what_a_request_needs(fields: dict[str, object], needs: set[Capability]) -> None:
    assert DIALECT.glance(asked(**fields), ASKED_AT).needs.capabilities == needs


def test_the_path_says_model_and_stream() -> None:
    glance = DIALECT.glance(asked(generationConfig={"maxOutputTokens": 9}), STREAMED_AT)
    assert (glance.model, glance.stream) == ("gemini-2.5-flash", True)
    assert glance.needs.capabilities == {C.STREAMING}
    assert glance.needs.output_tokens == 9


def test_a_stream_is_asked_for_in_the_form_that_the_client_wants() -> None:
    assert DIALECT.glance(asked(), STREAMED_AT).leaf == "alt=sse"
    for path in (STREAMED_AT.replace("alt=sse", "key=1"), STREAMED_AT.partition("?")[0]):
        glance = DIALECT.glance(asked(), path)
        assert (glance.stream, glance.leaf) == (True, "alt=json")
        assert DIALECT.parse_request(asked(), path).as_array
    assert not DIALECT.parse_request(asked(), STREAMED_AT).as_array
    assert not DIALECT.parse_request(asked(), ASKED_AT).as_array
    assert DIALECT.glance(asked(), ASKED_AT).leaf == ""


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"contents": []}, "contents"),
        ({"contents": "x"}, "contents"),
        ({"contents": [{"role": 7}]}, "contents"),
        ({"model": 7}, "model"),
        ({"generationConfig": []}, "generationConfig"),
        ({"generationConfig": {"maxOutputTokens": "x"}}, "generationConfig.maxOutputTokens"),
        ({"tools": "x"}, "tools"),
        ({"system_instruction": 1, "systemInstruction": 1}, "systemInstruction"),
    ],
)
def test_what_is_no_request_is_refused(fields: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DIALECT.glance(asked(**fields), ASKED_AT)
    assert caught.value.path == path


def test_a_limit_may_stand_in_quotes() -> None:
    body = asked(generationConfig={"maxOutputTokens": "300"})
    assert DIALECT.glance(body, ASKED_AT).needs.output_tokens == 300


def test_without_a_model_nobody_can_be_asked() -> None:
    with pytest.raises(InvalidRequest):
        DIALECT.glance(asked())
