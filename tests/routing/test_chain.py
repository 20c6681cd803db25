from tests.routing.world import router, target

from understudy.chat.endpoint import Capability, Needs
from understudy.routing.chain import Chain, fitting

PREFILL = frozenset({Capability.PREFILL})
PLAIN = frozenset(Capability) - PREFILL


def chain(*targets, needs: Needs = Needs()) -> Chain:  # noqa: B008 - immutable
    made, route = router(*targets)
    return made.begin(route, needs, 0.0)


def test_what_remains_was_not_tried_and_can_do_it() -> None:
    one = chain(target("a/m"), target("b/m", capabilities=PLAIN), target("c/m"))
    one.tried.add("a/m")
    assert [seat.name for seat in one.remaining(frozenset())] == ["b/m", "c/m"]
    assert [seat.name for seat in one.remaining(PREFILL)] == ["c/m"]


def test_after_a_context_failure_only_larger_windows_remain() -> None:
    one = chain(target("a/m", window=10), target("b/m"), target("c/m", window=20))
    one.larger_than = 10
    assert [seat.name for seat in one.remaining(frozenset())] == ["c/m"]


def test_chains_share_nothing() -> None:
    one, two = chain(target("a/m")), chain(target("a/m"))
    one.tried.add("a/m")
    one.failures.append(("a/m", None))  # type: ignore[arg-type]
    assert two.tried == set()
    assert two.failures == []


def test_only_what_fits_the_request_is_in_a_chain() -> None:
    one = chain(
        target("a/m", capabilities=PLAIN),
        target("b/m", window=100),
        target("c/m", window=1000),
        needs=Needs(PREFILL, input_tokens=500),
    )
    assert [seat.name for seat in one.seats] == ["c/m"]
    assert [seat.name for seat in fitting(one.plan, Needs())] == ["a/m", "b/m", "c/m"]
