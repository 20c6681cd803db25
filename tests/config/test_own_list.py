"""A provider of the file is asked for its list at its own address, with its own key."""

import pytest

from understudy.config.errors import ConfigError
from understudy.config.own_list import own_list
from understudy.providers.catalogue import load_catalogue

CONFIG = """
[providers.groq]
key = "env:GROQ"
[providers.claude]
kind = "anthropic"
base_url = "https://proxy.example/base"
key = "env:CLAUDE"
[providers.bare]
kind = "vllm"
base_url = "http://127.0.0.1:8000"
[providers.keyless]
kind = "groq"
key = "env:ABSENT"
"""
SHIPPED = load_catalogue()


@pytest.fixture
def ask(tmp_path):
    path = tmp_path / "understudy.toml"
    path.write_text(CONFIG)
    return lambda name: own_list(path, {"GROQ": "k-groq", "CLAUDE": "k-claude"}, name, SHIPPED)


def test_the_address_is_the_catalogues_or_ones_own(ask):
    groq, claude, bare = ask("groq"), ask("claude"), ask("bare")
    assert groq.url == "https://api.groq.com/openai/v1/models"
    assert (claude.url, claude.kind) == ("https://proxy.example/base/v1/models", "anthropic")
    assert bare.url == "http://127.0.0.1:8000/v1/models"


def test_the_key_is_sent_as_the_provider_wants_it(ask):
    assert ask("groq").headers["authorization"] == "Bearer k-groq"
    assert ask("claude").headers["x-api-key"] == "k-claude"
    assert "anthropic-version" in ask("claude").headers
    assert ask("bare").headers == {}


@pytest.mark.parametrize(("name", "told"), [("grok", "did you mean"), ("keyless", "ABSENT")])
def test_who_cannot_be_asked_is_told(ask, name, told):
    with pytest.raises(ConfigError, match=told):
        ask(name)
