"""What routing needs, and what is refused at once."""

from typing import Any

import pytest
from tests.dialects.bedrock_converse.talk import ASKED, PATH, dump

from understudy.chat.endpoint import Capability as Can
from understudy.chat.errors import InvalidRequest
from understudy.dialects.bedrock_converse import DIALECT

IMAGE = {"image": {"format": "png", "source": {"bytes": "aGk="}}}
PAPER = {"document": {"format": "pdf", "name": "a", "source": {"bytes": "aGk="}}}
SOUND = {"audio": {"format": "wav", "source": {"bytes": "aGk="}}}


def needs(path: str = PATH, **fields: Any) -> frozenset[Can]:
    return DIALECT.glance(dump({"messages": ASKED, **fields}), path).needs.capabilities


def user(*blocks: object) -> list[Any]:
    return [{"role": "user", "content": list(blocks)}]


def test_the_path_says_model_and_stream() -> None:
    glance = DIALECT.glance(dump({"messages": ASKED}), "/model/a%3A0/converse-stream")
    assert (glance.model, glance.stream) == ("a:0", True)
    assert glance.needs.capabilities == {Can.STREAMING}


def test_what_is_in_the_messages_is_needed() -> None:
    assert needs(messages=user(IMAGE, PAPER, SOUND)) == {Can.VISION, Can.DOCUMENTS, Can.AUDIO_INPUT}
    result = {"toolResult": {"toolUseId": "a", "content": [IMAGE, PAPER]}}
    assert needs(messages=user(result)) == {Can.VISION, Can.DOCUMENTS}
    assert needs(messages=[*ASKED, {"role": "assistant", "content": [{"text": "a"}]}]) == {
        Can.PREFILL
    }


def test_what_is_asked_for_is_needed() -> None:
    assert needs(toolConfig={"tools": [{}]}) == {Can.TOOLS}
    assert needs(toolConfig={"tools": []}) == set()
    assert needs(outputConfig={"textFormat": {}}) == {Can.JSON_SCHEMA}
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    assert needs(additionalModelRequestFields=thinking) == {Can.REASONING}
    assert needs(additionalModelRequestFields={"thinking": {"type": "disabled"}}) == set()


def test_a_prompt_that_the_provider_keeps_needs_no_messages() -> None:
    path = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt%2FABCDEFGHIJ/converse"
    assert DIALECT.glance(b"{}", path).model.endswith("prompt/ABCDEFGHIJ")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "messages"),
        ({"messages": "a"}, "messages"),
        ({"messages": [{"content": []}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": ["a"]}]}, "messages.0.content.0"),
        ({"messages": [{"role": "robot", "content": []}]}, "messages.0.role"),
        ({"messages": ASKED, "inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
        ({"messages": ASKED, "inferenceConfig": {"maxTokens": "1"}}, "inferenceConfig.maxTokens"),
        ({"messages": ASKED, "toolConfig": {"tools": {}}}, "toolConfig.tools"),
        ({"messages": ASKED, "outputConfig": []}, "outputConfig"),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(body: object, where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DIALECT.glance(dump(body), PATH)
    assert caught.value.path == where
