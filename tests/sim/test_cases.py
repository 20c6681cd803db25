"""Random cases: each is a function of its number, and all kinds of things are among them."""

from collections import Counter

from understudy.cli.swarm import kit
from understudy.routing.topology import OnBreak
from understudy.sim.cases import draw_case

KIT = kit()


def test_a_case_is_a_function_of_its_number():
    assert repr(draw_case(KIT, 5)) == repr(draw_case(KIT, 5))
    assert repr(draw_case(KIT, 5)) != repr(draw_case(KIT, 6))


def test_everything_that_can_be_is_somewhere():
    cases = [draw_case(KIT, seed) for seed in range(60)]
    counts = {len(case.setting.topology.targets) for case in cases}
    assert counts == {2, 3, 4, 5, 6}
    routes = [route for case in cases for route in case.setting.topology.routes.values()]
    assert {route.on_break for route in routes} == set(OnBreak)
    assert {route.hedge for route in routes} == {True, False}
    assert any(route.policy.require for route in routes)
    happened = Counter(type(item).__name__ for case in cases for _, item in case.happenings)
    assert set(happened) == {"Kill", "Revive", "CutOff", "Swap", "WallClock"}
    assert any(case.setting.held_bytes < 100_000 for case in cases)


def test_targets_share_domains_and_each_has_its_provider():
    for seed in range(30):
        case = draw_case(KIT, seed)
        names = {provider.name for provider in case.setting.providers}
        for target in case.setting.topology.targets.values():
            assert case.setting.wiring[target.name] in names
            assert len({domain.kind for domain in target.domains}) == len(target.domains)


def test_what_happens_is_in_order():
    for seed in range(30):
        case = draw_case(KIT, seed, 10.0)
        assert [when for when, _ in case.happenings] == sorted(when for when, _ in case.happenings)
        assert all(0 < when < 10.0 for when, _ in case.asks)
