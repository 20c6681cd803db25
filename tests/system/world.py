"""Configurations of a real gateway before simulated providers, and small clients for its tests."""

import json
from pathlib import Path
from typing import Any

import openai

from tests.system.processes import Answer, Gateway, Simulators, free_port, http_request
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

KEY = "us-system-caller-0123456789abcdef"
PROVIDER_KEY = "sk-canary-9d3f1b77c2e84a06"
FILE_KEY = "a canary that looks like no key".replace(" ", ".")
ENVIRONMENT = {"CALLER_KEY": KEY, "PROVIDER_KEY": PROVIDER_KEY}
STATIONS = ("chat=openai_chat:0", "spare=anthropic_messages:0")

_CONFIG = """\
[server]
listen = "127.0.0.1:0"
admin = "{admin}"
log_format = "json"
drain = {drain}

[journal]
path = {journal}

[keys.tests]
key = "env:CALLER_KEY"

[providers.chat]
kind = "openai-compatible"
base_url = "{chat}/v1"
key = "env:PROVIDER_KEY"
[providers.spare]
kind = "openai-compatible"
dialect = "anthropic_messages"
base_url = "{spare}"
key = "file:{key_file}"
[providers.spare.models.m]
max_output_tokens = 4096

[defaults]
max_attempts = 2

[routes.first]
targets = ["chat/m", "spare/m"]
"""
SECOND = '\n[routes.second]\ntargets = ["spare/m", "chat/m"]\n'


class World:
    """Where one gateway's files are, and what its configuration says."""

    def __init__(self, folder: Path, providers: Simulators) -> None:
        self.folder = folder
        self.config = folder / "understudy.toml"
        self.journal = folder / "journal.db"
        self.admin_port = free_port()
        self.providers = providers
        key_file = folder / "spare.key"
        key_file.write_text(f"{FILE_KEY}\n")
        key_file.chmod(0o600)

    def text(self, drain: float = 10, admin: str | None = None) -> str:
        """A configuration with the route `first`."""
        return _CONFIG.format(
            admin=admin or f"127.0.0.1:{self.admin_port}",
            drain=drain,
            journal=json.dumps(str(self.journal)),
            key_file=self.folder / "spare.key",
            **self.providers.urls,
        )

    def admin(self, path: str) -> Answer:
        return http_request(f"http://127.0.0.1:{self.admin_port}{path}")


def client(gateway: Gateway, key: str = KEY) -> openai.OpenAI:
    url = f"{gateway.url}/v1"
    return openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=15)


def ask(gateway: Gateway, route: str, prompt: str) -> str:
    """A whole answer, as an application gets it."""
    with client(gateway) as asking:
        said = asking.chat.completions.create(model=route, messages=user(prompt))
        return said.choices[0].message.content or ""


def routes(gateway: Gateway) -> list[str]:
    with client(gateway) as asking:
        return [model.id for model in asking.models.list()]


def user(prompt: str) -> Any:
    return [{"role": "user", "content": prompt}]


def expected(prompt: str) -> str:
    """What any well provider answers."""
    body = {"model": "m", "messages": user(prompt)}
    return expected_answer(DIALECTS["openai_chat"], json.dumps(body).encode())
