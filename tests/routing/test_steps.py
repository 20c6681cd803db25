from tests.routing.world import target

from understudy.routing.steps import GiveUp, Lease, NoTarget, Retry


def test_a_lease_is_ordinary_unless_said_otherwise() -> None:
    lease = Lease(1, target("a/m"), (), 0.0, 30.0)
    assert not lease.is_probe
    assert not lease.is_desperate


def test_steps_compare_by_value() -> None:
    assert Retry(1.0) == Retry(1.0)
    assert Retry(1.0) != Retry(1.0, same_target=True)
    assert GiveUp("budget").retry_after is None
    assert NoTarget({}, fault_is_callers=False).retry_after is None
