"""Lists of every known form give the same facts; what cannot be true is not believed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.lists import LITELLM, MODELS_DEV, OPENROUTER

from understudy.chat.endpoint import Capability
from understudy.providers.price import Price
from understudy.providers.public_lists import Entry, PublicList, UnreadableList, read_list

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "models",
                    "id",
                    "litellm_provider",
                    "mode",
                    "limit",
                    "cost",
                    "input",
                    "output",
                    "pricing",
                    "prompt",
                    "context_length",
                    "modalities",
                    "deprecation",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


def one(*models: object) -> PublicList:
    return read_list(json.dumps({"data": models}).encode())


def test_the_list_of_many_hosts():
    listed = read_list(MODELS_DEV)
    assert listed.form == "models.dev's list"
    assert [(each.provider, each.id) for each in listed.entries] == [
        ("openai", "gpt-5-mini"),
        ("openai", "gpt-99"),
        ("nobody-we-know", "x"),
    ]
    mini, _, _ = listed.entries
    assert mini == Entry(
        "openai",
        "gpt-5-mini",
        context_window=500_000,
        max_output_tokens=128_000,
        price=Price(input=0.2, cache_read=0.02, output=1.6),
        capabilities=frozenset(
            {Capability.TOOLS, Capability.REASONING, Capability.VISION, Capability.STREAMING}
        ),
    )


def test_the_file_of_prices_for_a_token():
    listed = read_list(LITELLM)
    assert listed.form == "LiteLLM's price file"
    oss, new = listed.entries
    assert (oss.provider, oss.id) == ("groq", "openai/gpt-oss-120b")
    assert (oss.price, oss.context_window, oss.retires) == (
        Price(input=0.1, output=0.5),
        131_072,
        "2027-03-01",
    )
    assert (new.provider, new.id, new.price) == ("together_ai", "new/one", None)
    assert new.capabilities == frozenset({Capability.VISION, Capability.STREAMING})


def test_a_providers_own_list():
    listed = read_list(OPENROUTER)
    assert listed.form == "a provider's list"
    (big,) = listed.entries
    assert big == Entry(
        "",
        "acme/big",
        context_window=163_840,
        max_output_tokens=32_768,
        price=Price(input=2.5, output=10.0),
        capabilities=frozenset(
            {Capability.TOOLS, Capability.JSON_SCHEMA, Capability.VISION, Capability.STREAMING}
        ),
        retires="2027-01-31",
    )


def test_lists_that_say_less_say_less_here():
    plain = one({"id": "a"}, {"object": "no model"}, 7).entries
    assert plain == (Entry("", "a"),)
    google = {"models": [{"name": "models/g", "inputTokenLimit": 9, "outputTokenLimit": 3}]}
    assert read_list(json.dumps(google).encode()).entries == (
        Entry("", "g", context_window=9, max_output_tokens=3),
    )
    together = [{"id": "t", "context_length": 8, "pricing": {"input": 0.2, "output": 0.3}}]
    assert read_list(json.dumps(together).encode()).entries == (
        Entry("", "t", context_window=8, price=Price(input=0.2, output=0.3)),
    )


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"context_length": -5}, "context window -5"),
        ({"context_length": 10**12}, "context window"),
        ({"max_output_tokens": -1}, "output limit -1"),
        ({"pricing": {"input": -1, "output": 1}}, "price"),
        ({"pricing": {"prompt": 2.5, "completion": 10}}, "price"),  # dollars a million, they meant
        ({"deprecation": "soon"}, "last day soon"),
    ],
)
def test_what_cannot_be_true_is_left_out_and_named(facts, reason):
    listed = one({"id": "m", **facts})
    assert listed.entries == (Entry("", "m"),)
    (refused,) = listed.refused
    assert refused.startswith(f"m: found {reason}")


def test_a_name_that_is_none_is_left_out():
    listed = one({"id": "a\nb"}, {"id": "x" * 201}, {"id": "good"})
    assert [entry.id for entry in listed.entries] == ["good"]
    assert len(listed.refused) == 2


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"7", "found int"),
        (b'{"a": {"b": 1}}', "an object with 1 names"),
    ],
)
def test_what_is_no_list_is_refused(data, found):
    with pytest.raises(UnreadableList, match=found):
        read_list(data)


def test_a_list_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("understudy.providers.public_lists.MOST_ENTRIES", 2)
    with pytest.raises(UnreadableList, match="more than 2"):
        one({"id": "a"}, {"id": "b"}, {"id": "c"})


@given(JSON)
def test_any_json_is_read_or_refused(value):
    try:
        listed = read_list(json.dumps(value).encode())
    except UnreadableList:
        return
    for entry in listed.entries:
        assert entry.context_window is None or entry.context_window > 0
        assert entry.retires is None or len(entry.retires) == 10
