"""A running gateway, and each API as it is asked in plain HTTP: what a good request looks like, and
where an error has its words.

Routes: `own-NAME` leads to a provider of the same API, `far-NAME` to one of another, `bytes` to one
that wants files as bytes. Providers are simulated; what came to them is kept.
"""

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.system.processes import Gateway, Simulators, gateway, simulators

KEY = "us-asking-caller-0123456789abcdef"
HEAD = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
max_body_bytes = "256 KiB"
[journal]
enabled = false
[keys.tests]
key = "env:CALLER_KEY"
[defaults]
on_loss = "warn"
"""
PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
dialect = "{dialect}"
base_url = "{url}"
auth = "none"
models.m = {{ max_output_tokens = 4096, capabilities = ["tools", "vision", "documents",
  "json_mode", "json_schema", "reasoning", "prefill", "streaming"] }}
"""
ROUTE = """
[routes.{name}]
targets = ["{provider}/m"]
"""


class Api(NamedTuple):
    """`carrier`: the header field of the caller's key. `fields`: more of what a request may say."""

    dialect: str
    path: str
    carrier: str
    body: dict[str, Any]
    words: tuple[str, ...]
    fields: dict[str, Any]
    far: str
    id_field: str | None = None


TOOL = {"name": "f", "parameters": {"type": "object", "properties": {}}}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}
TURN = [{"role": "user", "content": "hi [tokens=2]"}]
PARTS = [{"role": "user", "parts": [{"text": "hi [tokens=2]"}]}]
BLOCKS = [{"role": "user", "content": [{"text": "hi [tokens=2]"}]}]
ERROR = ("error", "message")
SAMPLED = {"temperature": 0.5, "top_p": 0.5}

APIS = {
    "chat": Api(
        "openai_chat",
        "/v1/chat/completions",
        "authorization",
        {"model": "r", "messages": TURN},
        ERROR,
        {
            **SAMPLED,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.1,
            "logit_bias": {"5": 1},
            "logprobs": True,
            "top_logprobs": 1,
            "max_completion_tokens": 9,
            "max_tokens": 9,
            "metadata": {"a": "b"},
            "modalities": ["text"],
            "n": 1,
            "parallel_tool_calls": True,
            "reasoning_effort": "low",
            "response_format": {"type": "text"},
            "seed": 1,
            "stop": ["x"],
            "store": False,
            "stream": False,
            "stream_options": {"include_usage": True},
            "tool_choice": "auto",
            "tools": [{"type": "function", "function": TOOL}],
            "user": "u",
        },
        "anthropic_messages",
        "x-request-id",
    ),
    "responses": Api(
        "openai_responses",
        "/v1/responses",
        "authorization",
        {"model": "r", "input": TURN},
        ERROR,
        {
            **SAMPLED,
            "include": ["reasoning.encrypted_content"],
            "instructions": "be brief",
            "max_output_tokens": 90,
            "max_tool_calls": 1,
            "metadata": {"a": "b"},
            "parallel_tool_calls": True,
            "reasoning": {"effort": "low"},
            "store": False,
            "stream": False,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [{"type": "function", **TOOL}],
            "top_logprobs": 1,
            "truncation": "disabled",
            "user": "u",
        },
        "anthropic_messages",
        "x-request-id",
    ),
    "completions": Api(
        "openai_completions",
        "/v1/completions",
        "api-key",
        {"model": "r", "prompt": "hi [tokens=2]"},
        ERROR,
        {
            **SAMPLED,
            "best_of": 1,
            "echo": False,
            "frequency_penalty": 0.1,
            "logit_bias": {"5": 1},
            "logprobs": 1,
            "max_tokens": 9,
            "n": 1,
            "presence_penalty": 0.1,
            "seed": 1,
            "stop": ["x"],
            "stream": False,
            "stream_options": {"include_usage": True},
            "suffix": "x",
            "user": "u",
        },
        "openai_chat",
        "x-request-id",
    ),
    "anthropic": Api(
        "anthropic_messages",
        "/v1/messages",
        "x-api-key",
        {"model": "r", "max_tokens": 9, "messages": TURN},
        ERROR,
        {
            **SAMPLED,
            "metadata": {"user_id": "u"},
            "stop_sequences": ["x"],
            "stream": False,
            "system": "be brief",
            "thinking": {"type": "disabled"},
            "tool_choice": {"type": "auto"},
            "tools": [{"name": "f", "input_schema": SCHEMA}],
            "top_k": 5,
        },
        "openai_chat",
        "request-id",
    ),
    "gemini": Api(
        "gemini_generate",
        "/v1beta/models/r:generateContent",
        "x-goog-api-key",
        {"contents": PARTS},
        ERROR,
        {
            "generationConfig": {"temperature": 0.5},
            "safetySettings": [],
            "systemInstruction": {"parts": [{"text": "be brief"}]},
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "tools": [{"functionDeclarations": [TOOL]}],
        },
        "openai_chat",
    ),
    "bedrock": Api(
        "bedrock_converse",
        "/model/r/converse",
        "authorization",
        {"messages": BLOCKS},
        ("message",),
        {
            "additionalModelRequestFields": {"top_k": 5},
            "inferenceConfig": {"maxTokens": 9},
            "requestMetadata": {"a": "b"},
            "system": [{"text": "be brief"}],
            "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}]},
        },
        "openai_chat",
        "x-amzn-requestid",
    ),
    "cohere": Api(
        "cohere_chat",
        "/v2/chat",
        "authorization",
        {"model": "r", "messages": TURN},
        ("message",),
        {
            "documents": ["a"],
            "frequency_penalty": 0.1,
            "k": 5,
            "logprobs": False,
            "max_tokens": 9,
            "p": 0.5,
            "presence_penalty": 0.1,
            "response_format": {"type": "text"},
            "safety_mode": "OFF",
            "seed": 1,
            "stop_sequences": ["x"],
            "stream": False,
            "strict_tools": False,
            "temperature": 0.5,
            "tools": [{"type": "function", "function": TOOL}],
        },
        "openai_chat",
        "x-debug-trace-id",
    ),
    "ollama": Api(
        "ollama_chat",
        "/api/chat",
        "authorization",
        {"model": "r", "messages": TURN, "stream": False},
        ("error",),
        {
            "format": "json",
            "keep_alive": "5m",
            "options": {"temperature": 0.5},
            "think": False,
            "tools": [{"type": "function", "function": TOOL}],
        },
        "openai_chat",
    ),
}


class World(NamedTuple):
    gateway: Gateway
    providers: Simulators

    def seen(self, mark: str) -> int:
        """How many requests with `mark` in their bodies came to any provider."""
        return sum(len(self.providers.seen(name, mark)) for name in self.providers.urls)


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    dialects = sorted({api.dialect for api in APIS.values()})
    with simulators(folder, *(f"{each}={each}:0" for each in dialects)) as providers:
        text = HEAD
        for each in dialects:
            url = providers.urls[each] + ("/v1" if each.startswith("openai") else "")
            text += PROVIDER.format(name=each, dialect=each, url=url)
        for name, api in APIS.items():
            text += ROUTE.format(name=f"own-{name}", provider=api.dialect)
            text += ROUTE.format(name=f"far-{name}", provider=api.far)
        text += ROUTE.format(name="bytes", provider="bedrock_converse")
        with gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY}) as running:
            yield World(running, providers)


class Line:
    """One connection of a client of one API, to one route."""

    def __init__(self, port: int, api: Api, route: str) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.api = api
        self._path = api.path.replace("/r:", f"/{route}:").replace("/r/", f"/{route}/")
        self._route = route

    def ask(self, body: bytes, key: str = KEY, method: str = "POST", **fields: str) -> Any:
        headers = {"content-type": "application/json", **fields}
        if key:
            carries = self.api.carrier == "authorization"
            headers[self.api.carrier] = f"Bearer {key}" if carries else key
        self._line.request(method, self._path, body, headers)
        return self._line.getresponse()

    def good(self, **changes: Any) -> bytes:
        """A good request with some fields changed."""
        body = {**self.api.body, **changes}
        if "model" in self.api.body and "model" not in changes:
            body["model"] = self._route
        return json.dumps(body).encode()

    def close(self) -> None:
        self._line.close()


def words_of(api: Api, answer: Any, statuses: set[int]) -> str:
    """One error of ours in the API's own shape; returns its words."""
    body = answer.read()
    assert answer.status in statuses, (answer.status, body[:300])
    assert answer.getheader("content-type", "").startswith("application/json")
    if api.id_field is not None and answer.getheader("x-understudy-target") is None:
        assert answer.getheader(api.id_field), f"no {api.id_field}"
    said: Any = json.loads(body)
    for name in api.words:
        said = said[name]
    assert isinstance(said, str)
    assert said
    return said
