import pytest
from tests.routing.world import failure, unsent

from understudy.chat.failure import Failure, Progress
from understudy.routing.poison import CONDEMNED, MOST, Suspects, is_death, is_own
from understudy.wire.http import Origin

DIGEST = b"poison"


def test_a_request_that_two_hosts_died_of_is_condemned() -> None:
    made = Suspects()
    assert not made.died(DIGEST, "a", 0.0, 1.0, is_own=False)
    before = made.is_armed
    assert made.died(DIGEST, "b", 1.0, 2.0, is_own=False)
    assert (before, made.is_armed) == (False, True)
    assert made.is_condemned(DIGEST, 3.0)
    assert not made.is_condemned(b"another", 3.0)


def test_it_is_forgotten_in_the_end() -> None:
    made = Suspects()
    for host in ("a", "b"):
        made.died(DIGEST, host, 0.0, 1.0, is_own=False)
    assert made.is_condemned(DIGEST, 100.0)
    assert not made.is_condemned(DIGEST, 1.0 + CONDEMNED)
    assert not made.is_armed


def test_one_engine_of_our_own_that_died_twice_is_proof_too() -> None:
    made = Suspects()
    assert not made.died(DIGEST, "a", 0.0, 1.0, is_own=True)
    assert made.died(DIGEST, "a", 2.0, 3.0, is_own=True)
    stranger = Suspects()
    for at in (0.0, 2.0, 4.0):
        assert not stranger.died(DIGEST, "a", at, at + 1.0, is_own=False)


def test_it_knows_how_often_a_host_failed_by_it() -> None:
    made = Suspects()
    for _ in range(3):
        made.died(DIGEST, "a", 0.0, 1.0, is_own=False)
    assert (made.deaths(DIGEST, "a"), made.deaths(DIGEST, "b"), made.deaths(b"?", "a")) == (3, 0, 0)


def test_copies_that_were_under_way_together_died_one_death() -> None:
    made = Suspects()
    for at in (0.0, 0.2, 0.4):
        assert not made.died(DIGEST, "a", at, 1.0 + at, is_own=True)


def test_what_anybody_answered_is_innocent() -> None:
    made = Suspects()
    made.died(DIGEST, "a", 0.0, 1.0, is_own=False)
    made.answered(DIGEST, 2.0)
    assert not made.died(DIGEST, "b", 3.0, 4.0, is_own=False)
    assert not made.died(DIGEST, "c", 5.0, 6.0, is_own=False)


def test_an_answer_clears_even_who_was_condemned() -> None:
    made = Suspects()
    for host in ("a", "b"):
        made.died(DIGEST, host, 0.0, 1.0, is_own=False)
    made.answered(DIGEST, 2.0)
    assert not made.is_condemned(DIGEST, 2.0)
    assert not made.is_armed


def test_memory_is_bounded() -> None:
    made = Suspects()
    for number in range(3 * MOST):
        digest = number.to_bytes(4, "big")
        for host in ("a", "b"):
            made.died(digest, host, 0.0, 0.5, is_own=False)
        made.answered(b"x" + digest, 0.5)
    known = [made.is_condemned(number.to_bytes(4, "big"), 1.0) for number in range(3 * MOST)]
    assert sum(known) == MOST


@pytest.mark.parametrize(
    ("failed", "began", "is_one"),
    [
        (failure(kind="any.transport.reset_before_headers", status=None), None, True),
        (failure(kind="any.transport.reset_mid_stream", status=None), None, True),
        (failure(kind="any.transport.reset_mid_stream", status=None), 1.0, False),
        (failure(kind="any.http.502_503_504", status=503), None, False),
        (failure(kind="any.transport.ttfb_timeout", status=None), None, False),
        (unsent(), None, False),
        (
            failure(
                kind="any.transport.reset_before_headers",
                status=None,
                progress=Progress.NOT_SENT,
            ),
            None,
            False,
        ),
    ],
)
def test_a_death_breaks_a_connection_that_had_said_nothing(
    failed: Failure, began: float | None, is_one: bool
) -> None:
    assert is_death(failed, began=began) == is_one


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("::1", True),
        ("engine", True),
        ("203.0.113.7.example", False),
        ("8.8.8.8", False),
    ],
)
def test_engines_of_our_own_have_private_addresses(host: str, own: bool) -> None:
    assert is_own(Origin("http", host, 80)) == own
