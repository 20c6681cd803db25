"""Sampling and stop sequences."""

import msgspec
import pytest
from tests.dialects.anthropic_messages.talk import ENDPOINT, built, raw, request

from understudy.chat.parts import Text
from understudy.chat.request import ReasoningConfig, Sampling

FIELDS = ("temperature", "top_p", "top_k", "stop_sequences")


def sampled(stop=(), *, thinks=False, rejects=(), **fields) -> tuple[dict, set[str]]:
    asked = request(
        Text("hi"),
        sampling=Sampling(**fields),
        stop=stop,
        reasoning=ReasoningConfig(enabled=True) if thinks else None,
    )
    body, lost = built(asked, msgspec.structs.replace(ENDPOINT, rejects=frozenset(rejects)))
    return {name: body[name] for name in FIELDS if name in body}, lost


@pytest.mark.parametrize(
    ("fields", "said", "lost"),
    [
        ({"temperature": 0.5, "top_k": 3}, {"temperature": 0.5, "top_k": 3}, set()),
        ({"temperature": 1.7}, {"temperature": 1.0}, {"~sampling.temperature"}),
        ({"temperature": 0.5, "top_p": 1.0}, {"temperature": 0.5}, set()),
        ({"temperature": 1.0, "top_p": 0.5}, {"top_p": 0.5}, set()),
        ({"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5}, {"sampling.top_p"}),
        ({"seed": 1, "min_p": 0.1}, {}, {"sampling.seed", "sampling.min_p"}),
        ({"logit_bias": raw({}), "n": 2}, {}, {"sampling.logit_bias", "sampling.n"}),
        ({"logprobs": True, "top_logprobs": 3}, {}, {"sampling.logprobs", "sampling.top_logprobs"}),
        (
            {"n": 1, "frequency_penalty": 0.0, "repetition_penalty": 1.0, "logprobs": False},
            {},
            set(),
        ),
        ({"frequency_penalty": 0.1}, {}, {"sampling.frequency_penalty"}),
    ],
)
def test_what_can_be_said_of_sampling(fields, said, lost):
    assert sampled(**fields) == (said, lost)


def test_thinking_excludes_other_ways_to_sample():
    found, lost = sampled(thinks=True, temperature=0.5, top_k=3, top_p=0.5)
    assert found == {}
    assert lost == {"sampling.temperature", "sampling.top_k", "sampling.top_p"}
    assert sampled(thinks=True, top_p=0.96) == ({"top_p": 0.96}, set())
    assert sampled(thinks=True, temperature=1.0) == ({"temperature": 1.0}, set())


def test_what_a_model_refuses_is_lost():
    rejects = {"sampling.temperature", "stop"}
    assert sampled(("x",), rejects=rejects, temperature=0.5) == ({}, rejects)


def test_stop_sequences_hold_more_than_white_space():
    assert sampled(("a", "\n", "b")) == ({"stop_sequences": ["a", "b"]}, {"stop[1]"})
    assert sampled(("\n",)) == ({}, {"stop[0]"})
