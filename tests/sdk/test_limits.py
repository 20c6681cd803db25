"""Through sockets: what official clients raise when their own key has used up what it may use."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.test_errors import EXPECTED, HEAD, KEY, PROVIDER, USER
from tests.system.processes import Gateway, Simulators, gateway, simulators

LIMITS = """
[keys.tests.limits]
tokens_per_day = 1
"""


class Spent:
    """A gateway whose only caller has had its one token, and who was asked for it."""

    def __init__(self, running: Gateway, providers: Simulators) -> None:
        self.url = running.url
        self.providers = providers


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spent]:
    folder = tmp_path_factory.mktemp("limits")
    with simulators(folder, "well=openai_chat:0") as providers:
        url = f"{providers.urls['well']}/v1"
        text = HEAD + LIMITS + PROVIDER.format(name="well", kind="openai-compatible", url=url)
        secrets = {"CALLER_KEY": KEY, "UPSTREAM_KEY": "sk-upstream-0123456789"}
        with gateway(folder / "understudy.toml", text, secrets) as running:
            EXPECTED["openai"][0](running.url, "well", True)
            yield Spent(running, providers)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("caller", EXPECTED)
def test_a_client_raises_what_its_users_catch(spent: Spent, caller: str, stream: bool) -> None:
    asking, wanted = EXPECTED[caller]
    with pytest.raises(wanted["limited"]) as caught:
        asking(spent.url, "well", stream)
    assert "this key is over its limit tokens_per_day" in str(caught.value)
    assert "429" in str(caught.value) or getattr(caught.value, "status_code", 0) == 429
    assert len(spent.providers.seen("well")) == 1


def test_clients_can_read_when_to_come_again(spent: Spent) -> None:
    said: Any
    with (
        openai.OpenAI(base_url=f"{spent.url}/v1", api_key=KEY, max_retries=0) as one,
        pytest.raises(openai.RateLimitError) as caught,
    ):
        one.chat.completions.create(model="well", messages=USER)
    said = caught.value
    assert (said.code, said.type) == ("rate_limit_exceeded", "tokens")
    assert said.request_id.startswith("us-")
    assert 0 < int(said.response.headers["retry-after"]) <= 86_400
    with (
        anthropic.Anthropic(base_url=spent.url, api_key=KEY, max_retries=0) as other,
        pytest.raises(anthropic.RateLimitError) as caught_too,
    ):
        other.messages.create(model="well", max_tokens=9, messages=USER)
    said = caught_too.value
    assert said.body["error"]["type"] == "rate_limit_error"
    assert 0 < int(said.response.headers["retry-after"]) <= 86_400
