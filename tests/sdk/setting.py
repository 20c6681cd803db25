"""What the SDK tests run against: three simulated providers, the real gateway, what they say."""

import http.client
import json
from collections.abc import Sequence
from typing import Any

from tests.system.processes import Gateway, Simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

KEY = "us-caller-key-0123456789abcdef"
ENVIRONMENT = {
    "CHAT_KEY": "sk-canary-chat-5f1d0c",
    "MESSAGES_KEY": "sk-ant-canary-messages-77ab",
    "LOCAL_KEY": "canary-local-91cc",
    "CALLER_KEY": KEY,
}
ABILITIES = json.dumps(
    [
        "tools",
        "vision",
        "documents",
        "json_mode",
        "json_schema",
        "reasoning",
        "prefill",
        "streaming",
    ]
)

CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:ADMIN"
log_format = "json"
max_body_bytes = "256 KiB"
drain = 5

[journal]
path = "journal.db"

[keys.tests]
key = "env:CALLER_KEY"

[providers.chat]
kind = "openai-compatible"
base_url = "CHAT/v1"
key = "env:CHAT_KEY"
accepts = ["reasoning", "prefix"]
[providers.chat.models.m]
upstream = "chat-model"
capabilities = {ABILITIES}
max_output_tokens = 8192

[providers.messages]
kind = "anthropic"
base_url = "MESSAGES"
key = "env:MESSAGES_KEY"
[providers.messages.models.m]
upstream = "messages-model"
capabilities = {ABILITIES}
max_output_tokens = 8192

[providers.local]
kind = "openai-compatible"
base_url = "LOCAL/v1"
key = "env:LOCAL_KEY"
accepts = ["prefix"]
[providers.local.models.m]
capabilities = {ABILITIES}

[defaults]
deadline = 15
on_loss = "warn"

[routes.chat]
targets = ["chat/m", "local/m"]
[routes.messages]
targets = ["messages/m", "local/m"]
[routes.strict]
targets = ["messages/m"]
on_loss = "reject"
"""


class Setting:
    """Providers and gateway while they run."""

    def __init__(self, providers: Simulators, gateway: Gateway, admin: str) -> None:
        self.providers = providers
        self.gateway = gateway
        self.admin = admin

    @property
    def url(self) -> str:
        return self.gateway.url


def expected_chat(messages: Any, **fields: Any) -> str:
    """What any well provider answers to a request in OpenAI's dialect."""
    body = {"model": "m", "messages": messages, **fields}
    return expected_answer(DIALECTS["openai_chat"], json.dumps(body).encode())


def expected_messages(messages: Any, **fields: Any) -> str:
    """What any well provider answers to a request in Anthropic's dialect."""
    body = {"model": "m", "max_tokens": 4096, "messages": messages, **fields}
    return expected_answer(DIALECTS["anthropic_messages"], json.dumps(body).encode())


def user(text: str) -> Any:
    """A conversation of one message; Any, since each SDK has its own type for it."""
    return [{"role": "user", "content": text}]


def texts(chunks: Sequence[Any]) -> str:
    """The text in the chunks of an OpenAI stream."""
    return "".join(
        choice.delta.content or "" for chunk in chunks for choice in chunk.choices if choice.delta
    )


def earn(running: Gateway, route: str, retries: int) -> None:
    """Deposit in the retry budget: a tenth of what went before may be tried again."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    body = json.dumps({"model": route, "messages": user("hello [tokens=1]")})
    for _ in range(10 * retries):
        connection.request("POST", "/v1/chat/completions", body)
        assert connection.getresponse().read()
    connection.close()
