"""What Prometheus sees of engines: their state, their starts, their memory."""

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.local.engines import engine_settings
from tests.shell.looped import looped
from tests.shell.test_floor import Scene
from understudy.shell.engine_metrics import EngineCollector


def samples(scene: Scene) -> dict[tuple[str, ...], float]:
    found = CollectorRegistry()
    found.register(EngineCollector(scene.floor))
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in parse(generate_latest(found).decode())
        for sample in family.samples
    }


@looped
async def test_an_engine_shows_how_it_is(tmp_path: Path):
    scene = Scene(engine_settings(tmp_path, warm="demand"))
    cold = samples(scene)
    assert cold["understudy_engine_state", "local", "cold"] == 1
    assert cold["understudy_engine_state", "local", "up"] == 0
    assert cold["understudy_engine_starts_total", "local"] == 0
    assert cold["understudy_engine_memory_bytes", "local"] == 0
    await scene.engine.locate()
    warm = samples(scene)
    assert warm["understudy_engine_state", "local", "up"] == 1
    assert warm["understudy_engine_starts_total", "local"] == 1
    assert warm["understudy_engine_memory_bytes", "local"] > 2**20
    await scene.end()


@looped
async def test_without_engines_there_is_nothing_to_see():
    scene = Scene()
    assert samples(scene) == {}
    await scene.end()
