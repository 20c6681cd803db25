"""Targets: names, keys, domains, and facts of the file over those of the catalogue."""

import pytest
from tests.config.world import only, read, refuse

from understudy.chat.endpoint import Capability
from understudy.config.targets import TargetName, parse_target
from understudy.providers.price import Price

TWO_KEYS = """
[providers.openai]
keys = ["env:AZURE_KEY", { key = "env:OPENAI_API_KEY", account = "second" }]
account = "acme"
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/b", TargetName("a", "b")),
        ("a/b#2", TargetName("a", "b", 2)),
        ("a/org/b-1.5", TargetName("a", "org/b-1.5")),
        ("a/b#x", TargetName("a", "b#x")),
        ("a/#2", TargetName("a", "#2")),
        ("a", None),
        ("a/", None),
        ("/b", None),
        ("", None),
    ],
)
def test_names_are_read(text, name):
    assert parse_target(text) == name


def test_each_key_is_a_target_with_a_key_and_an_account_of_its_own():
    settings = read(TWO_KEYS + '[routes.a]\ntargets = ["openai/gpt-5.2"]')
    assert settings.topology.routes["a"].targets == ("openai/gpt-5.2", "openai/gpt-5.2#2")
    first, second = settings.topology.targets.values()
    assert [str(domain) for domain in first.domains] == [
        "model:openai/gpt-5.2", "host:openai", "account:acme", "key:openai#1", "lab:openai",
        "edge:cloudflare",
    ]  # fmt: skip
    differ = {str(d) for d in second.domains} - {str(d) for d in first.domains}
    assert differ == {"account:second", "key:openai#2"}
    assert settings.credential_lines("openai/gpt-5.2") == b"authorization: Bearer azure-key\r\n"
    assert settings.credential_lines("openai/gpt-5.2#2").startswith(b"authorization: Bearer sk-")
    assert settings.warnings[0].startswith(
        "route a has no plan B: its only target is openai/gpt-5.2, with 2 keys"
    )


def test_one_key_alone_can_be_named():
    settings = read(
        TWO_KEYS + '[routes.a]\ntargets = ["openai/gpt-5.2#2"]\n[routes.b]\n'
        'targets = ["openai/gpt-5.2#1"]'
    )
    assert settings.topology.routes["a"].targets == ("openai/gpt-5.2#2",)
    assert settings.topology.routes["b"].targets == ("openai/gpt-5.2",)


def test_the_keys_of_a_target_share_its_weight():
    settings = read(
        TWO_KEYS + '[routes.a]\nstrategy = "weighted"\n'
        'targets = [{ target = "openai/gpt-5.2", weight = 3 }]'
    )
    weights = settings.topology.routes["a"].weights
    assert weights == {"openai/gpt-5.2": 1.5, "openai/gpt-5.2#2": 1.5}


def test_the_file_overrides_the_catalogue_field_by_field():
    settings = read(
        """
        [providers.openai]
        key = "env:OPENAI_API_KEY"
        region = "eu"
        labels = { residency = "eu", tier = "a" }
        [providers.openai.models."gpt-5.2"]
        upstream = "our-gpt"
        lab = "us"
        context_window = 1000
        max_output_tokens = 10
        capabilities = ["vision"]
        price = { output = 9 }
        rejects = ["sampling.top_k"]
        renames = {}
        labels = { tier = "b" }
        [routes.a]
        targets = ["openai/gpt-5.2"]
        """
    )
    target = settings.topology.targets["openai/gpt-5.2"]
    assert target.endpoint.model == "our-gpt"
    assert target.endpoint.max_output_tokens == target.max_output_tokens == 10
    assert target.context_window == 1000
    assert target.capabilities == {Capability.VISION}
    assert target.price == Price(1.75, 0.175, None, 9.0)
    assert target.endpoint.rejects == {"sampling.top_k"}
    assert target.endpoint.renames == {}
    assert target.labels == {
        "provider": "openai", "host": "openai", "model": "gpt-5.2", "lab": "us", "region": "eu",
        "residency": "eu", "tier": "b",
    }  # fmt: skip
    assert "region:openai/eu" in {str(domain) for domain in target.domains}
    assert "model:openai/eu/our-gpt" in {str(domain) for domain in target.domains}


LOCAL = """
[providers.local]
kind = "llama.cpp"
base_url = "http://127.0.0.1:8080/v1"
{}
[providers.local.models.special]
{}
[routes.a]
targets = ["local/plain", "local/special"]
"""


@pytest.mark.parametrize(
    ("provider", "model", "plain", "special"),
    [
        ("", "", ({"sampling.top_k"}, None), ({"sampling.top_k"}, None)),
        (
            'accepts = ["cache", "prefix"]\ntool_id_length = 9',
            "accepts = []\ntool_id_length = 12",
            ({"cache", "prefix"}, 9),
            (set(), 12),
        ),
        ("", 'accepts = ["thinking"]', ({"sampling.top_k"}, None), ({"thinking"}, None)),
        ('dialect = "anthropic_messages"', "", (set(), None), (set(), None)),
    ],
)
def test_what_is_accepted_is_overridden_for_a_provider_and_for_a_model(
    provider, model, plain, special
):
    targets = read(LOCAL.format(provider, model)).topology.targets
    for name, (accepts, length) in {"plain": plain, "special": special}.items():
        endpoint = targets[f"local/{name}"].endpoint
        assert endpoint.accepts == accepts
        assert endpoint.tool_id_length == length


def test_an_unknown_path_is_refused_with_the_known_ones():
    problem = only(refuse(LOCAL.format('accepts = ["sampling.topk"]', "")))
    assert problem.path == "providers.local.accepts[0]"
    assert '"sampling.top_k"' in problem.expected
    assert 'did you mean "sampling.top_k"?' in problem.hint
    problem = only(refuse(LOCAL.format("tool_id_length = 0", "")))
    assert (problem.path, problem.expected) == (
        "providers.local.tool_id_length", "a whole number from 1 up to 32",
    )  # fmt: skip


def test_the_catalogue_speaks_where_the_file_is_silent():
    target = read(
        '[providers.openai]\nkey = "env:OPENAI_API_KEY"\n[routes.a]\ntargets = ["openai/gpt-5.2"]'
    ).topology.targets["openai/gpt-5.2"]
    assert (target.context_window, target.max_output_tokens) == (400_000, 128_000)
    assert target.price == Price(1.75, 0.175, None, 14.0)
    assert target.endpoint.rejects == {"sampling.temperature"}


def test_deployments_at_addresses_of_ones_own_do_not_share_a_model_domain():
    text = "".join(
        f'[providers.{name}]\nkind = "azure-openai"\nbase_url = "https://{name}.example"\n'
        f'key = "env:{key}"\n'
        for name, key in (("one", "AZURE_KEY"), ("two", "OPENAI_API_KEY"))
    )
    settings = read(text + '[routes.a]\ntargets = ["one/gpt-5.2", "two/gpt-5.2"]')
    one, two = ({str(d) for d in t.domains} for t in settings.topology.targets.values())
    assert one & two == {"host:azure", "lab:openai"}
    assert "model:azure/one/gpt-5.2" in one
