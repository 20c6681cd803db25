"""Whose limit it is, by what the host says is left; by what fails beside it, see blast radius."""

import msgspec
import pytest
from tests.routing.test_blast_radius import resting, shut
from tests.routing.test_correlation import call
from tests.routing.test_inquiry import Request, view
from tests.routing.world import NEEDS, limited, router, target

from understudy.chat.failure import Failure, Scope, Supply
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Route

OK = Ended.SUCCEEDED
AMPLE = Supply(is_ample=True)
SPENT = Supply("requests", 12.0)


def said(supply: Supply, retry_after: float | None = None, cooldown: float = 20.0) -> Failure:
    return msgspec.structs.replace(limited(retry_after, cooldown), supply=supply)


def keys() -> Router:
    """Two keys of one account for two models, and another host."""
    made, _ = router(*(target(name) for name in ("a/m", "a/n", "a/m#2", "a/n#2", "b/m")))
    return made


# Nothing is left: it is this account's for this model, until there is more


@pytest.mark.parametrize(
    ("failed", "seconds"),
    [(said(SPENT), 12.0), (said(SPENT, 30.0), 30.0), (said(Supply("tokens")), 20.0)],
    ids=["as it says", "as it asks", "as the row has it"],
)
def test_what_is_used_up_rests_alone_and_exactly_so_long(failed: Failure, seconds: float) -> None:
    made = keys()
    call(made, "a/m", failed, 1.0)
    assert resting(made, 1.0) == ["target:a/m"]
    assert view(made, Scope.TARGET, "a/m", 1.0).resting_for == seconds
    assert resting(made, 1.0 + seconds) == []
    assert shut(made, 1.0) == []


def test_another_key_of_the_same_host_is_used_at_once() -> None:
    made, route = router(target("a/m"), target("a/m#2"), target("b/m"))
    request = Request(made, route, 1.0)
    assert request.play({"a/m": said(SPENT)}) == "ok"
    assert request.asked[0] == "a/m"
    lease = made.lease(made.begin(route, NEEDS, 2.0), 2.0)
    assert isinstance(lease, Lease)
    assert lease.target.name == "a/m#2"


def test_nobody_is_asked_before_there_is_more() -> None:
    made, route = router(target("a/m"))
    call(made, "a/m", said(SPENT), 1.0)
    assert not isinstance(made.lease(made.begin(route, NEEDS, 5.0), 5.0), Lease)
    assert isinstance(made.lease(made.begin(route, NEEDS, 13.1), 13.1), Lease)


def test_quotas_that_are_used_up_everywhere_are_no_overload() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("b/m"))
    call(made, "a/m", said(SPENT), 1.0)
    call(made, "a/m#2", limited(), 2.0)
    assert shut(made, 2.0) == [], "the first has its reason"
    call(made, "a/m#2", said(SPENT), 3.0)
    assert shut(made, 3.0) == []


def test_what_a_human_must_mend_is_the_accounts_whatever_is_left() -> None:
    made = keys()
    lasting = msgspec.structs.replace(said(SPENT), permanence="until_human", cooldown=600.0)
    call(made, "a/m", lasting, 1.0)
    assert shut(made, 1.0) == ["account:a"]


# Half of it is left: there is too little of the host


def test_two_accounts_that_are_far_from_their_limits_speak_against_their_host() -> None:
    made, _ = router(
        target("a/m"), target("a/m#2", account="a2"), target("a/m#3", account="a3"), target("b/m")
    )
    call(made, "a/m", said(AMPLE, 30.0), 1.0)
    assert resting(made, 1.0) == ["account:a"], "one alone proves nothing"
    call(made, "a/m#2", said(AMPLE, 30.0), 11.0)
    assert shut(made, 11.0) == ["host:a"], "whatever it asks for, and though a third is unknown"
    seen = view(made, Scope.HOST, "a", 11.0)
    assert seen.rule == "corr.rate_wave"
    assert seen.why == (
        "2 of its accounts refused with 429 in 10 s, "
        "though it says that half of what they may have is left"
    )


def test_so_do_two_keys_or_two_models_of_one_account() -> None:
    for second in ("a/m#2", "a/n"):
        made, _ = router(*(target(name) for name in dict.fromkeys(("a/m", second, "b/m"))))
        call(made, "a/m", said(AMPLE), 1.0)
        call(made, second, said(AMPLE), 22.0)
        assert shut(made, 22.0) == ["host:a"]


def test_where_only_one_of_its_models_is_refused_it_is_that_model() -> None:
    made = keys()
    call(made, "a/m", said(AMPLE), 1.0)
    call(made, "a/m#2", said(AMPLE), 22.0)
    assert shut(made, 22.0) == ["model:a/m"]


@pytest.mark.parametrize("second", [said(Supply(), 30.0), said(SPENT), limited(30.0)])
def test_near_miss_the_second_has_a_reason(second: Failure) -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("b/m"))
    call(made, "a/m", said(AMPLE), 1.0)
    call(made, "a/m#2", second, 2.0)
    assert shut(made, 2.0) == []


def test_near_miss_the_host_has_worked_in_between() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("a/m#3", account="a3"))
    call(made, "a/m", said(AMPLE), 1.0)
    call(made, "a/m#3", OK, 2.0)
    call(made, "a/m#2", said(AMPLE), 3.0)
    assert shut(made, 3.0) == []


def test_near_miss_they_are_more_than_a_minute_apart() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("b/m"))
    call(made, "a/m", said(AMPLE), 1.0)
    call(made, "a/m#2", said(AMPLE), 62.0)
    assert shut(made, 62.0) == []


def test_a_route_is_led_past_a_host_that_is_overloaded() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="a2"), target("b/m"))
    for name in ("a/m", "a/m#2"):
        call(made, name, said(AMPLE), 1.0)
    lease = made.lease(made.begin(Route("r", ("a/m", "a/m#2", "b/m")), NEEDS, 1.5), 1.5)
    assert isinstance(lease, Lease)
    assert lease.target.name == "b/m"
