"""Settings answer the shell's questions: whose key is this, and what does a target want to see."""

from understudy.config.secret import KeyDigest, Secret
from understudy.config.settings import (
    ANYONE,
    Caller,
    Credential,
    JournalSettings,
    Server,
    Settings,
)
from understudy.routing.topology import Topology


def settings(*callers: Caller) -> Settings:
    return Settings(
        server=Server(),
        journal=JournalSettings(),
        callers={caller.key.digest: caller for caller in callers if caller.key is not None},
        topology=Topology({}, {}),
        credentials={"a/b": Credential("x-api-key", Secret("the-key"))},
    )


def test_a_caller_is_found_by_the_key_alone():
    app = Caller("app", KeyDigest.of(Secret("key-of-the-app")))
    assert settings(app).caller(b"key-of-the-app") is app
    assert settings(app).caller(b"key-of-the-ap") is None
    assert settings(app).caller(b"") is None


def test_a_table_that_lies_about_a_digest_lets_nobody_in():
    app = Caller("app", KeyDigest.of(Secret("key-of-the-app")))
    other = KeyDigest.of(Secret("another")).digest
    lying = Settings(Server(), JournalSettings(), {other: app}, Topology({}, {}), {})
    assert lying.caller(b"another") is None


def test_without_callers_anyone_calls():
    assert settings().caller(b"x") is ANYONE


def test_credentials_are_whole_header_lines():
    assert settings().credential_lines("a/b") == b"x-api-key: the-key\r\n"
    assert settings().credential_lines("c/d") == b""


def test_secrets_come_without_their_scheme():
    credentials = {
        "a/b": Credential("authorization", Secret("Bearer sk-one")),
        "c/d": Credential("x-api-key", Secret("sk-two")),
    }
    some = Settings(Server(), JournalSettings(), {}, Topology({}, {}), credentials)
    assert list(some.secrets()) == ["sk-one", "sk-two"]
