"""Journal entries and figures as text for people. Values in, lines out."""

import time
from collections.abc import Iterable, Iterator

from understudy.cli.table import align
from understudy.journal.entry import AttemptEntry, EventEntry, RequestEntry
from understudy.journal.stats import RouteStats, Stats, TargetStats, Times
from understudy.telemetry.genai import is_failure

HEAD = ("ended", "outcome", "", "route", "answered by", "tries", "first", "total", "cost", "id")


def row(entry: RequestEntry) -> tuple[str, ...]:
    """One request in the columns of HEAD."""
    tries = str(len(entry.attempts))
    failed = [attempt.outcome for attempt in entry.attempts if is_failure(attempt)]
    if failed:
        tries += f" ({', '.join(failed)})"
    return (
        time.strftime("%H:%M:%S", time.localtime(entry.at + entry.duration)),
        entry.outcome,
        str(entry.status),
        plain(entry.route),
        plain(entry.target or "-"),
        plain(tries),
        _seconds(entry.first_content),
        _seconds(entry.duration),
        _dollars(entry.cost_usd),
        entry.id,
    )


def changes(events: Iterable[EventEntry]) -> Iterator[str]:
    """What people changed, one a line."""
    rows = [
        (
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at)),
            event.kind,
            plain(event.about),
            plain(event.words),
        )
        for event in events
    ]
    yield from align([("at", "what", "domain", "so it"), *rows], indent="")


def details(entry: RequestEntry) -> Iterator[str]:
    """One request, all of it."""
    began = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(entry.at))
    way = "stream" if entry.stream else "whole"
    yield f"{entry.id}: {entry.outcome}, status {entry.status}"
    facts = [
        ("began", began),
        ("caller", entry.caller),
        ("asked for", f"{entry.route} ({entry.dialect}, {way})"),
        ("answered by", entry.target or "nobody"),
        ("first content", _seconds(entry.first_content)),
        ("total", _seconds(entry.duration)),
        ("tokens", _tokens(entry)),
        ("cost", _dollars(entry.cost_usd)),
        ("bytes", f"{entry.request_bytes:,} in, {entry.response_bytes:,} out"),
    ]
    if entry.failure is not None:
        facts.append(("failure", entry.failure))
    if entry.seam is not None:
        facts.append(("seam", f"continued elsewhere after byte {entry.seam:,} of the answer"))
    if entry.losses:
        facts.append(("losses", ", ".join(entry.losses)))
    yield from align([(name, plain(text)) for name, text in facts])
    yield ""
    titles = ("", "target", "outcome", "from", "first", "to", "status", "what it said")
    yield from align([titles, *(_attempt(attempt) for attempt in entry.attempts)])
    for title, body in (("request", entry.request_body), ("answer", entry.response_body)):
        if body is not None:
            yield ""
            yield f"{title}, redacted:"
            yield from (plain(line) for line in body.decode("utf-8", "replace").splitlines())


def figures(stats: Stats) -> Iterator[str]:
    """What a stretch of the journal adds up to."""
    if not stats.requests:
        yield "no requests"
        return
    yield f"{stats.requests:,} requests, {stats.attempts:,} attempts"
    yield from align(
        [
            ("ended", _counts(stats.outcomes)),
            ("failed over", f"{stats.failed_over:,}{_added(stats.added_by_failures)}"),
            ("seams", f"{stats.seams:,}"),
            ("lossy", f"{stats.lossy:,}"),
            ("cost", _dollars(stats.cost_usd)),
            ("first content", _times(stats.first_content)),
            ("total time", _times(stats.duration)),
        ]
    )
    if stats.refusals:
        yield "\nwhy requests failed"
        yield from align([(name, f"{count:,}") for name, count in stats.refusals.items()])
    yield "\nroutes"
    titles = ("route", "requests", "ended", "failed over", "first content")
    yield from align([titles, *(_route(route) for route in stats.routes)])
    yield "\ntargets"
    heads = ("target", "attempts", "success", "first content", "tokens", "cost", "failures")
    yield from align([heads, *(_target(target) for target in stats.targets)])


def plain(text: str) -> str:
    """Without what could steer a terminal: a provider or a client may have written it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _attempt(attempt: AttemptEntry) -> tuple[str, ...]:
    return (
        str(attempt.number),
        plain(attempt.target),
        plain(attempt.outcome),
        _seconds(attempt.started),
        _seconds(attempt.first_content),
        _seconds(attempt.ended),
        "-" if attempt.status is None else str(attempt.status),
        plain(attempt.message or ""),
    )


def _route(route: RouteStats) -> tuple[str, ...]:
    return (
        plain(route.route),
        f"{route.requests:,}",
        _counts(route.outcomes),
        f"{route.failed_over:,}",
        _times(route.first_content),
    )


def _target(target: TargetStats) -> tuple[str, ...]:
    read, written = target.prompt_tokens, target.output_tokens
    return (
        plain(target.target),
        f"{target.attempts:,}",
        "-" if target.success is None else f"{target.success:.2%}",
        _times(target.first_content),
        "-" if read is None or written is None else f"{read:,} + {written:,}",
        _dollars(target.cost_usd),
        _counts(target.failures) or "-",
    )


def _tokens(entry: RequestEntry) -> str:
    usage = entry.usage
    if usage is None:
        return "-"
    cached = f" ({usage.cache_read_tokens:,} cached)" if usage.cache_read_tokens else ""
    return f"{usage.prompt_tokens:,} read{cached}, {usage.output_tokens:,} written"


def _added(times: Times | None) -> str:
    if times is None:
        return ""
    return f", answering attempt began after p50 {_seconds(times.p50)}, p99 {_seconds(times.p99)}"


def _times(times: Times | None) -> str:
    if times is None:
        return "-"
    return ", ".join(
        f"{name} {_seconds(value)}"
        for name, value in (("p50", times.p50), ("p95", times.p95), ("p99", times.p99))
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{plain(name)} {count:,}" for name, count in counts.items())


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f} s"


def _dollars(value: float | None) -> str:
    return "-" if value is None else f"${value:,.4f}"
