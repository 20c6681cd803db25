"""Anthropic's clients for Bedrock against the real gateway: InvokeModel, and Messages, signed."""

import json
from typing import Any

import anthropic
import pytest

from tests.sdk.aws import ACCESS, SECRET, Aws, expected, text_of, user


def test_anthropics_client_for_bedrock_is_answered(
    aws: Aws, claude: anthropic.AnthropicBedrock
) -> None:
    prompt: Any = [{"role": "user", "content": "invoke [tokens=9]"}]
    asked: Any = {"model": "regions", "max_tokens": 99, "messages": prompt}
    whole = claude.messages.create(**asked)
    with claude.messages.stream(**asked) as stream:
        text = stream.get_final_text()
    assert whole.content[0].type == "text"
    assert whole.content[0].text == text == expected(user("invoke [tokens=9]"))
    seen = [*aws.providers.seen("west", "invoke"), *aws.providers.seen("east", "invoke")]
    assert seen[-1]["path"].endswith(("/converse", "/converse-stream"))


def test_anthropics_client_for_bedrock_hears_failures(
    aws: Aws, claude: anthropic.AnthropicBedrock
) -> None:
    with (
        anthropic.AnthropicBedrock(
            base_url=aws.url,
            aws_region="us-east-1",
            aws_access_key=ACCESS,
            aws_secret_key=SECRET + "x",
            max_retries=0,
        ) as stranger,
        pytest.raises(anthropic.PermissionDeniedError),
    ):
        stranger.messages.create(model="chat", max_tokens=9, messages=[])
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(model="chat", max_tokens=9, messages=[])


def test_invoke_model_is_asked_in_its_own_words(
    aws: Aws, bedrock: Any, claude: anthropic.AnthropicBedrock
) -> None:
    messages = user("through invoke")
    said = bedrock.converse(modelId="invoke", messages=messages)
    assert said["output"]["message"]["content"] == [{"text": expected(messages)}]
    streamed = bedrock.converse_stream(modelId="invoke", messages=messages)["stream"]
    assert text_of(streamed) == expected(messages)
    prompt: Any = [{"role": "user", "content": "through invoke"}]
    with claude.messages.stream(model="invoke", max_tokens=4096, messages=prompt) as stream:
        assert stream.get_final_text() == expected(messages)
    seen = aws.providers.seen("invoke", "through invoke")
    assert [each["path"].rpartition("/")[2] for each in seen] == [
        "invoke",
        "invoke-with-response-stream",
        "invoke-with-response-stream",
    ]
    versions = [json.loads(each["body"])["anthropic_version"] for each in seen]
    assert versions[:2] == ["bedrock-2023-05-31"] * 2  # the last is what its client said
    assert not aws.providers.seen("chat", "through invoke")


def test_anthropics_client_for_messages_on_bedrock_is_answered(aws: Aws) -> None:
    with anthropic.AnthropicBedrockMantle(
        base_url=f"{aws.url}/anthropic",
        aws_region="us-east-1",
        aws_access_key=ACCESS,
        aws_secret_key=SECRET,
        max_retries=0,
    ) as client:
        prompt: Any = [{"role": "user", "content": "messages on bedrock"}]
        said = client.messages.create(model="regions", max_tokens=4096, messages=prompt)
    assert said.content[0].type == "text"
    assert said.content[0].text == expected(user("messages on bedrock"))
