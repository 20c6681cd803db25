"""Only streams fail, or only whole answers: the others stay where they are."""

import pytest
from tests.routing.world import NEEDS, failure, router, target, topology

from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure, Scope
from understudy.routing.breaker import DEFAULTS, State
from understudy.routing.modes import Mode, cell_of, mode_of
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Domain

A, B = target("a/m"), target("b/m")
HOST = Domain(Scope.HOST, "a")
STREAMS = cell_of(HOST, Mode.STREAMED)
WHOLE = Needs()
BROKEN = failure(kind="a.stream.server_error", status=None)
SILENT = failure(kind="any.transport.ttfb_timeout", status=None)
STALLED = failure(kind="any.stream.idle_mid_stream", status=None)


class Traffic:
    """Twenty calls a second, of which seven of ten are streams; each is over at once."""

    def __init__(self, *targets) -> None:
        self.router, self.route = router(*targets or (A, B))
        self.now = 0.0
        self.calls = 0

    def call(self, needs: Needs, bad: Failure | None = None, *, began: bool = True) -> str:
        """Make one call, at a moment that is its alone; `bad`: how target a fails it."""
        self.now += 0.05
        chain = self.router.begin(self.route, needs, self.now)
        lease = self.router.lease(chain, self.now)
        assert isinstance(lease, Lease)
        name = lease.target.name
        self.end(lease, bad if name.startswith("a/") else None, needs is NEEDS and began)
        return name

    def end(self, lease: Lease, bad: Failure | None, began: bool) -> None:
        if began:
            self.router.first_content(lease, self.now)
        self.router.close(lease, bad or Ended.SUCCEEDED, self.now)

    def play(
        self, seconds: float, streams: Failure | None = None, whole: Failure | None = None
    ) -> None:
        """Play for so long; one of ten streams fails at a, and one of ten whole answers."""
        end = self.now + seconds
        while self.now < end:
            self.one(streams, whole)

    def fall(self, streams: Failure | None = None, whole: Failure | None = None) -> set[str]:
        """Play until something is shut; returns what."""
        while not self.shut():
            self.one(streams, whole)
        return set(self.shut())

    def one(self, streams: Failure | None = None, whole: Failure | None = None) -> None:
        self.calls += 1
        tenth = self.calls // 10 % 10
        if self.calls % 10 < 7:
            bad = streams if tenth == self.calls % 10 else None
            self.call(NEEDS, bad, began=bad is not SILENT)
        else:
            self.call(WHOLE, whole if tenth % 3 + 7 == self.calls % 10 else None)

    def shut(self) -> dict[str, str]:
        return {
            str(view.domain): view.why
            for view in self.router.snapshot(self.now).domains
            if view.state is not State.CLOSED
        }

    def first(self, needs: Needs) -> str:
        return self.router.explain(self.route, needs, self.now)[0].target


def test_the_mode_of_a_request_is_what_it_needs() -> None:
    assert (mode_of(NEEDS), mode_of(WHOLE)) == (Mode.STREAMED, Mode.WHOLE)


def test_where_only_streams_break_only_they_leave() -> None:
    traffic = Traffic()
    traffic.play(30)
    assert traffic.fall(streams=BROKEN) == {"host:a[streamed]"}
    assert (traffic.first(NEEDS), traffic.first(WHOLE)) == ("b/m", "a/m")
    assert [traffic.call(NEEDS) for _ in range(5)] == ["b/m"] * 5
    assert [traffic.call(WHOLE) for _ in range(5)] == ["a/m"] * 5


def test_it_is_said_why_only_they_leave() -> None:
    traffic = Traffic()
    traffic.fall(streams=BROKEN)
    assert "whole ones 0 failed" in traffic.shut()["host:a[streamed]"]
    found = traffic.router.snapshot(traffic.now)
    seen = next(each for each in found.targets if each.name == "a/m")
    assert seen.is_eligible
    assert any(reason.startswith("host:a[streamed] is poor") for reason in seen.turned)
    out = traffic.router.explain(traffic.route, NEEDS, traffic.now)[1]
    assert "host:a[streamed] is poor" in out.reasons[0]


def test_a_route_stands_as_well_as_for_those_that_it_stands_worst_for() -> None:
    traffic = Traffic(A)
    while not traffic.shut():
        traffic.call(NEEDS, failure(), began=False)
        traffic.call(WHOLE)
    assert traffic.shut().keys() == {"host:a[streamed]"}
    assert [each.eligible for each in traffic.router.health(traffic.now)] == [0]


def test_where_both_fail_both_leave() -> None:
    traffic = Traffic()
    assert traffic.fall(streams=BROKEN, whole=failure(status=500)) == {"host:a"}


def test_where_nobody_wanted_a_whole_answer_all_is_shut() -> None:
    traffic = Traffic()
    while not traffic.shut():
        traffic.calls += 1
        traffic.call(NEEDS, BROKEN if traffic.calls % 10 == 0 else None)
    assert traffic.shut().keys() == {"host:a"}
    assert traffic.first(WHOLE) == "b/m"


def test_answers_asked_for_before_the_trouble_prove_nothing() -> None:
    traffic = Traffic()
    made, route = traffic.router, traffic.route
    early = [made.lease(made.begin(route, WHOLE, 0.0), 0.0) for _ in range(500)]
    while not traffic.shut():
        traffic.calls += 1
        traffic.call(NEEDS, BROKEN if traffic.calls % 10 == 0 else None)
        lease = early.pop()
        assert isinstance(lease, Lease)
        traffic.end(lease, None, began=False)
    assert traffic.shut().keys() == {"host:a"}


def test_silence_is_no_matter_of_the_mode() -> None:
    assert Traffic().fall(streams=SILENT) == {"host:a"}
    assert Traffic().fall(streams=STALLED) == {"host:a"}


def test_one_whole_answer_among_failures_in_a_row_is_enough_to_shut_all() -> None:
    traffic = Traffic()
    traffic.play(3, streams=BROKEN)
    traffic.play(5)
    for _ in range(3):
        traffic.call(NEEDS, failure(), began=False)
    traffic.call(WHOLE, failure())
    traffic.call(NEEDS, failure(), began=False)
    assert traffic.shut().keys() == {"host:a"}


def test_where_only_whole_answers_fail_streams_stay() -> None:
    traffic = Traffic()
    assert traffic.fall(whole=failure(status=504)) == {"host:a[whole]"}
    assert (traffic.first(NEEDS), traffic.first(WHOLE)) == ("a/m", "b/m")


def test_what_fails_for_all_later_is_shut_for_all() -> None:
    traffic = Traffic()
    traffic.fall(streams=BROKEN)
    for _ in range(5):
        traffic.call(WHOLE, failure())
    assert "host:a" in traffic.shut()
    assert traffic.first(WHOLE) == "b/m"


def test_once_streams_are_well_again_nothing_is_left_of_it() -> None:
    traffic = Traffic()
    traffic.fall(streams=BROKEN)
    traffic.play(60)
    assert traffic.shut() == {}
    assert STREAMS not in [view.domain for view in traffic.router.snapshot(traffic.now).domains]
    assert traffic.call(NEEDS) == "a/m"


def test_who_is_under_way_sees_it_too_when_it_fails_over() -> None:
    """No second stream goes where streams have just been shut."""
    traffic = Traffic(A, target("a/n"), B)
    chain = traffic.router.begin(traffic.route, NEEDS, traffic.now)
    traffic.fall(streams=BROKEN)
    lease = traffic.router.lease(chain, traffic.now)
    assert isinstance(lease, Lease)
    assert lease.target.name == "b/m"


def test_a_second_fall_lasts_as_long() -> None:
    traffic = Traffic()
    for _ in range(2):
        assert traffic.fall(streams=BROKEN) == {"host:a[streamed]"}
        views = traffic.router.snapshot(traffic.now).domains
        open_for = next(view.open_for for view in views if view.domain == STREAMS)
        assert open_for == pytest.approx(DEFAULTS.soft_open)
        traffic.play(55)


def test_a_reload_forgets_nothing_of_it() -> None:
    traffic = Traffic()
    traffic.fall(streams=BROKEN)
    traffic.router.swap(topology(A, B), traffic.now)
    route = traffic.router.find("chat")
    assert route is not None
    traffic.route = route
    assert traffic.first(NEEDS) == "b/m"
    assert traffic.first(WHOLE) == "a/m"


def test_a_reload_without_the_host_forgets_its_cell() -> None:
    traffic = Traffic()
    traffic.fall(streams=BROKEN)
    traffic.router.swap(topology(B), traffic.now)
    assert {view.domain for view in traffic.router.snapshot(traffic.now).domains} == set(B.domains)
