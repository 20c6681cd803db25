"""Sums, shares and percentiles."""

from hypothesis import given
from hypothesis import strategies as st

from understudy.journal.stats import AttemptRow, RequestRow, Times, add_up, percentile, times


def request(outcome: str = "ok", **changes) -> RequestRow:
    fields = {
        "route": "assistant",
        "failure": None,
        "attempts": 1,
        "first_content": 0.5,
        "duration": 1.0,
        "cost_usd": 0.25,
        "has_seam": 0,
        "losses": 0,
        "waited": None,
    }
    return RequestRow(outcome=outcome, **{**fields, **changes})


def attempt(outcome: str = "ok", target: str = "here/small", **changes) -> AttemptRow:
    fields = {
        "first_content": 0.5,
        "cost_usd": 0.25,
        "prompt_tokens": 10,
        "output_tokens": 5,
    }
    return AttemptRow(target=target, outcome=outcome, **{**fields, **changes})


def test_nothing_adds_up_to_nothing():
    found = add_up(7.0, [], [])
    assert (found.since, found.requests, found.attempts, found.outcomes) == (7.0, 0, 0, {})
    assert (found.first_content, found.duration, found.cost_usd) == (None, None, None)
    assert (found.routes, found.targets) == ((), ())


def test_requests_are_counted_by_how_they_ended_and_why_not_well():
    found = add_up(
        0.0,
        [
            request(),
            request(attempts=2, waited=0.75),
            request("cut", attempts=3, failure="x.cut", has_seam=1),
            request("failed", failure="x.down", attempts=2, cost_usd=None),
            request("failed", failure="x.down", first_content=None, losses=2),
        ],
        [],
    )
    assert found.outcomes == {"failed": 2, "ok": 2, "cut": 1}
    assert found.refusals == {"x.down": 2, "x.cut": 1}
    assert (found.failed_over, found.seams, found.lossy) == (1, 1, 1)
    assert found.cost_usd == 1.0
    assert found.added_by_failures == Times(1, 0.75, 0.75, 0.75)


def test_routes_stand_by_name():
    found = add_up(0.0, [request(route="b"), request("failed", route="a"), request(route="b")], [])
    assert [(each.route, each.requests) for each in found.routes] == [("a", 1), ("b", 2)]
    assert found.routes[1].outcomes == {"ok": 2}


def test_a_targets_success_leaves_out_what_was_nobodys_fault():
    rows = [attempt(), attempt(), attempt(), attempt("x.down"), attempt("abandoned")]
    (target,) = add_up(0.0, [], rows).targets
    assert (target.attempts, target.ok, target.abandoned) == (5, 3, 1)
    assert target.success == 0.75
    assert target.failures == {"x.down": 1}
    assert (target.prompt_tokens, target.output_tokens) == (50, 25)


def test_what_nobody_told_is_not_known_instead_of_zero():
    rows = [attempt("abandoned", cost_usd=None, prompt_tokens=None, output_tokens=None)]
    (target,) = add_up(0.0, [], rows).targets
    assert target.success is target.cost_usd is target.prompt_tokens is target.output_tokens is None


def test_percentiles_of_a_hundred():
    assert times(float(value) for value in range(100, 0, -1)) == Times(100, 50.0, 95.0, 99.0)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([50, 95, 99, 100]))
def test_a_percentile_is_the_smallest_value_that_so_many_stay_within(values, share):
    ranked = sorted(values)
    found = percentile(ranked, share)
    assert sum(value <= found for value in ranked) * 100 >= share * len(ranked)
    assert sum(value < found for value in ranked) * 100 < share * len(ranked)
