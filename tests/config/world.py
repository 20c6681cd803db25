"""A small catalogue made here, and the shortest ways to load a text or to see it refused."""

from pathlib import Path

import pytest

from understudy.chat.endpoint import Capability
from understudy.config.document import Document
from understudy.config.errors import ConfigError, Problem
from understudy.config.load import build
from understudy.config.settings import Settings
from understudy.config.sources import Surroundings
from understudy.providers.catalogue import Catalogue
from understudy.providers.facts import Auth, Labs, Listing, ProviderKind
from understudy.providers.price import Price

CANARY = "sk-canary-5f2b9c1e7d3a4f60b8c1"
ENVIRONMENT = {
    "OPENAI_API_KEY": CANARY,
    "ANTHROPIC_API_KEY": CANARY + "a",
    "AZURE_KEY": "azure-key",
}
FROM = {"*": "doc"}
BEARER = Auth("authorization", "Bearer ")
CHAT = frozenset({Capability.STREAMING, Capability.TOOLS})


def kind(name: str, **facts: object) -> ProviderKind:
    said: dict[str, object] = {
        "title": name,
        "dialect": "openai_chat",
        "auth": BEARER,
        "host": name,
        "taxonomy": name,
        "chat_path": "/chat/completions",
        "models_path": "/models",
        "capabilities": CHAT,
        "sources": {},
        "proof": FROM,
    }
    return ProviderKind(name=name, **(said | facts))  # type: ignore[arg-type]


OPENAI_MODELS = (
    Listing(
        "gpt-5.2",
        FROM,
        context_window=400_000,
        max_output_tokens=128_000,
        price=Price(1.75, 0.175, None, 14.0),
        rejects=frozenset({"sampling.temperature"}),
    ),
    Listing("gpt-5-mini", FROM, context_window=400_000, price=Price(0.25, None, None, 2.0)),
    Listing("gpt-4-old", FROM, retires="2026-12-01", replaced_by="gpt-5-mini"),
)
ANTHROPIC_MODELS = (
    Listing("claude-sonnet-5", FROM, context_window=200_000, price=Price(3.0, 0.3, 3.75, 15.0)),
    Listing("claude-haiku-5", FROM, context_window=200_000, price=Price(1.0, 0.1, 1.25, 5.0)),
)
CATALOGUE = Catalogue(
    [
        kind(
            "openai",
            title="OpenAI",
            base_url="https://api.openai.com/v1",
            key_env=("OPENAI_API_KEY",),
            lab="openai",
            edge="cloudflare",
            models=OPENAI_MODELS,
            renames={"max_tokens": "max_completion_tokens"},
        ),
        kind(
            "anthropic",
            title="Anthropic",
            dialect="anthropic_messages",
            auth=Auth("x-api-key"),
            base_url="https://api.anthropic.com",
            chat_path="/v1/messages",
            key_env=("ANTHROPIC_API_KEY",),
            headers={"anthropic-version": "2023-06-01"},
            lab="anthropic",
            models=ANTHROPIC_MODELS,
            output_tokens=4096,
        ),
        kind(
            "azure-openai",
            title="Azure OpenAI",
            auth=Auth("api-key"),
            host="azure",
            base_path="/openai/v1",
            base_url_example="https://NAME.openai.azure.com",
            key_env=("AZURE_OPENAI_API_KEY",),
            lab="openai",
            facts_from="openai",
        ),
        kind(
            "llama.cpp",
            title="llama.cpp",
            needs_key=False,
            accepts=frozenset({"sampling.top_k"}),
            is_local=True,
            base_url="http://127.0.0.1:8080/v1",
            probes=("http://127.0.0.1:8080/v1",),
        ),
        kind(
            "openai-compatible",
            title="server with OpenAI's API",
            base_url_example="https://api.example.com/v1",
            needs_key=False,
        ),
    ],
    Labs({"meta-llama": "meta"}, {"llama": "meta", "gpt": "openai"}, {}, FROM),
)


def read(text: str, folder: Path = Path("/nowhere"), **environment: str) -> Settings:
    """Load a text with the small catalogue."""
    document = Document(text, "understudy.toml")
    around = Surroundings(ENVIRONMENT | environment, folder)
    return build(document.decode(), document, around, CATALOGUE)


def refuse(text: str, folder: Path = Path("/nowhere"), **environment: str) -> list[Problem]:
    """Load a text that must be refused; no message may show the canary."""
    with pytest.raises(ConfigError) as caught:
        read(text, folder, **environment)
    assert CANARY not in str(caught.value)
    assert CANARY not in repr(caught.value)
    for problem in caught.value.problems:
        assert CANARY not in repr(problem)
    return list(caught.value.problems)


def only(problems: list[Problem]) -> Problem:
    """Return the one problem there is."""
    assert len(problems) == 1, problems
    return problems[0]


TWO = """
[providers.openai]
key = "env:OPENAI_API_KEY"

[providers.anthropic]
key = "env:ANTHROPIC_API_KEY"

[routes.assistant]
targets = ["openai/gpt-5.2", "anthropic/claude-sonnet-5"]
"""
