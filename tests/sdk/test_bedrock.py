"""boto3's own client against the real gateway: Bedrock's Converse, whole, streamed and signed."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anthropic
import boto3  # type: ignore[import-untyped]
import pytest
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError, EventStreamError  # type: ignore[import-untyped]

from tests.sdk.setting import ABILITIES
from tests.system.processes import Gateway, Simulators, gateway, http_request, simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

ACCESS = "AKIDUNDERSTUDYTEST01"
SECRET = "caller-secret-0123456789/abcdef+ghijkl"
ENVIRONMENT = {
    "BEDROCK_KEY": "canary-bedrock-5d",
    "CHAT_KEY": "sk-canary-chat-9f",
    "CALLER": SECRET,
}
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"

[journal]
enabled = false

[keys.shop]
key = "env:CALLER"
aws_access_key_id = "{ACCESS}"

[providers.east]
kind = "bedrock"
base_url = "EAST"
key = "env:BEDROCK_KEY"
account = "one"
[providers.east.models.m]
upstream = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
capabilities = {ABILITIES}

[providers.west]
kind = "bedrock"
base_url = "WEST"
key = "env:BEDROCK_KEY"
account = "two"
[providers.west.models.m]
upstream = "arn:aws:bedrock:us-west-2:012345678901:inference-profile/us.anthropic.claude"
capabilities = {ABILITIES}

[providers.invoke]
kind = "bedrock"
dialect = "bedrock_invoke"
base_url = "INVOKE"
key = "env:BEDROCK_KEY"
[providers.invoke.models.m]
upstream = "anthropic.claude-sonnet-5-5"
capabilities = {ABILITIES}

[providers.chat]
kind = "openai-compatible"
base_url = "CHAT/v1"
key = "env:CHAT_KEY"
accepts = ["prefix"]
[providers.chat.models.m]
capabilities = {ABILITIES}

[defaults]
deadline = 15
on_loss = "warn"
on_break = "resume"

[routes.bedrock]
targets = ["east/m", "chat/m"]
[routes.bedrock-only]
targets = ["east/m"]
[routes.regions]
targets = ["west/m", "east/m"]
[routes.invoke]
targets = ["invoke/m", "chat/m"]
[routes.chat]
targets = ["chat/m", "west/m"]
"""


class Setting:
    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.providers = providers
        self.url = running.url

    def client(self, access: str = ACCESS, secret: str = SECRET, **more: Any) -> Any:
        """A client whose own retries are off, so that they never hide ours."""
        return boto3.client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 1}, read_timeout=20, **more),
        )


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("bedrock")
    names = (
        "east=bedrock_converse:0",
        "west=bedrock_converse:0",
        "invoke=bedrock_invoke:0",
        "chat=openai_chat:0",
    )
    with simulators(folder, *names) as providers:
        text = CONFIG
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield Setting(providers, running)


@pytest.fixture
def bedrock(setting: Setting) -> Iterator[Any]:
    with closing(setting.client()) as client:
        yield client


@pytest.fixture
def claude(setting: Setting) -> Iterator[anthropic.AnthropicBedrock]:
    """Anthropic's own client for Bedrock, which signs, too."""
    with anthropic.AnthropicBedrock(
        base_url=setting.url,
        aws_region="us-east-1",
        aws_access_key=ACCESS,
        aws_secret_key=SECRET,
        max_retries=0,
    ) as client:
        yield client


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def expected(messages: Any, **more: Any) -> str:
    """What any well provider answers."""
    body = json.dumps({"messages": messages, **more}).encode()
    return expected_answer(DIALECTS["bedrock_converse"], body)


def text_of(stream: Any) -> str:
    deltas = (event.get("contentBlockDelta", {}).get("delta", {}) for event in stream)
    return "".join(delta.get("text", "") for delta in deltas)


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


def test_a_model_is_asked_for_by_its_id_encoded_once(setting: Setting, bedrock: Any) -> None:
    bedrock.converse(modelId="regions", messages=user("which path was it"))
    (seen,) = setting.providers.seen("west", "which path was it")
    model = (
        "arn%3Aaws%3Abedrock%3Aus-west-2%3A012345678901%3Ainference-profile%2Fus.anthropic.claude"
    )
    assert seen["path"] == f"/model/{model}/converse"


def test_a_stream_that_breaks_is_resumed(setting: Setting, bedrock: Any) -> None:
    for _ in range(20):  # a tenth of what went before may be tried again
        bedrock.converse(modelId="regions", messages=user("hello [tokens=1]"))
    messages = user("it breaks [tokens=60]")
    setting.providers.fault("west", "cut(after=8)")
    try:
        stream = bedrock.converse_stream(modelId="regions", messages=messages)["stream"]
        assert text_of(stream) == expected(messages)
    finally:
        setting.providers.fault("west", "")
    assert len(setting.providers.seen("east", "it breaks")) == 1


def test_another_dialect_answers_where_bedrock_does_not(setting: Setting, bedrock: Any) -> None:
    messages = user("throttled")
    setting.providers.fault("east", "status(429)")
    try:
        said = bedrock.converse(modelId="bedrock", messages=messages)
        streamed = bedrock.converse_stream(modelId="bedrock", messages=user("streamed, throttled"))
        assert text_of(streamed["stream"]) == expected(user("streamed, throttled"))
    finally:
        setting.providers.fault("east", "")
    assert said["output"]["message"]["content"] == [{"text": expected(messages)}]
    assert setting.providers.seen("chat", "throttled")


def test_damaged_messages_are_a_failover(setting: Setting, bedrock: Any) -> None:
    messages = user("damaged")
    setting.providers.fault("west", "malformed")
    try:
        stream = bedrock.converse_stream(modelId="regions", messages=messages)["stream"]
        assert text_of(stream) == expected(messages)
    finally:
        setting.providers.fault("west", "")
    assert setting.providers.seen("east", "damaged")


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("status(400)", 400, "ValidationException"),
        ("status(429)", 429, "ThrottlingException"),
        ("status(503)", 503, "ServiceUnavailableException"),
    ],
)
def test_errors_are_the_clients_own_exceptions(
    setting: Setting, bedrock: Any, fault: str, status: int, name: str
) -> None:
    setting.providers.fault("east", fault)
    try:
        with pytest.raises(ClientError) as caught:
            bedrock.converse(modelId="bedrock-only", messages=user("refused"))
    finally:
        setting.providers.fault("east", "")
    assert caught.value.response["Error"]["Code"] == name
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert isinstance(caught.value, getattr(bedrock.exceptions, name))


def test_a_failure_in_a_stream_is_raised(setting: Setting, bedrock: Any) -> None:
    setting.providers.fault("east", "in_stream_error(after=3)")
    try:
        stream = bedrock.converse_stream(modelId="bedrock-only", messages=user("in mid-stream"))
        with pytest.raises(EventStreamError):
            list(stream["stream"])
        stream["stream"].close()
    finally:
        setting.providers.fault("east", "")


def test_who_signs_wrongly_or_not_at_all_is_refused(setting: Setting) -> None:
    for access, secret, code in (
        (ACCESS, SECRET + "x", "InvalidSignatureException"),
        ("AKIDNOBODYKNOWS00001", SECRET, "UnrecognizedClientException"),
    ):
        with (
            closing(setting.client(access, secret)) as client,
            pytest.raises(ClientError) as caught,
        ):
            client.converse(modelId="bedrock", messages=user("no"))
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    answer = http_request(f"{setting.url}/model/bedrock/converse", "POST", b"{}")
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "UnrecognizedClientException"


def test_the_secret_is_a_bearer_token_too(setting: Setting) -> None:
    """What AWS_BEARER_TOKEN_BEDROCK does; boto3 itself sends it over TLS only."""
    messages = user("with a token")
    body = json.dumps({"messages": messages}).encode()
    bearer = {"authorization": f"Bearer {SECRET}", "content-type": "application/json"}
    answer = http_request(f"{setting.url}/model/bedrock/converse", "POST", body, bearer)
    assert answer.json()["output"]["message"]["content"] == [{"text": expected(messages)}]


def test_no_key_goes_on_to_a_provider(setting: Setting, bedrock: Any) -> None:
    bedrock.converse(modelId="regions", messages=user("whose key"))
    seen = [
        *setting.providers.seen("west", "whose key"),
        *setting.providers.seen("east", "whose key"),
    ]
    sent = str(seen[-1])
    assert "canary-bedrock" in sent
    assert ACCESS not in sent
    assert SECRET not in sent


def test_anthropics_client_for_bedrock_is_answered(
    setting: Setting, claude: anthropic.AnthropicBedrock
) -> None:
    prompt: Any = [{"role": "user", "content": "invoke [tokens=9]"}]
    asked: Any = {"model": "regions", "max_tokens": 99, "messages": prompt}
    whole = claude.messages.create(**asked)
    with claude.messages.stream(**asked) as stream:
        text = stream.get_final_text()
    assert whole.content[0].type == "text"
    assert whole.content[0].text == text == expected(user("invoke [tokens=9]"))
    seen = [*setting.providers.seen("west", "invoke"), *setting.providers.seen("east", "invoke")]
    assert seen[-1]["path"].endswith(("/converse", "/converse-stream"))


def test_anthropics_client_for_bedrock_hears_failures(
    setting: Setting, claude: anthropic.AnthropicBedrock
) -> None:
    with (
        anthropic.AnthropicBedrock(
            base_url=setting.url,
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
    setting: Setting, bedrock: Any, claude: anthropic.AnthropicBedrock
) -> None:
    messages = user("through invoke")
    said = bedrock.converse(modelId="invoke", messages=messages)
    assert said["output"]["message"]["content"] == [{"text": expected(messages)}]
    streamed = bedrock.converse_stream(modelId="invoke", messages=messages)["stream"]
    assert text_of(streamed) == expected(messages)
    prompt: Any = [{"role": "user", "content": "through invoke"}]
    with claude.messages.stream(model="invoke", max_tokens=4096, messages=prompt) as stream:
        assert stream.get_final_text() == expected(messages)
    seen = setting.providers.seen("invoke", "through invoke")
    assert [each["path"].rpartition("/")[2] for each in seen] == [
        "invoke",
        "invoke-with-response-stream",
        "invoke-with-response-stream",
    ]
    versions = [json.loads(each["body"])["anthropic_version"] for each in seen]
    assert versions[:2] == ["bedrock-2023-05-31"] * 2  # the last is what its client said
    assert not setting.providers.seen("chat", "through invoke")


def test_where_nobody_is_asked_for_a_key_any_signature_is_accepted(
    setting: Setting, tmp_path: Path
) -> None:
    text = CONFIG.partition("[keys.shop]")[0] + "[providers.chat]\n"
    text += f'''kind = "openai-compatible"
base_url = "{setting.providers.urls["chat"]}/v1"
key = "env:CHAT_KEY"
[routes.chat]
targets = ["chat/m"]
'''
    with gateway(tmp_path / "open.toml", text, ENVIRONMENT) as running:
        stranger = Setting(setting.providers, running).client("AKIDSTRANGER00000001", "whatever")
        with closing(stranger):
            said = stranger.converse(modelId="chat", messages=user("who are you"))
    assert said["stopReason"] == "end_turn"


def test_tokens_are_counted_by_a_target_of_the_dialect(setting: Setting, bedrock: Any) -> None:
    given = {"converse": {"messages": user("how many tokens"), "system": [{"text": "count"}]}}
    assert bedrock.count_tokens(modelId="regions", input=given)["inputTokens"] > 0
    seen = [
        *setting.providers.seen("west", "how many tokens"),
        *setting.providers.seen("east", "how many tokens"),
    ]
    assert seen[-1]["path"].endswith("/count-tokens")
    assert json.loads(seen[-1]["body"]) == {"input": given}


def test_anthropics_client_for_messages_on_bedrock_is_answered(setting: Setting) -> None:
    with anthropic.AnthropicBedrockMantle(
        base_url=f"{setting.url}/anthropic",
        aws_region="us-east-1",
        aws_access_key=ACCESS,
        aws_secret_key=SECRET,
        max_retries=0,
    ) as client:
        prompt: Any = [{"role": "user", "content": "messages on bedrock"}]
        said = client.messages.create(model="regions", max_tokens=4096, messages=prompt)
    assert said.content[0].type == "text"
    assert said.content[0].text == expected(user("messages on bedrock"))
