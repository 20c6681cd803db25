"""A login says what is fetched for a provider, and what is missing for that."""

import json
import sys
from pathlib import Path

import pytest
from tests.config.world import CANARY, kind

from understudy.config.login import Login, LoginBuilder, is_installed, missing_library
from understudy.config.schema_login import LoginTable
from understudy.config.sources import Surroundings
from understudy.config.values import BaseUrl, SecretSource
from understudy.providers.facts import LoginFacts

AWS = kind("bedrock", login=LoginFacts("aws", service="bedrock"), region_env=("AWS_REGION",))
ENTRA = kind("azure", login=LoginFacts("entra", scope="https://x/.default"))


def build(scheme, table, of=AWS, region="eu-west-1", folder=Path(), **environment):
    builder = LoginBuilder("providers.x", Surroundings(environment, folder))
    return builder.build(scheme, table, of, region), builder.problems


def test_what_a_kind_knows_need_not_be_said():
    login, problems = build("aws", LoginTable(profile="p", role="arn:aws:iam::1:role/r"))
    assert not problems
    assert (login.service, login.region, login.profile) == ("bedrock", "eu-west-1", "p")
    assert login.role == "arn:aws:iam::1:role/r"
    login, problems = build("entra", LoginTable(), ENTRA)
    assert (login.scope, problems) == ("https://x/.default", [])


def test_the_file_outweighs_the_kind():
    login, _ = build("entra", LoginTable(scope="https://y/.default"), ENTRA)
    assert login.scope == "https://y/.default"


def test_a_kind_of_another_cloud_says_nothing():
    _, problems = build("google", LoginTable(), AWS)
    assert [(each.path, each.found) for each in problems] == [("providers.x.login", "no `scope`")]
    _, problems = build("aws", LoginTable(), ENTRA)
    assert [each.found for each in problems] == ["no `service`"]


def test_a_signature_is_for_a_region():
    _, problems = build("aws", LoginTable(), region=None)
    assert [(each.found, each.hint) for each in problems] == [
        ("no `region`", "add region, or set AWS_REGION")
    ]


def test_what_another_cloud_wants_is_a_mistake():
    _, problems = build("aws", LoginTable(tenant="t"))
    assert problems[0].path == "providers.x.login.tenant"
    assert problems[0].expected == "for aws: profile, role, service"


def test_a_secret_is_read_and_never_shown():
    source = SecretSource("env", "SECRET")
    table = LoginTable(tenant="t", client_id="c", client_secret=source)
    login, problems = build("entra", table, ENTRA, SECRET=CANARY)
    assert not problems
    assert login.client_secret is not None
    assert login.client_secret.reveal() == CANARY
    assert CANARY not in repr(login)


def test_a_secret_alone_lets_nobody_in():
    table = LoginTable(client_secret=SecretSource("env", "NOPE"))
    _, problems = build("entra", table, ENTRA)
    found = [each.found for each in problems]
    assert found[:2] == ["`client_secret`, but no `tenant`", "`client_secret`, but no `client_id`"]
    assert "NOPE is not set" in found[2]


def test_a_file_is_looked_for_in_the_folder_of_the_configuration(tmp_path):
    (tmp_path / "sa.json").write_text(json.dumps({}))
    table = LoginTable(credentials_file="sa.json", scope="s")
    login, problems = build("google", table, folder=tmp_path)
    assert (login.credentials_file, problems) == (tmp_path / "sa.json", [])
    _, problems = build("google", LoginTable(credentials_file="no", scope="s"), folder=tmp_path)
    assert "no such file" in problems[0].found


def test_an_authority_is_an_address():
    table = LoginTable(authority=BaseUrl.parse("https://login.example.com"))
    assert build("entra", table, ENTRA)[0].authority == "https://login.example.com"


@pytest.mark.parametrize(
    ("scheme", "module", "extra"),
    [
        ("aws", "botocore", "aws"),
        ("entra", "azure.identity", "azure"),
        ("google", "google.auth", "google"),
    ],
)
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    scheme, module, extra, monkeypatch
):
    assert list(missing_library(scheme, "providers.x")) == []
    for name in [
        name for name in sys.modules if name.partition(".")[0] == module.partition(".")[0]
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    problem = next(missing_library(scheme, "providers.x"))
    assert problem.found == f"auth is {scheme}, but {module} is not installed"
    assert problem.hint == f"pip install 'understudy[{extra}]'"


def test_a_module_of_no_package_is_not_installed():
    assert not is_installed("no_such_package.inside")
    assert is_installed("json")


def test_two_that_are_equal_fetch_the_same():
    assert Login("aws", region="a") == Login("aws", region="a") != Login("aws", region="b")
