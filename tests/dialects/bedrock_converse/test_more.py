"""Fields of models beyond Converse."""

from typing import Any

import pytest
from tests.dialects.bedrock_converse.talk import dump

from understudy.chat.request import ReasoningConfig
from understudy.dialects.bedrock_converse.more import More, read_more
from understudy.dialects.bedrock_converse.schema import Raw


def read(effort: str | None = None, **fields: Any) -> More:
    return read_more(Raw(dump(fields)), effort)


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        (
            {"thinking": {"type": "enabled", "budget_tokens": 9}},
            ReasoningConfig(True, budget_tokens=9),
        ),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}},
            ReasoningConfig(True, summary="omitted"),
        ),
        ({"thinking": {"type": "disabled"}}, ReasoningConfig(False)),
        (
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
            ReasoningConfig(True, "low"),
        ),
        ({"reasoning_effort": "high"}, ReasoningConfig(effort="high")),
        ({"output_config": {"effort": "max"}}, ReasoningConfig(effort="max")),
    ],
)
def test_how_to_think_is_understood_in_each_labs_words(
    fields: dict[str, Any], config: ReasoningConfig
) -> None:
    assert read(**fields) == More(None, config, {})


def test_top_k_is_understood_in_both_places() -> None:
    assert read(top_k=7) == More(7, None, {})
    assert read(inferenceConfig={"topK": 7}) == More(7, None, {})
    found = read(inferenceConfig={"topK": 7, "x": 1})
    assert found.top_k == 7
    assert bytes(found.rest["inferenceConfig"]) == b'{"x":1}'


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "enabled"}},
        {"thinking": {"type": "adaptive", "budget_tokens": 9}},
        {"thinking": {"type": "enabled", "budget_tokens": 9, "new": 1}},
        {"thinking": "high"},
        {"reasoningConfig": {"type": "maybe"}},
        {"reasoning_config": "high"},
        {"top_k": True},
        {"inferenceConfig": 7},
        {"anthropic_beta": ["a"]},
    ],
)
def test_what_is_not_understood_stays(fields: dict[str, Any]) -> None:
    found = read(**fields)
    assert (found.top_k, found.reasoning) == (None, None)
    assert set(found.rest) == set(fields)


def test_the_effort_of_converse_goes_first() -> None:
    found = read("low", reasoning_effort="high", thinking={"type": "adaptive"})
    assert found.reasoning == ReasoningConfig(True, "low")
    assert set(found.rest) == {"reasoning_effort"}
    assert read_more(None, None) == More(None, None, {})
