"""What the tests of AWS's clients run against: simulated Bedrock, and the real gateway."""

import json
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from tests.sdk.setting import ABILITIES
from tests.system.processes import Gateway, Simulators
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

ACCESS = "AKIDUNDERSTUDYTEST01"
SECRET = "caller-secret-0123456789/abcdef+ghijkl"
ENVIRONMENT = {
    "BEDROCK_KEY": "canary-bedrock-5d",
    "CHAT_KEY": "sk-canary-chat-9f",
    "CALLER": SECRET,
}
FAULTS = {
    "cut": ("cut(after=8)", "east/m"),
    "throttled": ("status(429)", "chat/m"),
    "damaged": ("malformed", "east/m"),
    "invalid": ("status(400)", ""),
    "limited": ("status(429)", ""),
    "down": ("status(503)", ""),
    "breaking": ("in_stream_error(after=3)", ""),
}
"""Providers that always do wrong, and who stands in for them on the route of their name."""

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
[routes.regions]
targets = ["west/m", "east/m"]
[routes.invoke]
targets = ["invoke/m", "chat/m"]
[routes.chat]
targets = ["chat/m", "west/m"]
"""


def faulty() -> str:
    """Each stands for itself, so that no breaker carries over from one to another."""
    return "".join(
        f'''
[providers.{name}]
kind = "bedrock"
host = "{name}"
base_url = "{name.upper()}"
key = "env:BEDROCK_KEY"
account = "{name}"
[providers.{name}.models.m]
upstream = "amazon.nova-lite-v1:0"
capabilities = {ABILITIES}
[routes.{name}]
targets = {json.dumps([f"{name}/m", *([other] if other else [])])}
'''
        for name, (_, other) in FAULTS.items()
    )


class Aws:
    """Providers and gateway while they run."""

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


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def expected(messages: Any, **more: Any) -> str:
    """What any well provider answers."""
    body = json.dumps({"messages": messages, **more}).encode()
    return expected_answer(DIALECTS["bedrock_converse"], body)


def text_of(stream: Any) -> str:
    deltas = (event.get("contentBlockDelta", {}).get("delta", {}) for event in stream)
    return "".join(delta.get("text", "") for delta in deltas)
