"""`make bench`: every figure of docs/benchmarks.md, Understudy beside nginx, in one run.

Passes alternate between the two, so that a noisy machine disturbs both; the figure is the median
pass, and what counts is the ratio. Raw data goes to build/bench/results.json, the table to
build/bench/results.md.
"""

import argparse
import importlib.metadata
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import processes
from bench.payloads import CALLER_KEY, UPSTREAM_MODEL, chat_request
from bench.processes import LOAD_CORE, NGINX_PORT, UNDERSTUDY_PORT, Process
from bench.report import table
from bench.slow_readers import slow_readers

OUT = Path("build/bench")
CONNECTIONS = 64
STREAMS = 100
LUA = """
wrk.method = "POST"
local file = io.open(os.getenv("WRK_BODY"), "rb")
wrk.body = file:read("*a")
file:close()
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer " .. os.getenv("WRK_KEY")
"""


def main() -> int:
    """Run it all; returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one pass")
    parser.add_argument("--passes", type=int, default=5, help="passes for each figure and target")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        say("wrk is not installed (Debian: apt-get install wrk): nothing can be measured")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder = Path(name)
        with (
            processes.provider(),
            processes.nginx(folder) as nginx,
            processes.understudy(folder) as understudy,
        ):
            if nginx is None:
                say("nginx is not installed (Debian: apt-get install nginx-light): no reference")
            results = measure(folder, nginx, understudy, options)
    results["footprint"] |= footprint()
    results["machine"] = machine()
    (OUT / "results.json").write_text(json.dumps(results, indent=1))
    text = table(results)
    (OUT / "results.md").write_text(text)
    say("\n" + text)
    return 0


def measure(
    folder: Path, nginx: Process | None, understudy: Process, options: argparse.Namespace
) -> dict[str, Any]:
    """Everything that needs the running gateway."""
    results: dict[str, Any] = {"footprint": {"idle_mb": understudy.memory_mb()}}
    results["footprint"]["ready_s"] = understudy.ready_s
    direct = (nginx, NGINX_PORT, UPSTREAM_MODEL)
    cases = {
        "same dialect, 1 KB": [direct, (understudy, UNDERSTUDY_PORT, "bench")],
        "translated, 1 KB": [direct, (understudy, UNDERSTUDY_PORT, "translated")],
        "same dialect, 50 KB": [direct, (understudy, UNDERSTUDY_PORT, "bench")],
    }
    for case, targets in cases.items():
        pad = 50 * 1024 if "50 KB" in case else 0
        results[case] = alternate(
            case,
            targets,
            options.passes,
            lambda process, port, model, pad=pad: requests(
                folder, process, port, model, pad, options.seconds
            ),
        )
    for case, model in {"same dialect": "bench", "translated": "translated"}.items():
        results[f"streams, {case}"] = alternate(
            f"streams, {case}",
            [direct, (understudy, UNDERSTUDY_PORT, model)],
            options.passes,
            lambda process, port, model: streams(process, port, model, options.seconds),
        )
    results["footprint"]["busy_mb"] = understudy.memory_mb()
    say("1,000 slow readers")
    results["slow readers"] = slow_readers(understudy)
    return results


def alternate(
    case: str,
    targets: Sequence[tuple[Process | None, int, str]],
    passes: int,
    run: Callable[[Process, int, str], dict[str, Any]],
) -> dict[str, list[dict[str, Any]]]:
    """Run each target in turn, `passes` times over."""
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(passes):
        for process, port, model in targets:
            if process is None:
                continue
            one = run(process, port, model)
            found.setdefault(process.name, []).append(one)
            say(f"{case}: pass {number + 1}/{passes} {process.name} {one}")
    return found


def requests(
    folder: Path, process: Process, port: int, model: str, pad: int, seconds: float
) -> dict[str, Any]:
    """Whole answers under 64 connections: CPU milliseconds for one request."""
    body = folder / "body.json"
    body.write_bytes(chat_request(stream=False, model=model, pad_bytes=pad))
    script = folder / "post.lua"
    script.write_text(LUA)
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{max(1, round(seconds))}s",
        "-s",
        str(script),
        url,
    ]
    before = process.cpu_s()
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), *command],
        env={**os.environ, "WRK_BODY": str(body), "WRK_KEY": CALLER_KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    time.sleep(0.3)  # The journal's writer is still at it; its CPU counts.
    used = process.cpu_s() - before
    count = int(re.search(r"(\d+) requests in", done.stdout)[1])  # type: ignore[index]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return {
        "requests": count,
        "failed": int(bad[1]) if bad else 0,
        "cpu_ms": round(1000 * used / count, 4),
        "per_s": round(count / max(1, round(seconds))),
    }


def streams(process: Process, port: int, model: str, seconds: float) -> dict[str, Any]:
    """100 streams of 200 chunks a second each: CPU seconds for 100,000 chunks, and delay."""
    before = process.cpu_s()
    done = subprocess.run(
        [
            *("taskset", "-c", str(LOAD_CORE), sys.executable, "-m", "bench.streams"),
            *(str(port), str(STREAMS), str(seconds), model),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    used = process.cpu_s() - before
    report: dict[str, Any] = json.loads(done.stdout)
    report["cpu_s_per_100k"] = round(100_000 * used / max(1, report["chunks"]), 3)
    return report


def footprint() -> dict[str, Any]:
    """What it costs to have: import time and installed size."""
    code = "import time; t = time.perf_counter(); import understudy; print(time.perf_counter() - t)"
    runs = [
        float(subprocess.check_output([sys.executable, "-c", code], text=True)) for _ in range(5)
    ]
    sizes = {name: _size_mb(name) for name in _runtime_packages("understudy")}
    return {
        "import_ms": round(1000 * statistics.median(runs), 1),
        "installed_mb": round(sum(sizes.values()), 1),
        "installed": {name: round(size, 2) for name, size in sorted(sizes.items())},
    }


def machine() -> dict[str, Any]:
    """Where this was measured."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cpu": model[1] if model else "unknown",
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "kernel": os.uname().release,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _runtime_packages(name: str) -> set[str]:
    """The closure of runtime requirements, without extras and without ourselves."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for requirement in importlib.metadata.requires(todo.pop()) or ():
            if "extra ==" in requirement:
                continue
            word = re.match(r"[A-Za-z0-9_.-]+", requirement)
            package = word[0].lower() if word else ""
            try:
                importlib.metadata.distribution(package)
            except importlib.metadata.PackageNotFoundError:
                continue
            if package and package not in found:
                found.add(package)
                todo.append(package)
    return found


def _size_mb(package: str) -> float:
    files = importlib.metadata.files(package) or ()
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 2**20


if __name__ == "__main__":
    sys.exit(main())
