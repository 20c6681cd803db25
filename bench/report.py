"""The table of a benchmark run: what was measured, beside the goal."""

import statistics
from typing import Any

GOALS = {
    "same dialect, 1 KB": 4.0,
    "translated, 1 KB": 8.0,
    "same dialect, 50 KB": 4.0,
    "streams, same dialect": 1.6,
    "streams, translated": 3.0,
}


def table(results: dict[str, Any]) -> str:
    """Markdown: ratios to nginx first, then the footprint."""
    machine = results["machine"]
    lines = [
        f"{machine['date']}, {machine['cpu']}, {machine['cores']} cores, "
        f"Python {machine['python']}, Linux {machine['kernel']}",
        "",
        "| what | nginx | Understudy | ratio | goal | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for case, goal in GOALS.items():
        lines.append(_row(case, results[case], goal))
    lines += ["", "| what | measured | goal | |", "|---|---:|---:|---|"]
    lines += _delay(results)
    slow = results["slow readers"]
    foot = results["footprint"]
    lines += [
        _plain("memory added by 1,000 slow readers of 20 MB answers, MiB", slow["added_mb"], 64),
        _plain("ready to serve after start, s", round(foot["ready_s"], 3), 0.5),
        _plain("idle memory, MB", round(foot["idle_mb"], 1), 60),
        _plain("import of the package, ms", foot["import_ms"], 150),
        _plain("runtime dependencies installed, MB", foot["installed_mb"], 15),
    ]
    return "\n".join(lines) + "\n"


def _row(case: str, passes: dict[str, list[dict[str, Any]]], goal: float) -> str:
    is_stream = case.startswith("streams")
    field = "cpu_s_per_100k" if is_stream else "cpu_ms"
    unit = "CPU s per 100,000 chunks" if is_stream else "CPU ms per request"
    ours = statistics.median(one[field] for one in passes["understudy"])
    if "nginx" not in passes:
        return f"| {case}, {unit} | not installed | {ours:.3f} | | {goal} x | not compared |"
    reference = statistics.median(one[field] for one in passes["nginx"])
    ratio = ours / reference
    word = "met" if ratio <= goal else "MISSED"
    return f"| {case}, {unit} | {reference:.3f} | {ours:.3f} | {ratio:.2f} x | {goal} x | {word} |"


def _delay(results: dict[str, Any]) -> list[str]:
    lines = []
    for case in ("streams, same dialect", "streams, translated"):
        passes = results[case]
        ours = statistics.median(one["gap_p99_us"] for one in passes["understudy"])
        base = 0.0
        if "nginx" in passes:
            base = statistics.median(one["gap_p99_us"] for one in passes["nginx"])
        added = round((ours - base) / 1000, 2)
        lines.append(_plain(f"{case}: p99 gap between chunks, ms above nginx", added, 5))
    return lines


def _plain(what: str, measured: float, goal: float) -> str:
    return f"| {what} | {measured} | {goal} | {'met' if measured <= goal else 'MISSED'} |"
