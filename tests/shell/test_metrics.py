"""The exposition: parsed as Prometheus would, and true to what the process knows."""

import asyncio
from pathlib import Path

from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.journal.entries import entry, failed_over
from tests.shell.credentials.cloud import no_aws
from tests.shell.credentials.loops import until
from tests.shell.gateway import Gateway, gateway
from tests.shell.test_plane import good, run
from tests.shell.test_turnstile import limit
from understudy import __version__
from understudy.config.login import Login
from understudy.journal.entry import RequestEntry
from understudy.routing.drain import Drain
from understudy.shell.metrics import GatewayCollector
from understudy.shell.recorder import Bounds, Recorder
from understudy.telemetry.metrics import Metrics

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def registry(running: Gateway, metrics: Metrics, recorder: Recorder | None) -> CollectorRegistry:
    found = CollectorRegistry()
    found.register(GatewayCollector(running.plane, metrics, recorder))
    return found


def samples(found: CollectorRegistry) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(generate_latest(found).decode())
        for sample in family.samples
    }


def scraped(*entries: RequestEntry, recorder: Recorder | None = None) -> Samples:
    """What Prometheus sees of a gateway with one idle target after these requests."""
    seen: list[Samples] = []

    async def scenario() -> None:
        metrics = Metrics()
        for each in entries:
            metrics.observe(each)
        async with gateway(good()) as running:
            seen.append(samples(registry(running, metrics, recorder)))

    run(scenario())
    return seen[0]


def with_name(found: Samples, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {labels: value for (each, labels), value in found.items() if each == name}


def test_requests_and_attempts_are_counters():
    found = scraped(entry(1), failed_over(2), entry(3, seam=1, losses=("a",)))
    labels = (("dialect", "toy"), ("outcome", "ok"), ("route", "assistant"))
    assert found["understudy_requests_total", labels] == 3
    assert with_name(found, "understudy_attempts_total") == {
        (("outcome", "ok"), ("target", "here/small")): 3,
        (("outcome", "any.overloaded"), ("target", "there/large#2")): 1,
    }
    route = (("route", "assistant"),)
    assert found["understudy_failovers_total", route] == 1
    assert found["understudy_seams_total", route] == 1
    assert found["understudy_lossy_requests_total", route] == 1
    assert found["understudy_cost_usd_total", (("target", "here/small"),)] == 1.5
    assert found["understudy_tokens_total", (("kind", "input"), ("target", "here/small"))] == 300


def test_times_are_histograms():
    found = scraped(entry(1), failed_over(2))
    route = ("route", "assistant")
    buckets = with_name(found, "understudy_time_to_first_content_seconds_bucket")
    assert buckets[("le", "0.25"), route] == 1
    assert buckets[("le", "1"), route] == buckets[("le", "+Inf"), route] == 2
    assert found["understudy_time_to_first_content_seconds_count", (route,)] == 2
    assert found["understudy_time_to_first_content_seconds_sum", (route,)] == 1.1
    assert found["understudy_request_duration_seconds_sum", (route,)] == 2.6
    target = (("target", "here/small"),)
    assert found["understudy_attempt_first_content_seconds_count", target] == 2


def test_a_process_that_did_nothing_yet_says_what_it_is_and_how_it_stands():
    found = scraped()
    assert found["understudy_info", (("version", __version__),)] == 1
    assert found["understudy_requests_in_progress", ()] == 0
    assert found["understudy_client_connections", ()] == 0
    assert found["understudy_target_eligible", (("target", "a"),)] == 1
    assert found["understudy_target_in_flight", (("target", "a"),)] == 0
    assert found["understudy_retry_budget_left", ()] > 0


def test_each_failure_domain_is_in_exactly_one_state():
    states = with_name(scraped(), "understudy_breaker_state")
    by_domain: dict[str, dict[str, float]] = {}
    for labels, value in states.items():
        by_domain.setdefault(dict(labels)["domain"], {})[dict(labels)["state"]] = value
    assert len(by_domain) > 1
    for domain in by_domain.values():
        assert domain == {"closed": 1, "open": 0, "half_open": 0}


def test_without_a_journal_there_are_no_figures_of_one():
    assert not [name for name, _ in scraped(entry(1)) if "journal" in name]


def test_the_journals_state_is_there_with_one(tmp_path: Path):
    recorder = Recorder(tmp_path / "j.db", bounds=Bounds(waiting=2, every=60.0))
    for number in range(5):
        recorder.record(entry(number))
    found = scraped(recorder=recorder)
    recorder.close(5.0)
    assert found["understudy_journal_dropped_total", ()] == 3
    assert found["understudy_journal_waiting", ()] == 2
    assert found["understudy_journal_degraded", ()] == 0
    assert scraped(recorder=recorder)["understudy_journal_written_total", ()] == 2


def test_requests_of_a_running_gateway_are_in_it():
    async def scenario() -> None:
        metrics = Metrics()
        async with gateway(good()) as running:
            await running.ask()
            metrics.observe(await running.settled())
            await running.raw(b"GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            running.plane.report_bug(ValueError("simulated"))
            found = samples(registry(running, metrics, None))
        labels = (("dialect", "toy"), ("outcome", "ok"), ("route", "r"))
        assert found["understudy_requests_total", labels] == 1
        assert found["understudy_refused_total", (("status", "404"),)] == 1
        assert found["understudy_bugs_total", (("kind", "ValueError"),)] == 1
        assert sum(with_name(found, "understudy_upstream_connections").values()) == 1

    run(scenario())


def test_requests_in_progress_are_seen_while_they_last():
    async def scenario() -> None:
        async with gateway(good(delay=0.3)) as running:
            asked = asyncio.ensure_future(running.ask())
            async with asyncio.timeout(5):
                while not running.plane.busy_count:
                    await asyncio.sleep(0.005)
            found = samples(registry(running, Metrics(), None))
            assert found["understudy_requests_in_progress", ()] == 1
            assert found["understudy_client_connections", ()] == 1
            await asked

    run(scenario())


def test_it_is_valid_openmetrics_as_well():
    async def scenario() -> None:
        metrics = Metrics()
        metrics.observe(failed_over(1, seam=3))
        async with gateway(good()) as running:
            text = openmetrics(registry(running, metrics, None)).decode()
        assert {family.name for family in parse_open(text)} >= {
            "understudy",
            "understudy_requests",
            "understudy_request_duration_seconds",
        }

    run(scenario())


def test_a_drained_domain_shows_its_share():
    async def scenario() -> None:
        async with gateway(good()) as running:
            router, now = running.plane.services.router, running.plane.now()
            drained, *others = router.drains.known()
            router.drains.start(drained, Drain(now, over=0.0, last=0.25), now)
            shares = with_name(
                samples(registry(running, Metrics(), None)), "understudy_domain_share"
            )
            assert shares[("domain", str(drained)),] == 0.25
            assert all(shares[("domain", str(other)),] == 1.0 for other in others)

    run(scenario())


def test_fetched_credentials_are_seen_with_their_end(monkeypatch):
    no_aws(monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    seen: list[Samples] = []

    async def scenario() -> None:
        async with gateway(good()) as running:
            login = Login("aws", service="bedrock", region="eu-west-1")
            running.plane.adopt(replace(running.plane.settings, logins={"a": login}))
            keeper = running.plane.keepers.of("a")
            assert keeper is not None
            await until(lambda: keeper.fetches)
            seen.append(samples(registry(running, Metrics(), None)))

    run(scenario())
    provider = (("provider", "a"),)
    assert seen[0]["understudy_credential_good", provider] == 1
    assert not with_name(seen[0], "understudy_credential_expires_seconds")
    fetches = with_name(seen[0], "understudy_credential_fetches_total")
    assert fetches == {
        (("outcome", "ok"), ("provider", "a")): 1,
        (("outcome", "failed"), ("provider", "a")): 0,
    }


def test_it_says_what_callers_have_used_of_their_limits() -> None:
    async def scene() -> None:
        async with gateway(good()) as gate:
            limit(gate, requests_per_minute=1, concurrent_requests=5)
            await gate.ask()
            await gate.ask()
            found = samples(registry(gate, Metrics(), None))
            labels = (("caller", "anyone"), ("limit", "concurrent_requests"))
            assert found["understudy_caller_limit", labels] == 5.0
            assert found["understudy_caller_limit_used", labels] == 0.0
            labels = (("caller", "anyone"), ("limit", "requests_per_minute"))
            assert found["understudy_caller_refused_total", labels] == 1.0

    run(scene())
