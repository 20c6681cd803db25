"""A cloud is used without a file where the environment leaves nothing to guess."""

import pytest
from tests.config.world import CANARY, CHAT, FROM, kind

from understudy.config import login as login_module
from understudy.config.clouds import ways_in
from understudy.config.discovery import from_environment
from understudy.config.errors import ConfigError
from understudy.providers.catalogue import Catalogue
from understudy.providers.facts import Auth, Labs, Listing, LoginFacts

RESOURCE = kind(
    "resource",
    title="Resource",
    auth=Auth("api-key"),
    base_url_example="https://NAME.example.com",
    base_path="/v1",
    base_url_env=("RESOURCE_ENDPOINT",),
    model_env=("RESOURCE_DEPLOYMENT",),
    key_env=("RESOURCE_KEY",),
    login=LoginFacts("entra", scope="s"),
    login_env=("CLIENT_ID",),
)
REGIONAL = kind(
    "regional",
    title="Regional",
    base_url_form="https://{region}.example.com/{project}",
    region_env=("REGION",),
    project_env=("PROJECT",),
    key_env=("REGIONAL_KEY",),
    login=LoginFacts("google", scope="s", is_usual=True),
    login_env=("USE_REGIONAL",),
    models=(Listing("m-1", FROM, capabilities=CHAT),),
)
KNOWN = Catalogue([RESOURCE, REGIONAL, kind("own", key_env=("OWN_KEY",))], Labs({}, {}, {}, {}))
ENDPOINT = {"RESOURCE_ENDPOINT": "https://n.example.com/", "RESOURCE_DEPLOYMENT": "chat-1, chat-2"}
PLACE = {"REGION": "eu", "PROJECT": "p"}


def test_an_endpoint_a_key_and_a_deployment_are_a_way_in():
    (way,), missing = ways_in(KNOWN, {**ENDPOINT, "RESOURCE_KEY": CANARY})
    assert not missing
    assert way.models == ("chat-1", "chat-2")
    assert str(way.table.key) == "env:RESOURCE_KEY"
    assert way.note == "Resource: key in RESOURCE_KEY"


def test_without_a_key_one_logs_in():
    (way,), _ = ways_in(KNOWN, {**ENDPOINT, "CLIENT_ID": "c"})
    assert (way.table.key, way.table.auth) == (None, "entra")
    assert ways_in(KNOWN, {"CLIENT_ID": "c"}) == ([], []), "who logs in may mean something else"


@pytest.mark.parametrize("meant", ["true", "1", "True"])
def test_region_and_project_are_a_way_in(meant):
    (way,), _ = ways_in(KNOWN, {**PLACE, "USE_REGIONAL": meant})
    assert (way.table.auth, way.models) == ("google", ())
    assert way.note == "Regional: login, for USE_REGIONAL is set"


@pytest.mark.parametrize("no", ["", "0", "false", " False "])
def test_who_says_no_is_not_logged_in(no):
    assert ways_in(KNOWN, {**PLACE, "USE_REGIONAL": no}) == ([], [])


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"RESOURCE_KEY": CANARY}, "RESOURCE_KEY alone is not enough for Resource: "
         "set RESOURCE_ENDPOINT, set RESOURCE_DEPLOYMENT; or a file ([providers.resource])"),
        ({**ENDPOINT, "RESOURCE_ENDPOINT": "nowhere", "RESOURCE_KEY": CANARY},
         "RESOURCE_ENDPOINT is no address"),
        ({"REGION": "eu", "REGIONAL_KEY": CANARY}, "set PROJECT;"),
        ({"OWN_KEY": CANARY}, "it has an address of its own, name its models"),
    ],
)  # fmt: skip
def test_what_is_there_in_part_is_said_and_left_alone(environment, said):
    ways, (text,) = ways_in(KNOWN, environment)
    assert not ways
    assert said in text
    assert CANARY not in text


def test_a_missing_library_is_said(monkeypatch):
    monkeypatch.setattr(login_module, "is_installed", lambda _: False)
    _, (text,) = ways_in(KNOWN, {**PLACE, "USE_REGIONAL": "1"})
    assert "pip install 'understudy[google]'" in text
    ways, _ = ways_in(KNOWN, {**PLACE, "REGIONAL_KEY": CANARY})
    assert ways, "a key needs no library"


def test_what_is_missing_is_said_where_nothing_else_is_there():
    with pytest.raises(ConfigError, match="set RESOURCE_ENDPOINT"):
        from_environment({"RESOURCE_KEY": CANARY}, lambda _: None, catalogue=KNOWN)


def test_what_is_found_becomes_routes():
    environment = {**ENDPOINT, **PLACE, "RESOURCE_KEY": CANARY, "USE_REGIONAL": "1"}
    settings = from_environment(environment, lambda _: None, catalogue=KNOWN)
    routes = {name: route.targets for name, route in settings.topology.routes.items()}
    assert routes["chat-1"] == ("resource/chat-1", "regional/m-1")
    assert settings.topology.targets["regional/m-1"].origin.host == "eu.example.com"
    assert list(settings.logins) == ["regional"]
    assert settings.credential_lines("resource/chat-1").startswith(b"api-key: ")
    assert CANARY not in repr(settings)
