"""One gateway process and its providers for all SDK tests of a run, and clients to talk to it."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

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
