"""OpenAI's and Mistral's clients ask for a verdict; the first target fails."""

from collections.abc import Iterator

import openai
import pytest
from mistralai.client import Mistral

from tests.sdk.operations import KEY, Offer, Running, broken_first, post

OFFERS = {
    "openai": Offer("openai_moderation", "/v1/moderations"),
    "mistral": Offer("mistral_moderation", "/mistral/v1/moderations"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with broken_first(tmp_path_factory.mktemp("moderation"), "moderation", OFFERS) as running:
        yield running


@pytest.mark.parametrize("name", OFFERS)
def test_openais_client_hears_either_lab(name: str, running: Running) -> None:
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as client:
        said = client.moderations.create(model=name, input=["all is well", "so much violence"])
    assert [result.flagged for result in said.results] == [False, True]
    assert [result.categories.violence for result in said.results] == [False, True]
    assert said.results[1].category_scores.violence == 0.99


@pytest.mark.parametrize("name", OFFERS)
def test_mistrals_client_hears_either_lab(name: str, running: Running) -> None:
    with Mistral(api_key=KEY, server_url=f"{running.url}/mistral") as client:
        said = client.classifiers.moderate(model=name, inputs=["all is well", "so much hate"])
    flags = [result.categories or {} for result in said.results]
    assert [each["hate_and_discrimination"] for each in flags] == [False, True]


def test_a_mistake_is_told(running: Running) -> None:
    answer = post(running, "/v1/moderations", {"model": "openai", "input": []})
    assert answer.status_code == 400
    assert "expected 1 to" in answer.json()["error"]["message"]
