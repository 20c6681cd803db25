"""Callers' keys, and the rule that an open door stays on loopback."""

import hashlib

import pytest
from tests.config.world import CANARY, TWO, only, read, refuse

from understudy.config.settings import ANYONE

HASH = "sha256:" + hashlib.sha256(b"a-caller-key-of-the-shop").hexdigest()
SHOP = f'[keys.shop]\nhash = "{HASH}"\nroutes = ["assistant"]\n'


def test_without_keys_anyone_may_call():
    settings = read(TWO)
    assert settings.caller(b"") == ANYONE
    assert settings.caller(b"whatever") == ANYONE


def test_with_keys_only_their_owners_may_call():
    settings = read(TWO + SHOP + '[keys.ops]\nkey = "env:OPENAI_API_KEY"')
    shop = settings.caller(b"a-caller-key-of-the-shop")
    assert shop is not None
    assert (shop.name, shop.routes) == ("shop", frozenset({"assistant"}))
    ops = settings.caller(CANARY.encode())
    assert ops is not None
    assert (ops.name, ops.routes) == ("ops", None)
    for wrong in (b"", b"a-caller-key-of-the-shoP", HASH.encode(), CANARY.encode()[:-1], b"\xff"):
        assert settings.caller(wrong) is None


@pytest.mark.parametrize(
    ("table", "path", "found", "expected"),
    [
        ("[keys.a]", "keys.a", "neither", "one of them"),
        (f'[keys.a]\nhash = "{HASH}"\nkey = "env:AZURE_KEY"', "keys.a", "both", "one of them"),
        ('[keys.a]\nkey = "env:AZURE_KEY"', "keys.a.key", "a key of 9 characters", "at least 16"),
        ('[keys.a]\nkey = "env:NOPE"', "keys.a.key", "NOPE is not set", "variable"),
        ('[keys.a]\nhash = "sha256:12"', "keys.a.hash", "not shown", "64 hexadecimal digits"),
        (SHOP + SHOP.replace("shop", "b"), "keys.b", "the same key as keys.shop", "its own"),
        (SHOP.replace("assistant", "asistant"), "keys.shop.routes[0]", '"asistant"', "assistant"),
    ],
)
def test_keys_that_cannot_be_are_refused(table, path, found, expected):
    problem = only(refuse(TWO + table))
    assert problem.path == path
    assert found in problem.found
    assert expected in problem.expected


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8080", "[::]:8080", "10.1.2.3:80", "gateway:80", "*:1"]
)
def test_without_keys_only_loopback_is_listened_on(address):
    problem = only(refuse(TWO + f'[server]\nlisten = "{address}"'))
    assert problem.path == "server.listen"
    assert "no key under [keys]" in problem.found
    assert "spend your money" in problem.hint
    read(TWO + SHOP + f'[server]\nlisten = "{address}"')


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
def test_loopback_needs_no_key(address):
    assert str(read(TWO + f'[server]\nlisten = "{address}"').server.listen) == address


def test_the_admin_listener_keeps_the_same_rule_and_another_port():
    open_admin = '[server]\nadmin = "0.0.0.0:9090"\n'
    assert only(refuse(TWO + open_admin)).path == "server.admin"
    assert any("asks for no key" in each for each in read(TWO + SHOP + open_admin).warnings)
    same = only(refuse(TWO + '[server]\nadmin = "127.0.0.1:8080"'))
    assert (same.path, "as server.listen" in same.found) == ("server.admin", True)


def test_the_admin_key_is_kept_as_its_hash_alone():
    settings = read(TWO + '[server]\nadmin_key = "env:OPENAI_API_KEY"')
    key = settings.server.admin_key
    assert key is not None
    assert key.is_of(hashlib.sha256(CANARY.encode()).digest())
    assert CANARY not in repr(settings)
    assert read(TWO).server.admin_key is None


def test_an_admin_key_that_can_be_guessed_is_refused():
    problem = only(refuse(TWO + '[server]\nadmin_key = "env:AZURE_KEY"'))
    assert (problem.path, problem.found[:8]) == ("server.admin_key", "a key of")


SIGNER = (
    '[keys.aws]\nkey = "env:OPENAI_API_KEY"\naws_access_key_id = "AKIDUNDERSTUDYTEST01"\n'
    'routes = ["assistant"]\n'
)


def test_who_signs_is_known_by_an_access_key_id_and_keeps_the_key_as_a_secret():
    settings = read(TWO + SIGNER)
    signer = settings.signer("AKIDUNDERSTUDYTEST01")
    assert signer is not None
    assert (signer.name, signer.routes) == ("aws", frozenset({"assistant"}))
    assert signer.secret is not None
    assert signer.secret.reveal() == CANARY
    assert CANARY not in repr(settings)
    assert CANARY in list(settings.secrets())
    assert settings.caller(CANARY.encode()) == signer
    assert settings.signer("AKIDUNDERSTUDYTEST02") is None


def test_without_keys_anyone_may_sign():
    assert read(TWO).signer("AKIDUNDERSTUDYTEST01") == ANYONE


def test_a_key_that_is_only_a_hash_signs_nothing():
    assert read(TWO + SHOP).signers == {}
    problem = only(refuse(TWO + SHOP + 'aws_access_key_id = "AKIDUNDERSTUDYTEST01"\n'))
    assert "hash" in problem.found
    assert "cannot verify" in problem.hint


@pytest.mark.parametrize("access", ["AKID", "AKID-UNDERSTUDY-01", ""])
def test_an_access_key_id_that_no_sdk_would_send_is_refused(access):
    problem = only(refuse(TWO + SIGNER.replace("AKIDUNDERSTUDYTEST01", access)))
    assert problem.path == "keys.aws.aws_access_key_id"


def test_an_access_key_id_is_one_callers():
    other = SIGNER.replace("keys.aws", "keys.b").replace("OPENAI_API_KEY", "ANTHROPIC_API_KEY")
    problem = only(refuse(TWO + SIGNER + other))
    assert problem.path == "keys.b.aws_access_key_id"
