"""An address is what the file says, or follows from region and project."""

import pytest
from tests.config.world import kind

from understudy.config.location import chat_path, locate, of_deployment
from understudy.config.schema import ProviderTable
from understudy.config.values import BaseUrl, SecretSource

CLOUD = kind(
    "cloud",
    base_url_form="https://{region}-ai.example.com/v1/projects/{project}/locations/{region}",
    base_urls={"global": "https://ai.example.com/v1/projects/{project}/locations/global"},
    region_env=("CLOUD_REGION", "CLOUD_DEFAULT_REGION"),
    project_env=("CLOUD_PROJECT",),
)
HOSTED = kind(
    "hosted",
    base_path="/openai/v1",
    versioned_path="/openai/deployments/{deployment}{path}?api-version={api_version}",
)


def url(table, environment=None, of=CLOUD):
    found = locate(of, table, "providers.x", environment or {})
    return found.url.text if found.url else [problem.found for problem in found.problems]


def test_region_and_project_make_an_address():
    table = ProviderTable(region="europe-west4", project="p-1")
    expected = "https://europe-west4-ai.example.com/v1/projects/p-1/locations/europe-west4"
    assert url(table) == expected
    known = {"CLOUD_DEFAULT_REGION": "europe-west4", "CLOUD_PROJECT": "p-1", "CLOUD_REGION": " "}
    assert url(ProviderTable(), known) == expected
    assert locate(CLOUD, ProviderTable(), "x", known).region == "europe-west4"


def test_a_region_may_be_named_otherwise():
    table = ProviderTable(region="global", project="p")
    assert url(table) == "https://ai.example.com/v1/projects/p/locations/global"


def test_what_is_missing_is_asked_for_all_at_once():
    assert url(ProviderTable()) == ["no `region`", "no `project`"]
    problem = locate(CLOUD, ProviderTable(region="r"), "providers.x", {}).problems[0]
    assert problem.hint == "add project, or set CLOUD_PROJECT"


@pytest.mark.parametrize("bad", ["a/b", "a.example.com/", "a b", "a@b", "a?b", "a:1", "a.b"])
def test_what_would_lead_elsewhere_is_refused(bad):
    assert url(ProviderTable(region=bad, project="p")) == [
        "a `region` that can be no part of a URL"
    ]


def test_a_key_may_open_an_address_without_either():
    keyed = kind(
        "keyed",
        base_url_form=CLOUD.base_url_form,
        base_urls={"": "https://ai.example.com/v1/publishers/x"},
    )
    table = ProviderTable(key=SecretSource("env", "KEY"))
    assert url(table, of=keyed) == "https://ai.example.com/v1/publishers/x"
    assert url(ProviderTable(), of=keyed) == ["no `region`", "no `project`"]
    assert url(ProviderTable(key=table.key, project="p"), of=keyed) == ["no `region`"]


def test_an_address_in_the_file_needs_neither():
    table = ProviderTable(base_url=BaseUrl.parse("http://127.0.0.1:9/v1"))
    assert url(table) == "http://127.0.0.1:9/v1"
    assert locate(CLOUD, table, "x", {"CLOUD_REGION": "r"}).region == "r"


def test_a_kind_without_any_wants_one():
    assert url(ProviderTable(), of=kind("own")) == ["no `base_url`"]


@pytest.mark.parametrize("base", ["", "/openai", "/openai/v1"])
def test_a_dated_api_has_paths_of_deployments(base):
    path = chat_path(HOSTED, base, "2024-10-21")
    assert path == "/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21"
    assert of_deployment(path, "gpt 4/o").startswith("/openai/deployments/gpt%204%2Fo/chat")


def test_without_a_version_nothing_changes():
    assert chat_path(HOSTED, "", None) == "/openai/v1/chat/completions"
    assert chat_path(HOSTED, "/gate/openai", "2024-10-21").startswith("/gate/openai/deployments/")
    assert chat_path(kind("plain"), "/v1", "2024-10-21") == "/v1/chat/completions"
    assert of_deployment("/v1/chat/completions", "m") == "/v1/chat/completions"
