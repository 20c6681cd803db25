"""Each credential is fetched once; what cannot be fetched is told in words."""

import threading
import time

from tests.shell.credentials.cloud import no_aws

from understudy.cli.logins import Seen, look
from understudy.config.login import Login
from understudy.shell.credentials.fetched import Bearer, Fetched, Unfetched

AWS = Login("aws", service="bedrock", region="eu-west-1")
GOOGLE = Login("google", scope="s")


def given(expires: float | None) -> Fetched:
    return Fetched(Bearer({"authorization": "Bearer canary"}), ("canary",), expires, "a role")


def test_all_are_asked_at_once_and_told_in_order():
    both = threading.Barrier(2, timeout=10)

    def fetch(login):
        both.wait()
        return given(time.time() + 3540 if login is AWS else None)

    first, second = look({"a": AWS, "b": GOOGLE}, fetch)
    assert first.words() == "aws: a role, good for 59 min"
    assert second == Seen("b", "google", "a role")
    assert second.words() == "google: a role, does not end"
    assert "canary" not in f"{first}{second}"


def test_what_is_refused_or_over_is_told():
    def fetch(login):
        if login is AWS:
            raise Unfetched("no such\nprofile sk-abcdef0123456789")
        return given(time.time() - 5)

    first, second = look({"a": AWS, "b": GOOGLE}, fetch)
    assert first.words() == "aws: no such profile <secret>"
    assert second.error == "what a role gives has expired"


def test_nobody_waits_for_ever():
    gate = threading.Event()

    def fetch(login):
        if login is AWS:
            gate.wait(10)
        return given(None)

    first, second = look({"a": AWS, "b": GOOGLE}, fetch, limit=0.3)
    gate.set()
    assert first.error == "nobody answered within 0.3 s"
    assert second.error is None


def test_the_real_chain_is_asked(monkeypatch):
    no_aws(monkeypatch)
    (seen,) = look({"a": AWS})
    assert "AWS_ACCESS_KEY_ID" in (seen.error or "")
    assert look({}) == []
