"""A drill's file means the same to the gateway as its values do in the simulated world."""

import msgspec
import pytest
from tests.drills.small import CLASSIFIER, DIALECTS, TEXT, scenario

from understudy.cli.drill_config import config_text, environment
from understudy.config.load import load
from understudy.drills.reading import load as load_drill
from understudy.drills.reading import shipped
from understudy.drills.scenario import Scenario
from understudy.drills.stage import setting
from understudy.routing.topology import Topology


def topology(drill: Scenario, tmp_path) -> Topology:
    urls = {provider.name: "http://127.0.0.1:9" for provider in drill.providers}
    path = tmp_path / "understudy.toml"
    path.write_text(config_text(drill, urls, 8080, 9090, str(tmp_path / "journal.db")))
    return load(path, environment(drill)).topology


@pytest.mark.parametrize("name", shipped())
def test_targets_domains_and_routes_are_the_same(name, tmp_path):
    drill = load_drill(name)
    real, simulated = topology(drill, tmp_path), setting(drill, DIALECTS, CLASSIFIER).topology
    assert real.routes.keys() == simulated.routes.keys()
    for route in simulated.routes.values():
        twin = real.routes[route.name]
        assert (twin.targets, twin.on_break, twin.hedge) == (
            route.targets, route.on_break, route.hedge,
        )  # fmt: skip
        assert twin.policy.require == route.policy.require
        for target in route.targets:
            mine, his = real.targets[target], simulated.targets[target]
            assert set(mine.domains) == set(his.domains)
            assert mine.endpoint.dialect == his.endpoint.dialect
            assert mine.taxonomy == his.taxonomy


def test_each_key_is_its_own_name():
    assert sorted(environment(scenario()).values()) == ["a#1", "a#2", "b#1"]


def test_names_are_quoted(tmp_path):
    odd = scenario(TEXT.replace('"r"', '"r.1 x"'))
    assert "r.1 x" in topology(odd, tmp_path).routes
    assert msgspec.structs.asdict(odd)["routes"][0].name == "r.1 x"
