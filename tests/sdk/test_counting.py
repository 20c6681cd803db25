"""Anthropic's client asks how many tokens there are: of who counts, and where nobody does."""

import anthropic
import pytest

from tests.sdk.setting import user


def test_a_provider_of_its_own_dialect_counts(messages: anthropic.Anthropic) -> None:
    prompt = user("how many? " * 40)
    counted = messages.messages.count_tokens(model="messages", messages=prompt)
    said = messages.messages.create(model="messages", max_tokens=9, messages=prompt)
    assert counted.input_tokens == said.usage.input_tokens


def test_where_nobody_counts_it_is_guessed_and_said_so(messages: anthropic.Anthropic) -> None:
    prompt = user("how many? " * 40)
    exact = messages.messages.count_tokens(model="messages", messages=prompt).input_tokens
    told = messages.messages.with_raw_response.count_tokens(model="chat", messages=prompt)
    assert told.headers["x-understudy-estimate"] == "true"
    assert 0.5 < told.parse().input_tokens / exact < 2


def test_an_unknown_route_is_an_error(messages: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        messages.messages.count_tokens(model="nobody", messages=user("x"))
