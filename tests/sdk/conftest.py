"""One gateway process and its providers for all SDK tests of a run, and clients to talk to it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.aws import ACCESS, FAULTS, SECRET, Aws, faulty
from tests.sdk.aws import CONFIG as BEDROCK
from tests.sdk.aws import ENVIRONMENT as KEYS
from tests.sdk.setting import CONFIG, ENVIRONMENT, KEY, Setting
from tests.system.processes import free_port, gateway, simulators


@pytest.fixture(scope="session")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("setting")
    admin = free_port()
    names = ("chat=openai_chat:0", "messages=anthropic_messages:0", "local=openai_chat:0")
    with simulators(folder, *names) as providers:
        text = CONFIG.replace("ADMIN", str(admin))
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        with gateway(folder / "understudy.toml", text, ENVIRONMENT) as running:
            yield Setting(providers, running, f"http://127.0.0.1:{admin}")


@pytest.fixture
def chat(setting: Setting) -> Iterator[openai.OpenAI]:
    """OpenAI's client; its own retries are off, so that they never hide ours."""
    base_url = f"{setting.url}/v1"
    with openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=15) as client:
        yield client


@pytest.fixture
def messages(setting: Setting) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=setting.url, api_key=KEY, max_retries=0, timeout=15
    ) as client:
        yield client


@pytest.fixture
def direct_chat(setting: Setting) -> Iterator[openai.OpenAI]:
    """The same client without a gateway: what a provider of this dialect says by itself."""
    base_url = f"{setting.providers.urls['chat']}/v1"
    with openai.OpenAI(base_url=base_url, api_key="x", max_retries=0, timeout=15) as client:
        yield client


@pytest.fixture
def direct_messages(setting: Setting) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=setting.providers.urls["messages"], api_key="x", max_retries=0, timeout=15
    ) as client:
        yield client


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    folder = tmp_path_factory.mktemp("bedrock")
    names = (
        "east=bedrock_converse:0",
        "west=bedrock_converse:0",
        "invoke=bedrock_invoke:0",
        "chat=openai_chat:0",
        *(f"{name}=bedrock_converse:0" for name in FAULTS),
    )
    with simulators(folder, *names) as providers:
        for name, (fault, _) in FAULTS.items():
            providers.fault(name, fault)
        text = BEDROCK + faulty()
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        with gateway(folder / "understudy.toml", text, KEYS) as running:
            yield Aws(providers, running)


@pytest.fixture
def bedrock(aws: Aws) -> Iterator[Any]:
    with closing(aws.client()) as client:
        yield client


@pytest.fixture
def claude(aws: Aws) -> Iterator[anthropic.AnthropicBedrock]:
    """Anthropic's own client for Bedrock, which signs, too."""
    with anthropic.AnthropicBedrock(
        base_url=aws.url,
        aws_region="us-east-1",
        aws_access_key=ACCESS,
        aws_secret_key=SECRET,
        max_retries=0,
    ) as client:
        yield client


@pytest.fixture
def benchmark() -> None:
    """What LangChain's test_stream_time asks for before it skips itself; its plugin is off."""


@pytest.fixture
def vcr() -> None:
    """As `benchmark`."""
