"""Prometheus exposition of the engines that we start ourselves."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from understudy.shell.engine import State, resident
from understudy.shell.floor import Floor


class EngineCollector(Collector):
    """Looks at each engine anew at each scrape. Without engines there is nothing to see."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    @override
    def collect(self) -> Iterator[Metric]:
        engines = self._floor.engines
        if not engines:
            return
        states = GaugeMetricFamily(
            "understudy_engine_state",
            "1 for the state that an engine is in, 0 for the others.",
            labels=["provider", "state"],
        )
        starts = CounterMetricFamily(
            "understudy_engine_starts", "Processes started for it.", labels=["provider"]
        )
        memory = GaugeMetricFamily(
            "understudy_engine_memory_bytes",
            "What its process takes, beside the model's file.",
            labels=["provider"],
        )
        for engine in engines:
            name = engine.settings.provider
            for state in State:
                states.add_metric([name, state.value], float(state is engine.state))
            starts.add_metric([name], engine.starts)
            pid = engine.pid
            memory.add_metric([name], 0 if pid is None else resident(pid))
        yield from (states, starts, memory)
