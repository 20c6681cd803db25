"""A secret never shows itself; a caller's key is kept as a hash."""

import copy
import json
import pickle

import msgspec
import pytest

from understudy.config.secret import KeyDigest, Secret, mask, show

CANARY = "sk-canary-5f2b9c1e7d3a4f60"


@pytest.mark.parametrize(
    "write",
    [repr, str, ascii, "{}".format, "{0!r:>40}".format, lambda s: f"{s:x}"],
)
def test_every_way_to_write_it_shows_a_mask(write):
    assert CANARY not in write(Secret(CANARY))
    assert "<secret>" in write(Secret(CANARY))


def test_it_hides_inside_other_values():
    class Holder(msgspec.Struct):
        secret: Secret

    assert CANARY not in repr(Holder(Secret(CANARY)))
    assert CANARY not in repr({"a": (Secret(CANARY),)})


@pytest.mark.parametrize("write", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode])
def test_it_is_never_serialised(write):
    with pytest.raises(TypeError):
        write(Secret(CANARY))


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, hash, vars])
def test_it_is_never_pickled_copied_hashed_or_listed(write):
    with pytest.raises(TypeError):
        write(Secret(CANARY))


def test_reveal_returns_the_text_and_equality_compares_it():
    assert Secret(CANARY).reveal() == CANARY
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_a_digest_recognises_its_key():
    digest = KeyDigest.of(Secret("a-long-enough-key"))
    assert digest.is_of(KeyDigest.of(Secret("a-long-enough-key")).digest)
    assert not digest.is_of(KeyDigest.of(Secret("another-key-entirely")).digest)
    assert digest.text.startswith("sha256:")
    assert len(digest.text) == len("sha256:") + 64


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        "sk-proj-Ab12Cd34Ef56Gh78Ij90",
        "0123456789abcdef0123456789abcdef",
        "Bearer gsk_abcdefghijklmnop1234",
        "https://user:pa55word@example.com/v1",
        "prefix AIzaSyA1234567890abcdefghijk suffix",
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    masked = mask(text)
    assert "<secret>" in masked
    for word in ("canary", "Ab12", "0123456789abcdef", "abcdefghijklmnop", "pa55word", "SyA123"):
        assert word not in masked


@pytest.mark.parametrize(
    "text",
    [
        "claude-sonnet-4-5-20250929",
        "together/meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "https://acme.openai.azure.com/openai/v1",
        "http://127.0.0.1:8080/v1",
        "gpt-4o-mini-2024-07-18",
        "accounts/fireworks/models/deepseek-v3p1",
    ],
)
def test_names_of_models_and_hosts_are_not_masked(text):
    assert mask(text) == text


def test_values_are_shown_short_and_quoted():
    assert show("a" * 200) == '"' + "a" * 80 + '..."'
    assert show('with "quotes"') == '"with \\"quotes\\""'
    assert show(True) == "true"
    assert show(3.5) == "3.5"
    assert show([1, 2]) == "an array of 2"
    assert show({}) == "a table"
