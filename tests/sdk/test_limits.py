"""Through sockets: what official clients raise when their own key has used up what it may use."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.sdk.raising import CLIENTS, KEY, SECRET
from tests.sdk.test_errors import HEAD, PROVIDER, raised
from tests.system.processes import Gateway, Simulators, gateway, simulators

LIMITS = """
[limits]
tokens_per_day = 1
"""
SPENDERS = ("openai", "aws")
"""One client for each key."""


class Spent:
    """A gateway whose callers have had their one token, and the provider that they had it of."""

    def __init__(self, running: Gateway, providers: Simulators) -> None:
        self.url = running.url
        self.providers = providers


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spent]:
    folder = tmp_path_factory.mktemp("limits")
    with simulators(folder, "well=openai_chat:0") as providers:
        url = f"{providers.urls['well']}/v1"
        text = HEAD + LIMITS + PROVIDER.format(name="well", kind="openai-compatible", url=url)
        secrets = {"CALLER_KEY": KEY, "SECRET": SECRET, "UPSTREAM_KEY": "sk-upstream-0123456789"}
        with gateway(folder / "understudy.toml", text, secrets) as running:
            for name in SPENDERS:
                client = CLIENTS[name]
                client.ask(running.url, client.key, "well", "hi [tokens=20]", False)
            yield Spent(running, providers)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("caller", CLIENTS)
def test_a_client_raises_what_its_users_catch(spent: Spent, caller: str, stream: bool) -> None:
    client = CLIENTS[caller]
    error = raised(client, spent.url, "well", text="hi", stream=stream)
    client.check(error, 429)
    said = f"{error} {getattr(error, 'body', '')}"
    assert "this key is over its limit tokens_per_day" in said
    assert len(spent.providers.seen("well")) == len(SPENDERS)


def test_clients_can_read_when_to_come_again(spent: Spent) -> None:
    one: Any = raised(CLIENTS["openai"], spent.url, "well", text="hi", stream=False)
    assert isinstance(one, openai.RateLimitError)
    assert (one.code, one.type) == ("rate_limit_exceeded", "tokens")
    assert str(one.request_id).startswith("us-")
    assert 0 < int(one.response.headers["retry-after"]) <= 86_400
    other: Any = raised(CLIENTS["anthropic"], spent.url, "well", text="hi", stream=False)
    assert isinstance(other, anthropic.RateLimitError)
    assert 0 < int(other.response.headers["retry-after"]) <= 86_400
