"""A provider is what the file says over what the catalogue knows; mistakes are told in place."""

from pathlib import Path

import pytest
from tests.config.world import CANARY, ENVIRONMENT, FROM, kind, only, read, refuse

from understudy.config.document import Document
from understudy.config.load import build
from understudy.config.sources import Surroundings
from understudy.providers.catalogue import Catalogue, load_catalogue
from understudy.providers.facts import Labs
from understudy.routing.topology import Growth

ROUTE = '\n[routes.a]\ntargets = ["{}/m"]\n'
OPENAI = '[providers.openai]\nkey = "env:OPENAI_API_KEY"\n'


def target(text, name="x/m", **environment):
    return read(text + ROUTE.format(name.partition("/")[0]), **environment).topology.targets[name]


@pytest.mark.parametrize(
    ("text", "path", "found", "expected", "hint"),
    [
        ("[providers.opnai]", "providers.opnai", 'no "opnai"', "anthropic, azure", '"openai"'),
        ("[providers.mine]", "providers.mine", "no `kind`", "", "openai-compatible"),
        (
            '[providers.x]\nkind = "anthropc"',
            "providers.x.kind", '"anthropc"', "llama.cpp", '"anthropic"',
        ),
        (
            '[providers.azure-openai]\nkey = "env:AZURE_KEY"',
            "providers.azure-openai", "no `base_url`", "Azure OpenAI",
            'base_url = "https://NAME.openai.azure.com"',
        ),
        ("[providers.openai]", "providers.openai", "no `key`", "OpenAI", '"env:OPENAI_API_KEY"'),
        (
            '[providers.openai]\nkey = "env:OPENAI_KEY"',
            "providers.openai.key", "OPENAI_KEY is not set", "variable", '"OPENAI_API_KEY"',
        ),
        (
            OPENAI + 'keys = ["env:AZURE_KEY"]',
            "providers.openai", "both `key` and `keys`", "one of them", "",
        ),
        (
            '[providers.openai]\nkeys = ["env:AZURE_KEY", {key = "env:NOPE"}]',
            "providers.openai.keys[1]", "NOPE is not set", "", "",
        ),
        (
            '[providers.openai]\nkeys = ["env:AZURE_KEY", "env:AZURE_KEY"]',
            "providers.openai.keys[1]", "the same key again", "once", "",
        ),
        (OPENAI + 'auth = "none"', "providers.openai", "no way to send it", "auth", ""),
        (OPENAI + 'auth = "basic"', "providers.openai.auth", '"basic"', '"bearer"', ""),
        (
            OPENAI + 'dialect = "openai_chatt"',
            "providers.openai.dialect", "openai_chatt", "anthropic_messages", '"openai_chat"',
        ),
        (
            OPENAI + 'headers = {Authorization = "Bearer x"}',
            "providers.openai.headers.Authorization", "a credential", "without secrets", "`key`",
        ),
        (
            OPENAI + 'headers = {x-y = "a\\nb"}',
            "providers.openai.headers.x-y", "a\\nb", "on one line", "",
        ),
        (
            OPENAI + 'headers = {"x y" = "a"}',
            'providers.openai.headers."x y"', '"x y"', "a header field's name", "",
        ),
        (
            OPENAI + 'headers = {Host = "a"}',
            "providers.openai.headers.Host", "Host", "not one of the connection's", "",
        ),
        ('[providers."a/b"]\nkind = "openai"', 'providers."a/b"', '"a/b"', 'without "/"', ""),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place_and_its_words(text, path, found, expected, hint):
    problem = next(each for each in refuse(text + ROUTE.format("x")) if each.path == path)
    assert found in problem.found
    assert expected in problem.expected
    assert hint in problem.hint


def test_a_provider_takes_its_address_and_dialect_from_the_catalogue():
    got = target(OPENAI, "openai/m")
    assert (got.origin.scheme, got.origin.host, got.origin.port) == ("https", "api.openai.com", 443)
    assert got.endpoint.path == "/v1/chat/completions"
    assert got.endpoint.dialect == "openai_chat"
    assert got.endpoint.renames == {"max_tokens": "max_completion_tokens"}
    assert got.taxonomy == "openai"


def test_an_address_without_a_path_gets_the_kinds_own():
    text = '[providers.x]\nkind = "azure-openai"\nkey = "env:AZURE_KEY"\nbase_url = "{}"\n'
    for url in ("https://a.example", "https://a.example/", "https://a.example/openai/v1/"):
        assert target(text.format(url)).endpoint.path == "/openai/v1/chat/completions"
    assert target(text.format("https://a.example:8443/p")).origin.port == 8443


def test_a_server_of_ones_own_needs_no_key_and_is_a_host_of_its_own():
    text = '[providers.x]\nkind = "llama.cpp"\nbase_url = "http://[::1]:9/v1"\n'
    settings = read(text + ROUTE.format("x"))
    got = settings.topology.targets["x/m"]
    assert got.origin.authority == "[::1]:9"
    assert settings.credential_lines("x/m") == b""
    assert [str(domain) for domain in got.domains] == ["model:x/m", "host:x"]


def test_a_stand_in_at_another_address_is_a_host_of_its_own():
    text = '[providers.{0}]\nkind = "openai"\nbase_url = "{1}"\nkey = "env:OPENAI_API_KEY"\n'
    places = {
        "real": "https://api.openai.com/v1",
        "eu": "https://eu.api.openai.com/v1",
        "here": "http://127.0.0.1:9/v1",
        "proxy": "https://openai.example.com/v1",
    }
    found = {
        name: [str(each) for each in target(text.format(name, url), f"{name}/m").domains]
        for name, url in places.items()
    }
    assert [name for name in places if "host:openai" in found[name]] == ["real", "eu"]
    assert "host:here" in found["here"]
    assert "host:proxy" in found["proxy"]


@pytest.mark.parametrize(
    ("auth", "line"),
    [
        ("bearer", "authorization: Bearer {}\r\n"),
        ("x-api-key", "x-api-key: {}\r\n"),
        ("api-key", "api-key: {}\r\n"),
        ("x-goog-api-key", "x-goog-api-key: {}\r\n"),
    ],
)
def test_the_key_is_sent_as_auth_says(auth, line):
    settings = read(OPENAI + f'auth = "{auth}"' + ROUTE.format("openai"))
    assert settings.credential_lines("openai/m") == line.format(CANARY).encode()


def test_another_dialect_brings_its_own_path_and_header_fields():
    got = target(
        '[providers.x]\nkind = "llama.cpp"\nbase_url = "http://127.0.0.1:8080/v1"\n'
        'dialect = "anthropic_messages"\n'
    )
    assert got.endpoint.dialect == "anthropic_messages"
    assert got.endpoint.path == "/v1/messages"
    assert (b"anthropic-version", b"2023-06-01") in got.endpoint.headers


@pytest.mark.parametrize(
    ("kind", "address", "path"),
    [
        ("openai", "", "/v1/responses"),
        ("azure-openai", 'base_url = "https://x.openai.azure.com"\n', "/openai/v1/responses"),
        ("groq", "", "/openai/v1/responses"),
        ("openrouter", "", "/api/v1/responses"),
        ("vllm", 'base_url = "http://127.0.0.1:8000"\n', "/v1/responses"),
        ("llama.cpp", 'base_url = "http://127.0.0.1:8080/v1"\n', "/v1/responses"),
    ],
)
def test_a_kind_may_speak_a_second_dialect(kind, address, path):
    text = (
        f'[providers.x]\nkind = "{kind}"\nkey = "env:OPENAI_API_KEY"\n{address}'
        'dialect = "openai_responses"\n'
    )
    document = Document(text + ROUTE.format("x"), "understudy.toml")
    around = Surroundings(ENVIRONMENT, Path())
    settings = build(document.decode(), document, around, load_catalogue())
    got = settings.topology.targets["x/m"]
    assert got.endpoint.dialect == "openai_responses"
    assert got.endpoint.path == path
    assert "max_tokens" not in got.endpoint.renames


def test_a_cloud_is_one_host_however_its_providers_are_named():
    cloud = kind(
        "cloud",
        base_url_form="https://{region}.example.com/v1/{project}",
        base_path="/v1/models",
        chat_path="/chat",
        base_url_example="https://example.com/v1/models",
    )
    document = Document(
        """[providers.west]
kind = "cloud"
region = "west"
project = "p"
key = "env:OPENAI_API_KEY"
[routes.a]
targets = ["west/m"]
""",
        "understudy.toml",
    )
    known = Catalogue([cloud], Labs({}, {}, {}, FROM))
    settings = build(document.decode(), document, Surroundings(ENVIRONMENT, Path()), known)
    got = settings.topology.targets["west/m"]
    assert got.endpoint.producer == "cloud"
    assert [str(domain) for domain in got.domains][:2] == ["model:cloud/west/m", "host:cloud"]


def test_header_fields_of_the_file_are_sent_in_lower_case():
    got = target(OPENAI + 'headers = {OpenAI-Organization = "org-1"}\n', "openai/m")
    assert got.endpoint.headers == ((b"openai-organization", b"org-1"),)


def test_an_edge_holds_only_for_the_providers_own_address():
    domains = {str(domain) for domain in target(OPENAI, "openai/m").domains}
    assert "edge:cloudflare" in domains
    proxied = target(OPENAI + 'base_url = "https://proxy.example/v1"\n', "openai/m")
    assert not any(domain.kind.value == "edge" for domain in proxied.domains)


def test_what_weakens_the_way_there_is_warned_of():
    clear = read(OPENAI + 'base_url = "http://proxy.example/v1"\n' + ROUTE.format("openai"))
    assert any("in the clear" in each for each in clear.warnings)
    blind = read(OPENAI + "verify_tls = false\n" + ROUTE.format("openai"))
    assert any("verify_tls is off" in each for each in blind.warnings)
    assert blind.topology.targets["openai/m"].verify_tls is False
    local = '[providers.x]\nkind = "openai-compatible"\nbase_url = "http://localhost:1/v1"\n'
    near = read(local + 'key = "env:AZURE_KEY"' + ROUTE.format("x"))
    assert not any("clear" in each for each in near.warnings)


def test_a_provider_without_slash_problem_is_told_once():
    assert only(refuse("[providers.openai]" + ROUTE.format("openai"))).path == "providers.openai"


@pytest.mark.parametrize(
    ("text", "growth"),
    [
        ("", None),
        ("ramp = {}\n", Growth(1.5, 900.0, 1_000_000.0)),
        ('ramp = {percent = 20, over = "5m", above = 10}\n', Growth(1.2, 300.0, 10.0)),
    ],
)
def test_how_fast_its_traffic_may_grow_is_said_or_not_known(text, growth):
    settings = read(OPENAI + text + ROUTE.format("openai"))
    assert settings.topology.targets["openai/m"].growth == growth
