"""`generationConfig`, written."""

import json

import pytest
from msgspec import Raw
from msgspec.structs import replace
from tests.dialects.gemini_generate.talk import ENDPOINT

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.request import Format, ReasoningConfig, Request, ResponseFormat, Sampling
from understudy.dialects.gemini_generate.configure import configured
from understudy.dialects.gemini_generate.schema import NAME, encode

LEVELS = replace(ENDPOINT, rejects=frozenset({"reasoning.budget_tokens"}))
ALWAYS = replace(ENDPOINT, rejects=frozenset({"reasoning.budget_tokens", "reasoning.enabled"}))
PRO = replace(ENDPOINT, rejects=frozenset({"reasoning.effort", "reasoning.enabled"}))
BUDGETS = replace(ENDPOINT, rejects=frozenset({"reasoning.effort"}))
PLAIN = replace(
    ENDPOINT,
    capabilities=frozenset({Capability.STREAMING}),
    rejects=frozenset({"sampling.temperature"}),
    max_output_tokens=10,
)


def wrote(endpoint: Endpoint = ENDPOINT, **fields: object) -> tuple[dict, list[str]]:
    config, losses = configured(replace(Request("m", ()), **fields), endpoint)
    return json.loads(encode(config)), [loss.token for loss in losses]


def test_sampling_has_their_names() -> None:
    sampling = Sampling(0.5, 0.9, 40, n=2, seed=7, logprobs=True, top_logprobs=3)
    assert wrote(sampling=sampling, stop=("x",), max_output_tokens=5, modalities=("text",)) == (
        {
            "temperature": 0.5, "topP": 0.9, "topK": 40, "candidateCount": 2, "seed": 7,
            "responseLogprobs": True, "logprobs": 3, "stopSequences": ["x"],
            "maxOutputTokens": 5, "responseModalities": ["TEXT"],
        },
        [],
    )  # fmt: skip


def test_what_has_no_name_is_a_loss() -> None:
    sampling = Sampling(min_p=0.1, repetition_penalty=1.0, logit_bias=Raw(b"{}"))
    names = ["min_p", "repetition_penalty", "logit_bias"]
    _, losses = wrote(sampling=sampling, modalities=("smell",))
    assert losses == [*(f"sampling.{name}" for name in names), "modalities"]


def test_a_schema_of_another_dialect_is_said_as_it_is_enforced() -> None:
    schema = Raw(b'{"type":"object","properties":{"a":{"const":"x"},"b":{"pattern":"y"}}}')
    wanted = ResponseFormat(Format.SCHEMA, schema=schema)
    config, losses = wrote(response_format=wanted)
    assert config["responseJsonSchema"]["properties"]["a"] == {"enum": ["x"]}
    assert losses == ["~response_format.schema", "~response_format.schema"]
    config, losses = wrote(response_format=wanted, extensions={NAME: {}})
    assert (config["responseJsonSchema"], losses) == (json.loads(bytes(schema)), [])


@pytest.mark.parametrize(
    ("endpoint", "reasoning", "thinking", "lost"),
    [
        (ENDPOINT, ReasoningConfig(enabled=False), {"thinkingBudget": 0}, []),
        (LEVELS, ReasoningConfig(effort="none"), {"thinkingLevel": "minimal"},
         ["~reasoning.enabled"]),
        (ENDPOINT, ReasoningConfig(effort="low"), {"thinkingLevel": "low"}, []),
        (ALWAYS, ReasoningConfig(effort="none"), {"thinkingLevel": "low"},
         ["~reasoning.enabled"]),
        (ALWAYS, ReasoningConfig(effort="minimal"), {"thinkingLevel": "low"},
         ["~reasoning.effort"]),
        (ALWAYS, ReasoningConfig(budget_tokens=1), {"thinkingLevel": "low"},
         ["~reasoning.budget_tokens"]),
        (PRO, ReasoningConfig(enabled=False), {"thinkingBudget": 128}, ["~reasoning.enabled"]),
        (BUDGETS, ReasoningConfig(effort="low"), {"thinkingBudget": 1024}, ["~reasoning.effort"]),
        (ENDPOINT, ReasoningConfig(effort="max"), {"thinkingLevel": "high"},
         ["~reasoning.effort"]),
        (ENDPOINT, ReasoningConfig(effort="odd"), None, ["reasoning.effort"]),
        (ENDPOINT, ReasoningConfig(enabled=True, budget_tokens=99),
         {"thinkingBudget": 99, "includeThoughts": True}, []),
        (LEVELS, ReasoningConfig(budget_tokens=9000), {"thinkingLevel": "medium"},
         ["~reasoning.budget_tokens"]),
        (ENDPOINT, ReasoningConfig(enabled=True, summary="omitted"), {"thinkingBudget": -1}, []),
        (ENDPOINT, ReasoningConfig(summary="auto"), {"includeThoughts": True}, []),
        (ENDPOINT, ReasoningConfig(summary="detailed"), {"includeThoughts": True},
         ["~reasoning.summary"]),
        (PLAIN, ReasoningConfig(enabled=True), None, ["reasoning"]),
        (PLAIN, ReasoningConfig(enabled=False), None, []),
    ],
)  # fmt: skip
def test_thinking(
    endpoint: Endpoint, reasoning: ReasoningConfig, thinking: dict | None, lost: list[str]
) -> None:
    config, losses = wrote(endpoint, reasoning=reasoning)
    assert (config.get("thinkingConfig"), losses) == (thinking, lost)


@pytest.mark.parametrize(
    ("wanted", "config", "lost"),
    [
        (ResponseFormat(Format.TEXT), {"responseMimeType": "text/plain"}, []),
        (ResponseFormat(Format.JSON), {"responseMimeType": "application/json"}, []),
        (ResponseFormat(Format.SCHEMA, "n", "d", Raw(b'{"type":"null"}'), strict=False),
         {"responseMimeType": "application/json", "responseJsonSchema": {"type": "null"}},
         ["response_format.name", "response_format.description", "~response_format.strict"]),
    ],
)  # fmt: skip
def test_formats(wanted: ResponseFormat, config: dict, lost: list[str]) -> None:
    assert wrote(response_format=wanted) == (config, lost)


def test_a_target_gets_no_more_than_it_can_do() -> None:
    config, losses = wrote(
        PLAIN,
        response_format=ResponseFormat(Format.JSON),
        sampling=Sampling(temperature=1.0),
        max_output_tokens=99,
    )
    assert config == {"maxOutputTokens": 10}
    assert losses == ["sampling.temperature", "~max_output_tokens", "response_format"]


def test_own_fields_come_back() -> None:
    own = Raw(b'{"mediaResolution":"LOW","thinkingConfig":{"depth":1}}')
    config, losses = wrote(
        extensions={NAME: {"generationConfig": own}}, reasoning=ReasoningConfig(effort="low")
    )
    thinking = {"depth": 1, "thinkingLevel": "low"}
    assert config == {"mediaResolution": "LOW", "thinkingConfig": thinking}
    assert losses == []
