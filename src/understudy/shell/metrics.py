"""Prometheus exposition of what the process knows, through the official client library."""

import math
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from understudy import __version__
from understudy.routing.breaker import State
from understudy.shell.plane import Plane
from understudy.shell.recorder import Recorder
from understudy.telemetry.metrics import Histogram, Metrics


class GatewayCollector(Collector):
    """Reads everything anew at each scrape; nothing is counted twice on the request path."""

    def __init__(self, plane: Plane, metrics: Metrics, recorder: Recorder | None) -> None:
        self._plane = plane
        self._metrics = metrics
        self._recorder = recorder

    @override
    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("understudy", "The program.", value={"version": __version__})
        yield from self._requests()
        yield from self._histograms()
        yield from self._process()
        yield from self._router()
        yield from self._credentials()
        yield from self._limits()
        if self._recorder is not None:
            yield from _journal(self._recorder)

    def _requests(self) -> Iterator[Metric]:
        metrics = self._metrics
        yield _counter(
            "requests",
            "Client requests.",
            ("route", "dialect", "outcome"),
            list(metrics.requests.items()),
        )
        yield _counter(
            "attempts",
            "Attempts at targets.",
            ("target", "outcome"),
            list(metrics.attempts.items()),
        )
        yield _counter(
            "hedges",
            "Attempts made beside one that was late with its first token.",
            ("target", "result"),
            list(metrics.hedges.items()),
        )
        yield _counter("tokens", "Tokens billed.", ("target", "kind"), list(metrics.tokens.items()))
        for name, text, counts in (
            ("failovers", "Requests answered after an attempt had failed.", metrics.failovers),
            ("seams", "Answers continued on another target.", metrics.seams),
            ("lossy_requests", "Requests of which something was lost.", metrics.lossy),
        ):
            yield _counter(name, text, ("route",), _keyed(counts))
        text = "Cost in US dollars, where prices are known."
        yield _counter("cost_usd", text, ("target",), _keyed(metrics.cost_usd))

    def _histograms(self) -> Iterator[Metric]:
        metrics = self._metrics
        yield _histogram(
            "request_duration_seconds", "From request to end.", "route", metrics.durations
        )
        yield _histogram(
            "time_to_first_content_seconds",
            "From request to the first content for the client.",
            "route",
            metrics.waits,
        )
        yield _histogram(
            "attempt_first_content_seconds",
            "From an attempt's start to its first content.",
            "target",
            metrics.first_content,
        )

    def _process(self) -> Iterator[Metric]:
        plane = self._plane
        yield GaugeMetricFamily(
            "understudy_requests_in_progress", "Requests in progress.", value=plane.busy_count
        )
        yield GaugeMetricFamily(
            "understudy_client_connections", "Client connections.", value=plane.client_count
        )
        yield _counter(
            "stalled_seconds",
            "How long this process stood still; its time limits waited meanwhile.",
            (),
            [((), plane.clock.stalled)],
        )
        upstream = _gauge("upstream_connections", "Connections to providers.", ("host",))
        for host, count in plane.pools.counts().items():
            upstream.add_metric([host], count)
        yield upstream
        refused = {str(status): count for status, count in plane.refused.items()}
        text = "Requests refused before routing."
        yield _counter("refused", text, ("status",), _keyed(refused))
        text = "Requests broken off by a bug of the program itself."
        yield _counter("bugs", text, ("kind",), _keyed(plane.bugs))

    def _router(self) -> Iterator[Metric]:
        plane = self._plane
        snapshot = plane.services.router.snapshot(plane.now())
        breakers = _gauge(
            "breaker_state",
            "1 for the state that the breaker of a failure domain is in, 0 for the others.",
            ("domain", "state"),
        )
        resting = _gauge("domain_resting_seconds", "How long a domain is left alone.", ("domain",))
        share = _gauge(
            "domain_share",
            "The share of requests that may prefer a domain: below 1 while it comes back, is "
            "drained, or may grow no faster.",
            ("domain",),
        )
        for view in snapshot.domains:
            name = str(view.domain)
            for state in State:
                breakers.add_metric([name, state.value], float(state is view.state))
            resting.add_metric([name], view.resting_for)
            share.add_metric([name], view.share)
        eligible = _gauge(
            "target_eligible", "1 where an attempt would go to the target now.", ("target",)
        )
        flying = _gauge("target_in_flight", "Attempts in progress.", ("target",))
        for target in snapshot.targets:
            eligible.add_metric([target.name], float(target.is_eligible))
            flying.add_metric([target.name], target.in_flight)
        yield from (breakers, resting, share, eligible, flying)
        yield GaugeMetricFamily(
            "understudy_retry_budget_left",
            "Further attempts that the retry budget still allows.",
            value=snapshot.budget.left,
        )

    def _credentials(self) -> Iterator[Metric]:
        good = _gauge(
            "credential_good", "1 while there is a credential to show, fetched.", ("provider",)
        )
        ends = _gauge(
            "credential_expires_seconds", "Until the credential ends, if it does.", ("provider",)
        )
        fetches: list[tuple[tuple[str, ...], float]] = []
        for keeper in self._plane.keepers.all():
            good.add_metric([keeper.name], float(keeper.left() > 0.0))
            if 0.0 < keeper.left() < math.inf:
                ends.add_metric([keeper.name], keeper.left())
            fetches.append(((keeper.name, "ok"), keeper.fetches))
            fetches.append(((keeper.name, "failed"), keeper.failures))
        yield from (good, ends)
        text = "Credentials fetched, and not."
        yield _counter("credential_fetches", text, ("provider", "outcome"), fetches)

    def _limits(self) -> Iterator[Metric]:
        turnstile = self._plane.turnstile
        allowed = _gauge("caller_limit", "What a caller may use.", ("caller", "limit"))
        text = "What a caller has used of a limit, requests in progress included."
        used = _gauge("caller_limit_used", text, ("caller", "limit"))
        refused: list[tuple[tuple[str, ...], float]] = []
        for view in () if turnstile is None else turnstile.views():
            for limit, most in view.allowed.items():
                allowed.add_metric([view.caller, limit], most)
                used.add_metric([view.caller, limit], view.used[limit])
            refused += [((view.caller, limit), n) for limit, n in view.refused.items()]
        yield from (allowed, used)
        text = "Requests refused because their caller was over a limit."
        yield _counter("caller_refused", text, ("caller", "limit"), refused)


def _journal(recorder: Recorder) -> Iterator[Metric]:
    status = recorder.status()
    for name, text, value in (
        ("journal_written", "Journal entries written.", recorder.written),
        ("journal_dropped", "Journal entries dropped.", recorder.dropped),
    ):
        yield _counter(name, text, (), [((), value)])
    waiting = status["waiting"]
    assert isinstance(waiting, int)
    yield GaugeMetricFamily(
        "understudy_journal_waiting", "Journal entries not yet written.", value=waiting
    )
    yield GaugeMetricFamily(
        "understudy_journal_degraded",
        "1 while the journal cannot be written.",
        value=0 if status["state"] == "ok" else 1,
    )


def _gauge(name: str, text: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"understudy_{name}", text, labels=list(labels))


def _counter(
    name: str,
    text: str,
    labels: tuple[str, ...],
    rows: Iterable[tuple[tuple[str, ...], float]],
) -> Metric:
    family = CounterMetricFamily(f"understudy_{name}", text, labels=list(labels))
    for key, value in rows:
        family.add_metric(list(key), value)
    return family


def _keyed(counts: Mapping[str, float]) -> list[tuple[tuple[str, ...], float]]:
    # Copied first, in one go: the journal's thread counts meanwhile.
    return [((key,), value) for key, value in list(counts.items())]


def _histogram(name: str, text: str, label: str, rows: dict[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(f"understudy_{name}", text, labels=[label])
    for key, histogram in list(rows.items()):
        family.add_metric([key], histogram.cumulative(), sum_value=histogram.total)
    return family
