"""Who may change something through the admin listener."""

import hashlib

import pytest

from understudy.config.secret import KeyDigest
from understudy.shell.guard import MARK, refusal

GOOD = {"content-type": "application/json", MARK: "drain", "host": "127.0.0.1:9090"}
KEY = KeyDigest(hashlib.sha256(b"a-long-admin-key-1").digest())


def status(
    headers: dict[str, str], peer: str | None = "127.0.0.1", key: KeyDigest | None = None
) -> int | None:
    found = refusal(headers, peer, key)
    return None if found is None else found.status


def test_a_program_of_this_machine_may() -> None:
    assert status(GOOD) is None
    assert status({**GOOD, "host": "[::1]:9090"}, "::1") is None
    assert status({**GOOD, "host": "localhost"}) is None


@pytest.mark.parametrize(
    "more",
    [
        {"origin": "http://127.0.0.1:9090"},
        {"referer": "http://evil.test/"},
        {"sec-fetch-site": "same-origin"},
        {"x-forwarded-for": "10.0.0.1"},
        {"via": "1.1 proxy"},
        {"host": "evil.test"},
        {"host": "10.0.0.7:9090"},
        {"host": ""},
    ],
)
def test_browsers_proxies_and_borrowed_names_may_not(more: dict[str, str]) -> None:
    assert status({**GOOD, **more}) == 403


def test_other_machines_may_not_without_a_key() -> None:
    assert status(GOOD, "10.0.0.7") == 403
    assert status(GOOD, None) == 403


def test_a_form_of_a_web_page_is_no_order() -> None:
    assert status({**GOOD, "content-type": "text/plain"}) == 415
    assert status({name: value for name, value in GOOD.items() if name != MARK}) == 403


def test_a_key_opens_and_only_the_right_one() -> None:
    right = {**GOOD, "authorization": "Bearer a-long-admin-key-1"}
    assert status(right, "10.0.0.7", KEY) is None
    assert status(GOOD, "127.0.0.1", KEY) == 401
    assert status({**GOOD, "authorization": "Bearer a-long-admin-key-2"}, key=KEY) == 401
    assert status({**GOOD, "authorization": "Basic a-long-admin-key-1"}, key=KEY) == 401
