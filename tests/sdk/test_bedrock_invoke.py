"""boto3's InvokeModel with every lab's body, through the gateway to targets of other dialects."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk.aws import Aws, expected, user

METRICS = "amazon-bedrock-invocationMetrics"
ROUTES = ("chat", "bedrock", "invoke")
"""To a target of OpenAI's chat, of Converse, and of InvokeModel itself with Anthropic's body."""

Asked = Callable[[str], dict[str, Any]]
Read = Callable[[dict[str, Any]], str]


def chat(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 4096}


def nova(text: str) -> dict[str, Any]:
    return {"messages": user(text), "inferenceConfig": {"maxTokens": 4096, "topK": 3}}


def template(text: str) -> dict[str, Any]:
    user = f"<|start_header_id|>user<|end_header_id|>\n\n{text}<|eot_id|>"
    end = "<|start_header_id|>assistant<|end_header_id|>\n\n"
    return {"prompt": "<|begin_of_text|>" + user + end, "max_gen_len": 4096}


BODIES: dict[str, tuple[Asked, Read, Read]] = {
    "nova": (
        nova,
        lambda said: said["output"]["message"]["content"][0]["text"],
        lambda event: event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""),
    ),
    "chat": (
        chat,
        lambda said: said["choices"][0]["message"]["content"],
        lambda event: event["choices"][0]["delta"].get("content", ""),
    ),
    "llama": (
        template,
        lambda said: said["generation"],
        lambda event: event["generation"],
    ),
    "titan": (
        lambda text: {"inputText": text, "textGenerationConfig": {"maxTokenCount": 4096}},
        lambda said: said["results"][0]["outputText"],
        lambda event: event["outputText"],
    ),
    "mistral": (
        lambda text: {"prompt": f"<s>[INST] {text} [/INST]", "max_tokens": 4096, "top_k": 3},
        lambda said: said["outputs"][0]["text"],
        lambda event: event["outputs"][0]["text"],
    ),
    "command_r": (
        lambda text: {"message": text, "max_tokens": 4096},
        lambda said: said["text"],
        lambda event: event.get("text", ""),
    ),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("lab", BODIES)
def test_every_body_is_answered_in_its_own_words(bedrock: Any, lab: str, route: str) -> None:
    asked, whole, piece = BODIES[lab]
    text = f"{lab} by way of {route} [tokens=9]"
    body = json.dumps(asked(text))
    answer = bedrock.invoke_model(modelId=route, body=body)
    assert whole(json.loads(answer["body"].read())) == expected(user(text))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-output-token-count"] == "9"
    stream = bedrock.invoke_model_with_response_stream(modelId=route, body=body)["body"]
    events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert "".join(map(piece, events)) == expected(user(text))
    assert events[-1][METRICS]["outputTokenCount"] == 9
    assert not any(METRICS in event for event in events[:-1])


def test_what_cannot_be_said_is_named(bedrock: Any) -> None:
    asked = json.dumps({"prompt": "pictures", "max_gen_len": 4096, "images": ["aGk="]})
    answer = bedrock.invoke_model(modelId="chat", body=asked)
    lost = answer["ResponseMetadata"]["HTTPHeaders"]["x-understudy-loss"]
    assert "extensions.bedrock_invoke.llama.images" in lost


def test_another_target_takes_over_unseen(aws: Aws, bedrock: Any) -> None:
    text = "nova after a cut [tokens=20]"
    body = json.dumps(nova(text))
    answer = bedrock.invoke_model(modelId="cut", body=body)
    said = json.loads(answer["body"].read())["output"]["message"]["content"][0]["text"]
    assert said == expected(user(text))
    stream = bedrock.invoke_model_with_response_stream(modelId="throttled", body=body)["body"]
    events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert events[-1][METRICS]["outputTokenCount"] == 20
    assert aws.providers.seen("chat", "nova after a cut")


def test_a_bad_body_is_a_validation_exception(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="another lab"):
        bedrock.invoke_model(modelId="chat", body=b'{"prompt":"x","maxTokens":9}')
