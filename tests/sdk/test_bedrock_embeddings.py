"""boto3 asks for vectors through InvokeModel; Titan and Cohere at Bedrock as targets, too."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3  # type: ignore[import-untyped]
import openai
import pytest
from botocore.config import Config  # type: ignore[import-untyped]

from tests.system.processes import gateway, simulators
from understudy.operations.embeddings import Item
from understudy.sim.tasks import DIMENSION, numbers

MODELS = {
    "embed": "m",
    "titan": "amazon.titan-embed-text-v2:0",
    "cohere": "cohere.embed-english-v3",
}
"""The model of each route's target."""

CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
enabled = false
[providers.aws]
kind = "bedrock"
base_url = "AWS"
key = "env:BEDROCK_KEY"
[providers.aws.models."amazon.titan-embed-text-v2:0"]
space = "m"
dimension = {DIMENSION}
[providers.aws.models."cohere.embed-english-v3"]
space = "m"
dimension = {DIMENSION}
[providers.other]
kind = "openai-compatible"
base_url = "OTHER/v1"
auth = "none"
[providers.other.models.m]
space = "m"
dimension = {DIMENSION}
[routes.embed]
operation = "embeddings"
targets = ["other/m"]
[routes.titan]
operation = "embeddings"
targets = ["aws/amazon.titan-embed-text-v2:0"]
[routes.cohere]
operation = "embeddings"
targets = ["aws/cohere.embed-english-v3"]
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("vectors")
    with simulators(folder, "aws=bedrock_embeddings:0", "other=openai_embeddings:0") as providers:
        text = CONFIG.replace("AWS", providers.urls["aws"])
        text = text.replace("OTHER", providers.urls["other"])
        path = folder / "understudy.toml"
        with gateway(path, text, {"BEDROCK_KEY": "canary-bedrock-5d"}) as running:
            yield running.url


@pytest.fixture
def bedrock(url: str) -> Iterator[Any]:
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKIDUNDERSTUDYTEST01",
        aws_secret_access_key="none",
        config=Config(retries={"max_attempts": 1}, read_timeout=20),
    )
    with closing(client):
        yield client


def ask(client: Any, route: str, **body: object) -> dict[str, Any]:
    answer = client.invoke_model(modelId=route, body=json.dumps(body))
    read: dict[str, Any] = json.loads(answer["body"].read())
    return read


def vector(route: str, text: str) -> list[float]:
    return numbers(MODELS[route], Item((text,)), DIMENSION)


@pytest.mark.parametrize("route", ["embed", "titan", "cohere"])
def test_both_bodies_reach_every_target(bedrock: Any, route: str) -> None:
    titan = ask(bedrock, route, inputText="hello", normalize=True)
    assert titan["embedding"] == titan["embeddingsByType"]["float"] == vector(route, "hello")
    said = ask(bedrock, route, texts=["hello", "world"], input_type="search_query")
    assert said["embeddings"] == [vector(route, "hello"), vector(route, "world")]


def test_openais_client_reaches_titan_in_portions(url: str) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0, timeout=15) as client:
        raw = client.embeddings.with_raw_response.create(model="titan", input=["a", "b", "c"])
    assert raw.headers["x-understudy-portions"] == "3"
    said = [list(each.embedding) for each in raw.parse().data]
    assert said == [vector("titan", text) for text in "abc"]


def test_vectors_are_not_asked_of_a_chat(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException):
        ask(bedrock, "embed", prompt="hello", max_gen_len=9)
