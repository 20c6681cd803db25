"""How to sample and where to stop, as far as there are words."""

from typing import Any

import msgspec
import pytest
from tests.dialects.bedrock_converse.talk import ENDPOINT, asking, built, paths

from understudy.chat.request import ReasoningConfig, Sampling

CLAUDE = msgspec.structs.replace(ENDPOINT, accepts=frozenset({"sampling.top_k", "thinking"}))
NOVA = msgspec.structs.replace(
    ENDPOINT,
    accepts=frozenset({"sampling.top_k"}),
    renames={"top_k": "inferenceConfig.topK"},
)


def said(endpoint=ENDPOINT, **fields: Any):
    body, losses = built(asking(**fields), endpoint)
    return body.get("inferenceConfig"), body.get("additionalModelRequestFields"), paths(losses)


def sampling(endpoint=ENDPOINT, **fields: Any):
    return said(endpoint, sampling=Sampling(**fields))


def test_words_for_it() -> None:
    config, more, losses = said(
        max_output_tokens=9, stop=("a", " "), sampling=Sampling(temperature=0.5, top_p=0.9)
    )
    assert config == {"maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["a"]}
    assert (more, losses) == (None, ["stop[1]"])


def test_top_k_goes_where_the_model_has_it() -> None:
    assert sampling(CLAUDE, top_k=3)[1:] == ({"top_k": 3}, [])
    assert sampling(NOVA, top_k=3)[1:] == ({"inferenceConfig": {"topK": 3}}, [])
    assert sampling(top_k=3)[1:] == (None, ["sampling.top_k"])


@pytest.mark.parametrize(("given", "sent"), [(1.7, 1.0), (-0.5, 0.0)])
def test_temperatures_have_bounds(given: float, sent: float) -> None:
    config, _, losses = sampling(temperature=given)
    assert config == {"temperature": sent}
    assert losses == ["sampling.temperature"]


def test_later_models_take_a_temperature_or_a_top_p() -> None:
    assert sampling(CLAUDE, temperature=0.5, top_p=0.9) == (
        {"temperature": 0.5},
        None,
        ["sampling.top_p"],
    )
    assert sampling(CLAUDE, temperature=0.5, top_p=1.0) == ({"temperature": 0.5}, None, [])
    assert sampling(CLAUDE, temperature=1.0, top_p=0.9) == ({"topP": 0.9}, None, [])


def test_thinking_excludes_other_ways_to_sample() -> None:
    thinks = ReasoningConfig(True)
    config, more, losses = said(
        CLAUDE, reasoning=thinks, sampling=Sampling(temperature=0.5, top_k=3)
    )
    assert (config, more) == (None, {"thinking": {"type": "adaptive"}})
    assert losses == ["sampling.temperature", "sampling.top_k"]
    assert said(CLAUDE, reasoning=thinks, sampling=Sampling(top_p=0.9))[2] == ["sampling.top_p"]


def test_limits_fit_the_model() -> None:
    short = msgspec.structs.replace(ENDPOINT, max_output_tokens=5)
    assert said(short, max_output_tokens=9) == ({"maxTokens": 5}, None, ["max_output_tokens"])
    assert said(max_output_tokens=0) == ({"maxTokens": 1}, None, ["max_output_tokens"])
    assert said(short) == (None, None, [])


def test_what_has_no_word_or_is_refused_is_lost() -> None:
    losses = sampling(seed=1, n=2, frequency_penalty=0.1)[2]
    assert losses == ["sampling.frequency_penalty", "sampling.seed", "sampling.n"]
    assert sampling(n=1, frequency_penalty=0.0)[2] == []
    refuses = msgspec.structs.replace(ENDPOINT, rejects=frozenset({"sampling.temperature", "stop"}))
    assert said(refuses, stop=("a",), sampling=Sampling(temperature=0.1)) == (
        None,
        None,
        ["sampling.temperature", "stop"],
    )
