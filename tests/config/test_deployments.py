"""A host with deployments: a dated API, or the one without dates, by key or by login."""

from pathlib import Path

import pytest
from tests.config.world import refuse

from understudy.config.document import Document
from understudy.config.errors import ConfigError
from understudy.config.load import build
from understudy.config.load import load as load_file
from understudy.config.sources import Surroundings
from understudy.providers.catalogue import load_catalogue

KNOWN = load_catalogue()
HOST = """
[providers.azure]
kind = "azure-openai"
base_url = "https://res.openai.azure.com"
key = "env:KEY"
"""
ROUTES = """
[routes.chat]
targets = ["azure/my gpt"]
[routes.vectors]
operation = "embeddings"
targets = ["azure/small"]
"""


def load(text, routes=ROUTES):
    document = Document(text + routes, "test")
    around = Surroundings({"KEY": "azure-key"}, Path(), "2026-11-25")
    return build(document.decode(), document, around, KNOWN)


def paths(text):
    targets = load(text).topology.targets
    return targets["azure/my gpt"].endpoint.path, targets["azure/small"].endpoint.path


def test_without_a_version_the_model_is_in_the_body():
    assert paths(HOST) == ("/openai/v1/chat/completions", "/openai/v1/embeddings")


def test_a_version_asks_for_deployments_whatever_they_do():
    query = "?api-version=2024-10-21"
    assert paths(HOST + 'api_version = "2024-10-21"\n') == (
        f"/openai/deployments/my%20gpt/chat/completions{query}",
        f"/openai/deployments/small/embeddings{query}",
    )


def test_a_login_stands_in_for_the_key():
    text = HOST.replace('key = "env:KEY"', 'auth = "entra"')
    settings = load(text)
    login = settings.logins["azure"]
    assert login.scope == "https://cognitiveservices.azure.com/.default"
    assert settings.credentials == {}
    kinds = {domain.kind.value for domain in settings.topology.targets["azure/my gpt"].domains}
    assert {"key", "account"} <= kinds


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ('kind = "openai"\napi_version = "2024-10-21"', "OpenAI has no deployments"),
        (
            'kind = "azure-openai"\nbase_url = "https://x.example"\napi_version = "a/b"',
            '"a/b"',
        ),
        (
            'kind = "azure-openai"\nbase_url = "https://x.example"\napi_version = "2024-10-21"\n'
            'dialect = "openai_responses"',
            "openai_responses has no deployments",
        ),
    ],
)
def test_a_version_that_would_do_nothing_is_a_mistake(more, found):
    text = f'[providers.x]\nkey = "env:KEY"\n{more}\n[routes.a]\ntargets = ["x/m"]\n'
    with pytest.raises(ConfigError) as caught:
        load(text, routes="")
    assert found in str(caught.value)


@pytest.mark.parametrize("base", ["", "/", "/api"])
def test_another_api_of_a_host_may_have_its_path_beside(base):
    text = f'[providers.o]\nkind = "ollama"\ndialect = "ollama_chat"\nbase_url = "http://127.0.0.1:11434{base}"\n'
    (target,) = load(text, '[routes.a]\ntargets = ["o/m"]').topology.targets.values()
    assert (target.endpoint.dialect, target.endpoint.path) == ("ollama_chat", "/api/chat")


def test_a_login_needs_no_key_and_takes_none():
    text = '[providers.openai]\nauth = "aws"\nkey = "env:OPENAI_API_KEY"\nregion = "r"\n'
    problems = refuse(text + '[routes.a]\ntargets = ["openai/m"]')
    assert any("a key, but no way to send it" in problem.found for problem in problems)


def test_a_file_with_credentials_is_watched(tmp_path):
    (tmp_path / "account.json").write_text("{}")
    path = tmp_path / "u.toml"
    path.write_text(
        '[providers.vertex]\nproject = "p"\nregion = "global"\n'
        'login = {credentials_file = "account.json"}\n'
        '[routes.a]\ntargets = ["vertex/gemini-2.5-flash"]\n'
    )
    assert load_file(path, {}).files == (path, tmp_path / "account.json")
