"""Routes for other operations than chat: who may be in one, and what each target is then."""

import pytest
from tests.config.world import only

from understudy.chat.endpoint import Capability
from understudy.config.errors import ConfigError
from understudy.config.load import load
from understudy.operations.embeddings import Space
from understudy.operations.kinds import Operation

KEYS = {"OPENAI_API_KEY": "sk-a", "VOYAGE_API_KEY": "v-a", "AZURE_OPENAI_API_KEY": "az-a"}
OPENAI = '[providers.openai]\nkey = "env:OPENAI_API_KEY"\n'
AZURE = """
[providers.azure-openai]
base_url = "https://mine.openai.azure.com"
key = "env:AZURE_OPENAI_API_KEY"
[providers.azure-openai.models.text-embedding-3-small]
upstream = "my-deployment"
"""
VOYAGE = '[providers.voyage]\nkey = "env:VOYAGE_API_KEY"\n'
LOCAL = """
[providers.local]
kind = "openai-compatible"
base_url = "http://127.0.0.1:9/v1"
[providers.local.operations.embeddings]
dialect = "cohere_embeddings"
path = "/embed"
batch = 96
capabilities = ["dimensions"]
"""


def settings(tmp_path, text: str):
    file = tmp_path / "understudy.toml"
    file.write_text(text)
    return load(file, KEYS)


def refused(tmp_path, text: str):
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text)
    return only(list(caught.value.problems))


def test_one_model_at_two_hosts_is_one_space(tmp_path):
    route = '[routes.embed]\ntargets = ["openai/text-embedding-3-small", '
    route += '"azure-openai/text-embedding-3-small"]\n'
    topology = settings(tmp_path, OPENAI + AZURE + route).topology
    assert topology.routes["embed"].operation is Operation.EMBEDDINGS
    here, there = topology.targets.values()
    assert here.space == there.space == Space("openai/text-embedding-3-small", 1536, True)
    assert (here.endpoint.dialect, here.endpoint.path) == ("openai_embeddings", "/v1/embeddings")
    assert there.endpoint.path == "/openai/v1/embeddings"
    assert there.endpoint.model == "my-deployment"
    assert (here.batch, there.batch) == (2048, 2048)


def test_two_models_are_two_spaces_and_never_one_route(tmp_path):
    route = '[routes.embed]\ntargets = ["openai/text-embedding-3-small", "voyage/voyage-4"]\n'
    problem = refused(tmp_path, OPENAI + VOYAGE + route)
    assert problem.path == "routes.embed.targets"
    assert "voyage/voyage-4;dimension=1024" in problem.found
    assert "one `space`" in problem.hint


def test_a_model_that_nobody_knows_is_in_a_space_of_its_own_unless_the_file_says(tmp_path):
    route = '[routes.embed]\noperation = "embeddings"\ntargets = ["local/e", "voyage/e"]\n'
    assert "local/e (local/e)" in refused(tmp_path, LOCAL + VOYAGE + route).found
    said = "".join(
        f'[providers.{name}.models.e]\nspace = "ours"\ndimension = 7\n'
        for name in ("local", "voyage")
    )
    topology = settings(tmp_path, LOCAL + VOYAGE + said + route).topology
    assert {target.space for target in topology.targets.values()} == {Space("ours", 7)}


def test_the_file_says_how_a_server_offers_an_operation(tmp_path):
    route = '[routes.embed]\noperation = "embeddings"\ntargets = ["local/e"]\n'
    (target,) = settings(tmp_path, LOCAL + route).topology.targets.values()
    assert (target.endpoint.dialect, target.endpoint.path) == ("cohere_embeddings", "/v1/embed")
    assert target.batch == 96
    assert target.capabilities == {Capability.DIMENSIONS}


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        (
            VOYAGE + '[routes.a]\noperation = "chat"\ntargets = ["voyage/voyage-4"]',
            "voyage for chat",
            "voyage offers embeddings",
        ),
        (
            OPENAI + '[routes.a]\noperation = "rerank"\ntargets = ["openai/x"]',
            "openai for rerank",
            "openai offers chat",
        ),
        (
            LOCAL
            + '[routes.a]\ntargets = ["local/e"]\n'
            + '[routes.b]\noperation = "embeddings"\ntargets = ["local/e"]',
            "chat and embeddings at one target",
            "one operation a target",
        ),
    ],
)
def test_what_a_target_does_not_do_is_refused(tmp_path, text: str, found: str, expected: str):
    problem = refused(tmp_path, text)
    assert found in problem.found
    assert expected in problem.expected


def test_an_operation_that_there_is_not(tmp_path):
    problem = refused(tmp_path, LOCAL.replace("operations.embeddings", "operations.singing"))
    assert '"embeddings"' in problem.expected


def test_a_model_that_cannot_do_all_of_its_operation_is_not_asked_to(tmp_path):
    route = '[routes.{}]\ntargets = ["openai/{}"]\n'
    names = ("text-embedding-3-small", "text-embedding-ada-002", "gpt-image-1", "dall-e-3")
    text = OPENAI + "".join(route.format(name.replace(".", ""), name) for name in names)
    targets = settings(tmp_path, text).topology.targets
    found = {name.removeprefix("openai/"): target.capabilities for name, target in targets.items()}
    assert found == {
        "text-embedding-3-small": {Capability.DIMENSIONS, Capability.TOKEN_INPUT},
        "text-embedding-ada-002": {Capability.TOKEN_INPUT},
        "gpt-image-1": {Capability.EDITS, Capability.STREAMING},
        "dall-e-3": frozenset(),
    }
