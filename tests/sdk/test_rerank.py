"""Cohere's client, and plain requests, ask for a ranking; the first target fails."""

from collections.abc import Iterator
from typing import Any

import cohere
import httpx
import pytest

from tests.sdk.operations import KEY, Offer, Running, broken_first, post

OFFERS = {
    "cohere": Offer("cohere_rerank", "/v2/rerank"),
    "jina": Offer("jina_rerank", "/v1/rerank"),
    "voyage": Offer("voyage_rerank", "/voyage/v1/rerank"),
    "bedrock": Offer("bedrock_rerank", "/model/{model}/invoke"),
}
DOCUMENTS = ["nothing here", "the capital of France", "capital", "France has a capital city"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with broken_first(tmp_path_factory.mktemp("rerank"), "rerank", OFFERS) as running:
        yield running


@pytest.mark.parametrize("name", OFFERS)
def test_coheres_client_gets_every_providers_ranking(name: str, running: Running) -> None:
    with httpx.Client() as wire:
        client = cohere.ClientV2(api_key=KEY, base_url=running.url, httpx_client=wire)
        said = client.rerank(model=name, query="capital of france", documents=DOCUMENTS, top_n=2)
    assert [row.index for row in said.results] == [1, 3]
    assert [row.relevance_score for row in said.results] == [1.0, 0.6667]


@pytest.mark.parametrize("name", OFFERS)
def test_other_spellings_get_it_too(name: str, running: Running) -> None:
    body: dict[str, Any] = {"model": name, "query": "capital", "documents": DOCUMENTS}
    jina = post(running, "/v1/rerank", {**body, "top_n": 1, "return_documents": True})
    (row,) = jina.json()["results"]
    assert row == {"index": 1, "relevance_score": 1.0, "document": {"text": DOCUMENTS[1]}}
    voyage = post(running, "/voyage/v1/rerank", {**body, "top_k": 1})
    assert voyage.json()["data"] == [{"index": 1, "relevance_score": 1.0}]
    assert voyage.headers["x-understudy-target"] == f"{name}/m"
    amazon = {"query": "capital", "documents": DOCUMENTS, "top_n": 1, "api_version": 2}
    bedrock = post(running, f"/model/{name}/invoke", amazon)
    assert bedrock.json() == {"results": [{"index": 1, "relevance_score": 1.0}]}


def test_a_mistake_is_told_in_the_callers_shape(running: Running) -> None:
    answer = post(running, "/v2/rerank", {"model": "cohere", "query": "q", "documents": []})
    assert answer.status_code == 400
    assert "expected 1 to" in answer.json()["message"]
    answer = post(running, "/v1/embeddings", {"model": "cohere", "input": "a"})
    assert "serves rerank, not embeddings" in answer.json()["error"]["message"]
