"""Troubles: faults of a whole domain reach all that stand in it, and nobody else."""

from understudy.chat.failure import Scope
from understudy.cli.swarm import kit
from understudy.sim import faults as fault
from understudy.sim.cases import draw_case
from understudy.sim.chance import Stream
from understudy.sim.faults import RowOf, When
from understudy.sim.troubles import draw_faults, is_lie

KIT = kit()


def test_faults_are_where_targets_are_and_may_mean_one_key_or_model():
    whens: list[When] = []
    kinds = set()
    for seed in range(80):
        topology = draw_case(KIT, seed).setting.topology
        found = draw_faults(Stream(seed), topology, KIT.taxonomy, 40.0)
        targets = topology.targets.values()
        for name, items in found.items():
            here = [one for one in targets if one.origin.host == name]
            assert here
            for item in items:
                kinds.add(type(item.effect))
                whens.append(item.when)
                keys = {one.domains[0].name for one in here}
                assert item.when.key is None or item.when.key in keys
                assert item.when.model is None or item.when.model in {
                    one.endpoint.model for one in here
                }
    assert any(when.key for when in whens)
    assert any(when.model for when in whens)
    assert any(when.down for when in whens)
    assert len(kinds) > 20


def test_a_hosts_fault_is_at_all_its_regions():
    """A fault without key or model is a region's (at one provider) or a host's (at all of its)."""
    seen = 0
    for seed in range(100):
        topology = draw_case(KIT, seed).setting.topology
        found = draw_faults(Stream(seed), topology, KIT.taxonomy, 40.0)
        regions: dict[str, set[str]] = {}
        for one in topology.targets.values():
            if any(domain.kind is Scope.HOST for domain in one.domains):
                regions.setdefault(one.provider, set()).add(one.origin.host)
        wide = {item.when for items in found.values() for item in items if _is_wide(item.when)}
        for when in wide:
            hit = {name for name, items in found.items() if any(i.when == when for i in items)}
            assert len(hit) == 1 or hit in regions.values()
            seen += len(hit) > 1
    assert seen


def _is_wide(when: When) -> bool:
    return when.key is None and when.model is None


def test_only_what_nobody_could_see_is_a_lie():
    assert is_lie(fault.Empty(), KIT.taxonomy)
    assert is_lie(fault.Finish(), KIT.taxonomy)
    assert not is_lie(fault.Cut(), KIT.taxonomy)
    rows = [RowOf(row.id) for row in KIT.taxonomy.rows if row.example.finish is not None]
    assert all(is_lie(row, KIT.taxonomy) for row in rows)
