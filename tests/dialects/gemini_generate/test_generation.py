"""`generationConfig`, read."""

import json

import pytest
from tests.dialects.gemini_generate.talk import parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import Format, ReasoningConfig, Request, Sampling
from understudy.dialects.gemini_generate.schema import NAME


def configured(**config: object) -> Request:
    return parsed(generationConfig=config)


def test_sampling_and_limits() -> None:
    found = configured(
        temperature=0.5, topP=0.9, top_k=40.0, candidateCount=2, seed=7, presencePenalty=1,
        frequency_penalty=-1, responseLogprobs=True, logprobs=3, maxOutputTokens=100,
        stopSequences=["x"], responseModalities=["TEXT", 2],
    )  # fmt: skip
    assert found.sampling == Sampling(
        temperature=0.5, top_p=0.9, top_k=40, n=2, seed=7, presence_penalty=1.0,
        frequency_penalty=-1.0, logprobs=True, top_logprobs=3,
    )  # fmt: skip
    assert (found.max_output_tokens, found.stop) == (100, ("x",))
    assert found.modalities == ("text", "image")


@pytest.mark.parametrize(
    ("config", "kind", "schema"),
    [
        ({"responseMimeType": "application/json"}, Format.JSON, None),
        ({"responseMimeType": "text/plain"}, Format.TEXT, None),
        ({"response_json_schema": {"type": "object"}}, Format.SCHEMA, {"type": "object"}),
        ({"_responseJsonSchema": {"type": "object"}}, Format.SCHEMA, {"type": "object"}),
        ({"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"}},
         Format.SCHEMA, {"type": "object"}),
    ],
)  # fmt: skip
def test_formats(config: dict, kind: Format, schema: dict | None) -> None:
    found = configured(**config).response_format
    assert found is not None
    assert found.kind is kind
    assert schema == (None if found.schema is None else json.loads(bytes(found.schema)))


@pytest.mark.parametrize(
    ("thinking", "found"),
    [
        ({"thinkingBudget": 0}, ReasoningConfig(enabled=False)),
        ({"thinkingBudget": -1}, ReasoningConfig(enabled=True)),
        ({"thinking_budget": 100, "include_thoughts": True},
         ReasoningConfig(enabled=True, budget_tokens=100, summary="auto")),
        ({"thinkingLevel": "HIGH"}, ReasoningConfig(enabled=True, effort="high")),
        ({"includeThoughts": True}, ReasoningConfig(summary="auto")),
        ({}, ReasoningConfig()),
    ],
)  # fmt: skip
def test_thinking(thinking: dict, found: ReasoningConfig) -> None:
    assert configured(thinkingConfig=thinking).reasoning == found


def test_what_nobody_knows_is_kept() -> None:
    found = configured(
        mediaResolution="LOW", responseMimeType="text/x.enum", responseSchema={"type": "STRING"},
        thinkingConfig={"depth": 1},
    )  # fmt: skip
    assert found.response_format is None
    assert json.loads(bytes(found.extensions[NAME]["generationConfig"])) == {
        "mediaResolution": "LOW",
        "responseMimeType": "text/x.enum",
        "responseSchema": {"type": "STRING"},
        "thinkingConfig": {"depth": 1},
    }


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"temperature": "hot"}, "generationConfig.temperature"),
        ({"topK": 1.5}, "generationConfig.topK"),
        ({"maxOutputTokens": -1}, "generationConfig.maxOutputTokens"),
        ({"stopSequences": "x"}, "generationConfig.stopSequences"),
        ({"thinkingConfig": {"thinkingLevel": 7}}, "generationConfig.thinkingConfig.thinkingLevel"),
        ({"topP": 1, "top_p": 1}, "generationConfig.topP"),
    ],
)
def test_mistakes_are_named(config: dict, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        configured(**config)
    assert caught.value.path == path
