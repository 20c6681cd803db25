"""Words: tokens that depend on seed and place alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.sim.words import TOKEN_CHARS, Script, digest, number, text, token

SEED = digest("hello")


@pytest.mark.parametrize("script", list(Script))
def test_every_token_is_four_characters(script):
    assert {len(token(SEED, k, script)) for k in range(500)} == {TOKEN_CHARS}


@given(st.text(), st.integers(0, 300), st.sampled_from(Script))
def test_a_text_is_its_tokens_joined(said, count, script):
    seed = digest(said)
    assert text(seed, count, script) == "".join(token(seed, k, script) for k in range(count))


def test_words_do_not_change_between_versions():
    assert text(SEED, 6) == text(digest("hello"), 6)
    assert number(SEED, 1) != number(SEED, 2)
    assert text(SEED, 40) != text(digest("hullo"), 40)


def test_where_pieces_are_split_matters():
    assert digest("ab", "c") != digest("a", "bc")


def test_wide_words_take_several_bytes():
    said = text(SEED, 50, Script.WIDE)
    assert len(said.encode()) > len(said) * 1.3
