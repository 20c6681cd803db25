"""The smallest failure domain that explains what failed and what did not."""

import pytest
from tests.routing.test_correlation import call, edged, state
from tests.routing.world import NEEDS, failure, limited, refused_key, router, target, unsent

from understudy.chat.failure import Failure, Scope
from understudy.routing.breaker import State
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Domain, Route

OK = Ended.SUCCEEDED


def shut(made: Router, now: float) -> list[str]:
    """The domains that are open or rest."""
    return [str(each.domain) for each in made.snapshot(now).domains if each.open_for > 0.0]


def resting(made: Router, now: float) -> list[str]:
    """The domains that rest."""
    return [str(each.domain) for each in made.snapshot(now).domains if each.resting_for > 0.0]


def gone(cooldown: float = 3600.0) -> Failure:
    return failure(
        Scope.MODEL,
        kind="any.http.404_410",
        permanence="until_human",
        status=404,
        cooldown=cooldown,
    )


def overloaded() -> Failure:
    return failure(Scope.MODEL, kind="any.semantic.empty_200", status=None)


# A lab


def labs() -> Router:
    """The lab `x` at the hosts a, b and c; b and c serve `y` as well."""
    made, _ = router(
        target("a/m", lab="x"),
        target("b/m", lab="x"),
        target("c/m", lab="x"),
        target("b/n", lab="y"),
        target("c/n", lab="y"),
    )
    return made


def test_a_lab_whose_models_fail_at_every_host_is_charged_itself() -> None:
    made = labs()
    for step in range(4):
        now = float(step)
        call(made, "b/n", OK, now)
        for name in ("a/m", "b/m", "c/m"):
            if state(made, Scope.LAB, "x", now) is State.CLOSED:
                call(made, name, failure(), now + 0.1)
        call(made, "c/n", OK, now + 0.5)
    assert shut(made, 4.0) == ["lab:x"]


def test_a_lab_that_one_host_serves_well_is_not_charged() -> None:
    made = labs()
    for step in range(8):
        now = float(step)
        for name in ("b/m", "a/m"):
            if name.replace("/m", "") not in str(shut(made, now)):
                call(made, name, failure(), now + 0.1)
        call(made, "b/n", OK, now + 0.2)
        call(made, "c/m", OK, now + 0.3)
    assert "lab:x" not in shut(made, 8.0)


def test_hosts_that_fail_for_every_lab_are_no_labs_doing() -> None:
    made = labs()
    for step in range(6):
        for name in ("a/m", "b/m", "c/m", "b/n", "c/n"):
            if name[0] not in str([each[5:] for each in shut(made, step * 1.0)]):
                call(made, name, failure(), step * 1.0)
    assert shut(made, 5.0) == ["host:a", "host:b", "host:c"]


def test_a_lab_that_withdraws_all_its_models_everywhere_is_charged_itself() -> None:
    made = labs()
    call(made, "b/n", OK, 0.0)
    for at, name in enumerate(("a/m", "b/m", "c/m")):
        call(made, "b/n", OK, at + 1.0)
        call(made, name, gone(), at + 1.5)
    assert "lab:x" in shut(made, 4.0)


# An edge


def test_an_edge_behind_which_everything_fails_is_charged_while_others_work() -> None:
    made, _ = router(edged("a/m"), edged("b/m"), target("c/m"))
    call(made, "a/m", failure(), 1.0)
    call(made, "c/m", OK, 1.5)
    call(made, "b/m", failure(), 2.0)
    assert shut(made, 2.0) == ["edge:cdn"]


def test_an_edge_with_a_host_that_works_is_not_charged() -> None:
    made, _ = router(edged("a/m"), edged("b/m"), edged("d/m"), target("c/m"))
    for step in range(4):
        call(made, "d/m", OK, float(step))
        for name in ("a/m", "b/m"):
            call(made, name, failure(), step + 0.1)
        call(made, "c/m", OK, step + 0.5)
    assert shut(made, 4.0) == []


def test_an_edge_is_not_charged_where_nobody_at_all_works() -> None:
    made, _ = router(edged("a/m"), edged("b/m"), target("c/m"))
    for name in ("a/m", "b/m"):
        call(made, name, failure(), 1.0)
    assert shut(made, 1.0) == []


# Inside of a host


def test_an_account_that_fails_among_others_does_not_take_its_host_down() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="second"))
    for step in range(8):
        call(made, "a/m", failure(), float(step))
        call(made, "a/m#2", OK, step + 0.5)
    assert shut(made, 8.0) == ["account:a"]


def test_a_key_that_fails_among_others_of_its_account_is_charged_alone() -> None:
    made, _ = router(target("a/m"), target("a/m#2"))
    for step in range(8):
        call(made, "a/m", failure(), float(step))
        call(made, "a/m#2", OK, step + 0.5)
    assert shut(made, 8.0) == ["key:a#1"]


def test_answers_that_break_on_one_model_are_the_models_though_all_begin() -> None:
    made, _ = router(target("a/m"), target("a/n"))
    for step in range(10):
        begin_and_end(made, "a/n", OK, float(step))
        if not shut(made, float(step)):
            begin_and_end(made, "a/m", failure(kind="any.stream.event_error"), step + 0.1)
    assert shut(made, 10.0) == ["model:a/m"]


def outage() -> Router:
    """The host a has been down for both of its models, each failing in two ways in turn."""
    made, _ = router(target("a/m"), target("a/n"), target("b/m"))
    for step in range(8):
        for name in ("a/m", "a/n"):
            begin_and_end(made, name, failure(kind="any.stream.event_error"), 10.0 * step)
            call(made, name, failure(), 10.0 * step + 5.0)
    assert shut(made, 75.0) == ["host:a"]
    return made


def test_a_model_that_is_still_dead_does_not_keep_its_host_shut() -> None:
    made = outage()
    begin_and_end(made, "a/n", OK, 90.0)
    call(made, "a/m", failure(), 90.5)
    assert state(made, Scope.HOST, "a", 90.5) is State.HALF_OPEN, "the probe of n did begin"
    begin_and_end(made, "a/n", OK, 91.0)
    begin_and_end(made, "a/m", failure(kind="any.stream.event_error"), 92.0)
    call(made, "a/m", failure(), 93.0)
    assert state(made, Scope.HOST, "a", 93.0) is State.CLOSED


def test_a_host_where_nothing_else_has_come_back_stays_shut() -> None:
    made = outage()
    begin_and_end(made, "a/n", failure(kind="any.stream.event_error"), 90.0)
    call(made, "a/m", failure(), 97.0)
    assert shut(made, 97.0) == ["host:a"]


def begin_and_end(made: Router, name: str, outcome: Ended | Failure, now: float) -> None:
    lease = made.lease(made.begin(Route(name, (name,)), NEEDS, now), now)
    assert isinstance(lease, Lease)
    made.first_content(lease, now)
    made.close(lease, outcome, now)


def test_models_that_all_fail_are_their_hosts_doing() -> None:
    made, _ = router(target("a/m"), target("a/n"), target("b/m"))
    for step in range(6):
        for name in ("a/m", "a/n"):
            if "host:a" not in shut(made, step * 1.0):
                call(made, name, overloaded(), step * 1.0)
    assert shut(made, 5.0) == ["host:a"]


@pytest.mark.parametrize("works", ["a/n", "a/o"])
def test_models_among_others_that_work_are_charged_themselves(works: str) -> None:
    made, _ = router(target("a/m"), target("a/n"), target("a/o"))
    for step in range(6):
        call(made, works, OK, step + 0.5)
        call(made, "a/m", overloaded(), step + 0.7)
    assert shut(made, 5.8) == ["model:a/m"]


def test_limits_of_one_account_say_nothing_of_the_others() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="second"))
    call(made, "a/m", limited(30.0), 1.0)
    resting = [str(each.domain) for each in made.snapshot(1.0).domains if each.resting_for > 0.0]
    assert resting == ["account:a"]


def test_a_model_that_alone_is_limited_does_not_stop_its_account() -> None:
    made, _ = router(target("a/m"), target("a/n"), target("b/m"))
    for step in range(3):
        now = 30.0 * step
        call(made, "a/n", OK, now)
        call(made, "a/m", limited(), now + 0.5)
        call(made, "a/n", OK, now + 25.0)
    resting = [str(each.domain) for each in made.snapshot(61.0).domains if each.resting_for > 0.0]
    assert resting == ["model:a/m"]


def test_a_model_that_one_account_limits_may_be_used_by_another() -> None:
    made, _ = router(target("a/m"), target("a/n"), target("a/m#2", account="second"))
    for step in range(3):
        now = 30.0 * step
        call(made, "a/m#2", OK, now)
        call(made, "a/n", OK, now)
        call(made, "a/m", limited(), now + 0.5)
    resting = [str(each.domain) for each in made.snapshot(61.0).domains if each.resting_for > 0.0]
    assert resting == ["target:a/m"], "n may be used by the first, and m by the second"


def test_a_limit_in_an_account_where_nothing_else_works_is_the_accounts() -> None:
    made, _ = router(target("a/m"), target("a/n"), target("a/m#2", account="second"))
    call(made, "a/n", OK, 0.0)
    call(made, "a/m", limited(), 6.0)
    assert resting(made, 6.0) == ["account:a"], "that n worked is too long ago"


def test_a_limit_beside_another_is_the_accounts() -> None:
    made, _ = router(*(target(name) for name in ("a/m", "a/n", "a/o", "a/m#2")))
    for name in ("a/n", "a/o"):
        call(made, name, OK, 0.0)
    call(made, "a/m", limited(), 1.0)
    assert resting(made, 1.0) == ["target:a/m"]
    call(made, "a/n", limited(), 1.1)
    assert "account:a" in resting(made, 1.1)


def test_a_key_without_leave_for_one_model_serves_the_others() -> None:
    made, _ = router(*(target(name) for name in ("a/m", "a/n", "a/m#2", "a/n#2")))
    for name in ("a/n", "a/m#2", "a/n#2"):
        call(made, name, OK, 0.0)
    call(made, "a/m", refused_key(), 1.0)
    assert shut(made, 1.0) == ["key:a#1"], "nobody knows more than that yet"
    for now in (7.0, 7.5):
        call(made, "a/n", OK, now)
    call(made, "a/m", refused_key(), 8.0)
    assert shut(made, 8.0) == ["target:a/m"]
    call(made, "a/m", refused_key(), 14.0)
    assert shut(made, 20.0) == ["target:a/m"], "a probe has confirmed it"


def test_a_key_that_is_refused_for_every_model_is_shut_itself() -> None:
    made, _ = router(*(target(name) for name in ("a/m", "a/n", "a/m#2", "a/n#2")))
    for name in ("a/m", "a/n", "a/m#2", "a/n#2"):
        call(made, name, OK, 0.0)
    call(made, "a/m", refused_key(), 1.0)
    call(made, "a/m#2", OK, 3.0)
    call(made, "a/n", refused_key(), 7.0)
    assert shut(made, 13.0) == ["key:a#1"]


def test_limits_of_one_model_on_every_account_are_the_models() -> None:
    made, _ = router(target("a/m"), target("a/m#2", account="second"), target("a/n"))
    call(made, "a/n", OK, 1.0)
    call(made, "a/m", limited(), 2.0)
    call(made, "a/m#2", limited(), 2.1)
    assert shut(made, 2.1) == ["model:a/m"]
    resting = [str(each.domain) for each in made.snapshot(2.1).domains if each.resting_for > 0.0]
    assert resting == [], "the accounts are good for other models"


def test_limits_of_two_models_on_every_account_are_the_hosts() -> None:
    made, _ = router(target("a/m"), target("a/n#2", account="second"))
    call(made, "a/m", limited(), 2.0)
    call(made, "a/n#2", limited(), 2.1)
    assert shut(made, 2.1) == ["host:a"]


def test_where_much_fails_a_row_of_one_key_is_chance() -> None:
    made, _ = router(target("a/m"), target("a/m#2"))
    now = 0.0
    for step in range(12):
        now = step * 1.0
        if "host:a" in shut(made, now):
            break
        call(made, "a/m", failure(), now)
        call(made, "a/m#2", OK if step % 2 else failure(), now + 0.5)
    assert not any("key" in name for name in shut(made, now))


def test_a_connection_that_is_refused_says_nothing_of_models() -> None:
    made, _ = router(target("a/m"), target("a/n"))
    call(made, "a/n", OK, 0.0)
    for step in range(5):
        call(made, "a/m", unsent(), 1.0 + step)
    assert shut(made, 5.5) == ["host:a"]


def test_refusals_that_were_under_way_are_all_one_answer() -> None:
    made, route = router(target("a/m"), target("b/m"))
    call(made, "a/m", OK, 0.0)
    leases = [made.lease(made.begin(route, NEEDS, 10.0), 10.0) for _ in range(6)]
    for lease in leases:
        assert isinstance(lease, Lease)
        made.close(lease, refused_key(), 10.1)
    assert shut(made, 10.2) == ["key:a#1"], "nobody has probed it since"


def test_a_renewed_key_is_asked_again_at_once() -> None:
    made, _ = router(target("a/m"), target("b/m"))
    call(made, "a/m", OK, 0.0)
    call(made, "a/m", refused_key(), 10.0)
    assert shut(made, 10.0) == ["key:a#1"]
    made.renew(Domain(Scope.KEY, "a#1"), 11.0)
    made.renew(Domain(Scope.KEY, "nobody"), 11.0)
    assert shut(made, 11.0) == []
