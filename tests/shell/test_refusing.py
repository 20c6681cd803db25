"""Who is turned away, and in which words."""

import pytest

from understudy.chat.failure import Fault
from understudy.shell.client import Incoming
from understudy.shell.refusing import foreign, is_of_a_web_page, mistake, unauthorised


def incoming(*origins: bytes) -> Incoming:
    made = Incoming()
    made.fields = [(b"origin", origin) for origin in origins]
    return made


@pytest.mark.parametrize(
    ("origins", "is_foreign"),
    [
        ((), False),
        ((b"http://localhost:3000",), False),
        ((b"app://127.0.0.1",), False),
        ((b"https://evil.example",), True),
        ((b"http://localhost.evil.example",), True),
        ((b"http://localhost", b"null"), True),
    ],
)
def test_pages_of_other_machines_are_told_from_ones_own(
    origins: tuple[bytes, ...], *, is_foreign: bool
) -> None:
    assert is_of_a_web_page(incoming(*origins)) is is_foreign


def test_each_refusal_is_the_callers_and_says_what_to_do() -> None:
    for failure, status, word in (
        (foreign(), 403, "keygen"),
        (unauthorised(), 401, "authorization"),
        (mistake(405, "takes POST", "method_not_allowed"), 405, "POST"),
    ):
        assert (failure.status, failure.fault) == (status, Fault.CLIENT)
        assert word in failure.message
