"""Without a file: what the environment and this machine offer becomes routes, and is said."""

import pytest
from tests.config.world import CANARY, CATALOGUE

from understudy.config.discovery import from_environment
from understudy.config.errors import ConfigError
from understudy.operations.kinds import Operation
from understudy.providers.catalogue import load_catalogue

BOTH = {"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY + "a", "HOME": "/x"}


def nobody(url):
    return None


def llama(url):
    return ("llama-3.3-70b", "own-model") if ":8080" in url else None


def discover(environment, probe=nobody, **options):
    return from_environment(environment, probe, catalogue=CATALOGUE, **options)


def test_keys_in_the_environment_become_providers_and_routes():
    settings = discover(BOTH)
    routes = {name: route.targets for name, route in settings.topology.routes.items()}
    assert routes["gpt-5.2"] == ("openai/gpt-5.2", "anthropic/claude-sonnet-5")
    assert routes["claude-haiku-5"] == ("anthropic/claude-haiku-5", "openai/gpt-5-mini")
    assert routes["default"] == ("openai/gpt-5.2", "anthropic/claude-sonnet-5")
    assert settings.notes == (
        "OpenAI: key in OPENAI_API_KEY",
        "Anthropic: key in ANTHROPIC_API_KEY",
    )
    assert settings.warnings == ()
    assert settings.credential_lines("anthropic/claude-sonnet-5") == (
        f"x-api-key: {CANARY}a\r\n".encode()
    )
    assert settings.server.listen.is_loopback
    assert CANARY not in repr(settings)


def test_one_provider_alone_is_no_plan_b_and_that_is_said_once():
    settings = discover({"OPENAI_API_KEY": CANARY})
    assert settings.warnings == (
        "no plan B: openai is all there is; a second key helps (ANTHROPIC_API_KEY)",
    )


def test_a_model_server_on_this_machine_is_found_and_its_port_left_to_it():
    settings = discover({"OPENAI_API_KEY": CANARY}, llama)
    routes = {name: route.targets for name, route in settings.topology.routes.items()}
    assert routes["own-model"] == ("llama.cpp/own-model",)
    assert routes["gpt-5.2"] == ("openai/gpt-5.2", "llama.cpp/llama-3.3-70b")
    assert settings.server.listen.port == 8081
    assert settings.warnings == ("no plan B for 2 of 6 models: llama-3.3-70b, own-model",)
    assert settings.notes[1] == ("llama.cpp at http://127.0.0.1:8080/v1: llama-3.3-70b, own-model")


def test_retired_models_are_left_out():
    assert "gpt-4-old" in discover(BOTH, today="2026-11-30").topology.routes
    assert "gpt-4-old" not in discover(BOTH, today="2026-12-01").topology.routes


def test_a_key_that_opens_nothing_without_a_file_is_named():
    settings = discover({**BOTH, "AZURE_OPENAI_API_KEY": CANARY})
    assert settings.notes[2].startswith("AZURE_OPENAI_API_KEY alone is not enough")
    assert CANARY not in settings.notes[2]


def test_nothing_at_all_is_an_error_that_says_what_to_do():
    with pytest.raises(ConfigError) as caught:
        discover({"OPENAI_API_KEY": "  "})
    text = str(caught.value)
    assert "ANTHROPIC_API_KEY, OPENAI_API_KEY" in text
    assert "http://127.0.0.1:8080/v1" in text
    assert "understudy demo" in text


def test_the_command_line_may_say_where_to_listen_but_not_open_the_door():
    assert discover(BOTH, listen="127.0.0.1:0").server.listen.port == 0
    with pytest.raises(ConfigError, match="spend your money"):
        discover(BOTH, listen="0.0.0.0:8080")


def test_the_real_catalogue_gives_every_route_a_plan_b():
    known = load_catalogue()
    keys = {kind.key_env[0]: f"key-{kind.name}" for kind in known.kinds if kind.key_env}
    settings = from_environment(keys, nobody, today="2026-11-24")
    routes = settings.topology.routes.values()
    assert len(routes) > 100
    for route in routes:
        if route.operation is not Operation.CHAT:
            continue  # a model of vectors may have one host in the world
        assert len({settings.topology.targets[name].provider for name in route.targets}) > 1
