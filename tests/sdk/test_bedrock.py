"""boto3's own client against the real gateway: Bedrock's Converse, whole, streamed and signed."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError  # type: ignore[import-untyped]

from tests.sdk.aws import ACCESS, CONFIG, ENVIRONMENT, SECRET, Aws, expected, text_of, user
from tests.system.processes import gateway, http_request


def test_a_whole_answer(bedrock: Any) -> None:
    messages = user("a whole answer")
    said = bedrock.converse(modelId="bedrock", messages=messages)
    assert said["output"]["message"]["content"] == [{"text": expected(messages)}]
    assert said["stopReason"] == "end_turn"
    assert said["usage"]["outputTokens"] == len(expected(messages)) // 4


def test_a_stream(bedrock: Any) -> None:
    messages = user("a stream")
    events = list(bedrock.converse_stream(modelId="bedrock", messages=messages)["stream"])
    assert text_of(events) == expected(messages)
    assert [next(iter(event)) for event in events[-2:]] == ["messageStop", "metadata"]


def test_a_tool_call_streamed_and_whole(bedrock: Any) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    spec = {"name": "weather", "description": "Knows.", "inputSchema": {"json": schema}}
    asked: Any = {
        "modelId": "bedrock",
        "messages": user("call it [tool=weather]"),
        "toolConfig": {"tools": [{"toolSpec": spec}], "toolChoice": {"any": {}}},
    }
    whole = bedrock.converse(**asked)
    (call,) = [
        block["toolUse"] for block in whole["output"]["message"]["content"] if "toolUse" in block
    ]
    assert (call["name"], set(call["input"])) == ("weather", {"city"})
    assert whole["stopReason"] == "tool_use"
    events = list(bedrock.converse_stream(**asked)["stream"])
    (start,) = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
    assert start["start"]["toolUse"]["name"] == "weather"


def test_a_model_is_asked_for_by_its_id_encoded_once(aws: Aws, bedrock: Any) -> None:
    bedrock.converse(modelId="regions", messages=user("which path was it"))
    (seen,) = aws.providers.seen("west", "which path was it")
    model = (
        "arn%3Aaws%3Abedrock%3Aus-west-2%3A012345678901%3Ainference-profile%2Fus.anthropic.claude"
    )
    assert seen["path"] == f"/model/{model}/converse"


def test_a_stream_that_breaks_is_resumed(aws: Aws, bedrock: Any) -> None:
    for _ in range(20):  # a tenth of what went before may be tried again
        bedrock.converse(modelId="regions", messages=user("hello [tokens=1]"))
    messages = user("it breaks [tokens=60]")
    stream = bedrock.converse_stream(modelId="cut", messages=messages)["stream"]
    assert text_of(stream) == expected(messages)
    assert len(aws.providers.seen("east", "it breaks")) == 1


def test_another_dialect_answers_where_bedrock_does_not(aws: Aws, bedrock: Any) -> None:
    messages = user("throttled")
    said = bedrock.converse(modelId="throttled", messages=messages)
    assert said["output"]["message"]["content"] == [{"text": expected(messages)}]
    streamed = bedrock.converse_stream(modelId="throttled", messages=messages)["stream"]
    assert text_of(streamed) == expected(messages)
    assert len(aws.providers.seen("chat", "throttled")) == 2


def test_damaged_messages_are_a_failover(aws: Aws, bedrock: Any) -> None:
    messages = user("damaged")
    stream = bedrock.converse_stream(modelId="damaged", messages=messages)["stream"]
    assert text_of(stream) == expected(messages)
    assert aws.providers.seen("damaged", "damaged")
    assert aws.providers.seen("east", "damaged")


@pytest.mark.parametrize(
    ("route", "status", "name"),
    [
        ("invalid", 400, "ValidationException"),
        ("limited", 429, "ThrottlingException"),
        ("down", 503, "ServiceUnavailableException"),
    ],
)
def test_errors_are_the_clients_own_exceptions(
    bedrock: Any, route: str, status: int, name: str
) -> None:
    with pytest.raises(ClientError) as caught:
        bedrock.converse(modelId=route, messages=user("refused"))
    assert caught.value.response["Error"]["Code"] == name
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert isinstance(caught.value, getattr(bedrock.exceptions, name))


def test_a_failure_in_a_stream_is_raised(bedrock: Any) -> None:
    stream = bedrock.converse_stream(modelId="breaking", messages=user("in mid-stream"))
    with pytest.raises(EventStreamError):
        list(stream["stream"])
    stream["stream"].close()


def test_who_signs_wrongly_or_not_at_all_is_refused(aws: Aws) -> None:
    for access, secret, code in (
        (ACCESS, SECRET + "x", "InvalidSignatureException"),
        ("AKIDNOBODYKNOWS00001", SECRET, "UnrecognizedClientException"),
    ):
        with (
            closing(aws.client(access, secret)) as client,
            pytest.raises(ClientError) as caught,
        ):
            client.converse(modelId="bedrock", messages=user("no"))
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    answer = http_request(f"{aws.url}/model/bedrock/converse", "POST", b"{}")
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "UnrecognizedClientException"


def test_the_secret_is_a_bearer_token_too(aws: Aws) -> None:
    """What AWS_BEARER_TOKEN_BEDROCK does; boto3 itself sends it over TLS only."""
    messages = user("with a token")
    body = json.dumps({"messages": messages}).encode()
    bearer = {"authorization": f"Bearer {SECRET}", "content-type": "application/json"}
    answer = http_request(f"{aws.url}/model/bedrock/converse", "POST", body, bearer)
    assert answer.json()["output"]["message"]["content"] == [{"text": expected(messages)}]


def test_no_key_goes_on_to_a_provider(aws: Aws, bedrock: Any) -> None:
    bedrock.converse(modelId="regions", messages=user("whose key"))
    seen = [
        *aws.providers.seen("west", "whose key"),
        *aws.providers.seen("east", "whose key"),
    ]
    sent = str(seen[-1])
    assert "canary-bedrock" in sent
    assert ACCESS not in sent
    assert SECRET not in sent


def test_where_nobody_is_asked_for_a_key_any_signature_is_accepted(
    aws: Aws, tmp_path: Path
) -> None:
    text = CONFIG.partition("[keys.shop]")[0] + "[providers.chat]\n"
    text += f'''kind = "openai-compatible"
base_url = "{aws.providers.urls["chat"]}/v1"
key = "env:CHAT_KEY"
[routes.chat]
targets = ["chat/m"]
'''
    with gateway(tmp_path / "open.toml", text, ENVIRONMENT) as running:
        stranger = Aws(aws.providers, running).client("AKIDSTRANGER00000001", "whatever")
        with closing(stranger):
            said = stranger.converse(modelId="chat", messages=user("who are you"))
    assert said["stopReason"] == "end_turn"


def test_tokens_are_counted_by_a_target_of_the_dialect(aws: Aws, bedrock: Any) -> None:
    given = {"converse": {"messages": user("how many tokens"), "system": [{"text": "count"}]}}
    assert bedrock.count_tokens(modelId="regions", input=given)["inputTokens"] > 0
    seen = [
        *aws.providers.seen("west", "how many tokens"),
        *aws.providers.seen("east", "how many tokens"),
    ]
    assert seen[-1]["path"].endswith("/count-tokens")
    assert json.loads(seen[-1]["body"]) == {"input": given}
