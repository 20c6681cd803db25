"""What each lab calls things, both ways."""

from typing import Any

import pytest
from tests.dialects.bedrock_invoke.bodies import request, streamed, whole

from understudy.dialects.bedrock_invoke.labs import LABS

CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "titan": (
        "m",
        {"inputText": "hi", "textGenerationConfig": {"maxTokenCount": 9, "stopSequences": ["|"]}},
        {
            "inputTextTokenCount": 3,
            "results": [{"tokenCount": 2, "outputText": "hi there", "completionReason": "FINISH"}],
        },
        {
            "outputText": "",
            "index": 0,
            "totalOutputTextTokenCount": 2,
            "completionReason": "FINISH",
            "inputTextTokenCount": 3,
        },
    ),
    "llama": (
        "m",
        {"prompt": "hi", "max_gen_len": 9},
        {
            "generation": "hi there",
            "prompt_token_count": 3,
            "generation_token_count": 2,
            "stop_reason": "stop",
        },
        {
            "generation": "",
            "prompt_token_count": 3,
            "generation_token_count": 2,
            "stop_reason": "stop",
        },
    ),
    "mistral": (
        "m",
        {"prompt": "hi", "max_tokens": 9, "stop": ["|"]},
        {"outputs": [{"text": "hi there", "stop_reason": "stop"}]},
        {"outputs": [{"text": "", "stop_reason": "stop"}]},
    ),
    "deepseek": (
        "us.deepseek.r1-v1:0",
        {"prompt": "hi", "max_tokens": 9, "stop": ["|"]},
        {"choices": [{"text": "hi there", "stop_reason": "stop"}]},
        {"choices": [{"text": "", "stop_reason": "stop"}]},
    ),
    "command": (
        "m",
        {"prompt": "hi", "max_tokens": 9, "p": 0.5, "stop_sequences": ["|"]},
        {
            "id": "0",
            "generations": [{"id": "0", "text": "hi there", "finish_reason": "COMPLETE"}],
            "prompt": "hi",
        },
        {
            "id": "0",
            "generations": [{"id": "0", "text": "", "finish_reason": "COMPLETE"}],
            "prompt": "",
        },
    ),
    "claude": (
        "anthropic.claude-v2:1",
        {"prompt": "hi", "max_tokens_to_sample": 9, "stop_sequences": ["|"]},
        {
            "type": "completion",
            "completion": "hi there",
            "stop_reason": "stop_sequence",
            "stop": None,
        },
        {"type": "completion", "completion": "", "stop_reason": "stop_sequence", "stop": None},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_lab_is_asked_and_answers_in_its_own_words(name: str) -> None:
    model, asked, answer, end = CASES[name]
    found = request(asked, model=model)
    assert list(found.extensions) == [f"bedrock_invoke.{name}"]
    assert found.max_output_tokens == 9
    assert found.stop == ((("|",)) if name != "llama" else ())
    assert whole(found) == answer
    events = streamed(request(asked, model=model, stream=True))
    assert len(events) == 3
    assert events[-1] == end


@pytest.mark.parametrize(
    ("model", "name"), [("m", "llama"), ("mistral.m-7b", "mistral"), ("cohere.c", "command")]
)
def test_a_bare_prompt_is_told_by_the_name_of_the_model(model: str, name: str) -> None:
    assert f"bedrock_invoke.{name}" in request({"prompt": "hi"}, model=model).extensions


def test_every_lab_is_tried() -> None:
    assert {lab.name for lab in LABS} == CASES.keys()
