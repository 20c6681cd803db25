"""Failures of our own process: it is stopped, starved, told to end, and given nonsense to read.

`python -m prove.own_failures` does the same at full size.
"""

import asyncio
import resource
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from prove.client import Ask, Heard, ask, send
from prove.endings import end_under_load
from prove.killings import kill_often
from prove.nonsense import Nonsense, read_nonsense
from prove.rig import Rig, Traffic, rig
from prove.verdict import faults_of
from prove.world import Spot, spots, stand

pytestmark = pytest.mark.timeout(120)

QUICK_LIMITS = """
[defaults]
deadline = "60s"
[defaults.timeouts]
connect = "1s"
first_token = "1500ms"
idle = "1500ms"
answer = "3s"
"""


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Spot]]:
    there = spots(["one", "other"])
    with stand(tmp_path_factory.mktemp("providers"), there):
        yield there


def asks(count: int, words: str, *, stream: bool = True) -> list[Ask]:
    return [ask("one", f"question {k} {words}", stream=stream) for k in range(count)]


def wrong(requests: Sequence[Ask], answers: Sequence[Heard]) -> list[str]:
    """What is not as it should be, of answers that each ought to be whole and of the first try."""
    faults = [fault for pair in zip(requests, answers, strict=True) for fault in faults_of(*pair)]
    return faults + [f"{heard.attempts} attempts" for heard in answers if heard.attempts != 1]


async def await_busy(there: Rig, count: int) -> None:
    """Wait until so many requests are in progress, each with a connection to its provider."""
    busy = 0.0
    for _ in range(500):
        told = await asyncio.to_thread(there.metrics)
        busy = sum(told[key] for key in told if key.startswith("understudy_upstream_connections"))
        if busy >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"found {busy} requests in progress, expected {count}")


def test_a_process_that_was_stopped_blames_nobody_for_it(
    tmp_path: Path, providers: list[Spot]
) -> None:
    """Streams before and after their first token, whole answers, and requests that come meanwhile.

    All of them are within their limits but for the 3 seconds in which nobody could see it.
    """
    before = [
        *asks(20, "[tokens=50] [rate=20]"),
        *asks(10, "later [delay=1] [tokens=3]"),
        *asks(10, "whole [delay=2] [tokens=3]", stream=False),
    ]
    during = asks(10, "meanwhile [tokens=3]")

    async def story(there: Rig) -> tuple[list[Heard], list[Heard]]:
        first = [asyncio.ensure_future(send(there.port, each)) for each in before]
        await await_busy(there, len(before))
        there.gateway.signal(signal.SIGSTOP)
        second = [asyncio.ensure_future(send(there.port, each)) for each in during]
        await asyncio.sleep(3.0)
        there.gateway.signal(signal.SIGCONT)
        return list(await asyncio.gather(*first)), list(await asyncio.gather(*second))

    with rig(tmp_path, providers, more=QUICK_LIMITS) as there:
        running = there.start()
        heard, late = asyncio.run(story(there))
        assert wrong(before, heard) == []
        assert wrong(during, late) == []
        assert there.open_breakers() == []
        assert there.metric("stalled_seconds_total") >= 2.0
        assert running.events("this process stood still; its time limits wait")
        running.stop()


def test_nonsense_in_the_configuration_changes_nothing(
    tmp_path: Path, providers: list[Spot]
) -> None:
    """Under load; each change is refused, and it is said where."""
    clients = {f"client {k}": each for k, each in enumerate(asks(4, "[tokens=5]"))}

    async def story(there: Rig) -> tuple[Traffic, Nonsense]:
        traffic = Traffic(there.port, clients)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(traffic.run())
            outcome = await asyncio.to_thread(read_nonsense, there, 50, 1)
            traffic.stop()
        return traffic, outcome

    with rig(tmp_path, providers) as there:
        running = there.start()
        traffic, outcome = asyncio.run(story(there))
        assert outcome == Nonsense(refused=50)
        for name, heard in traffic.heard.items():
            assert wrong([clients[name]] * len(heard), heard) == []
        assert there.admin("/healthz").status == 200
        running.stop()


def test_a_killed_gateway_has_every_entry_that_it_had_counted_and_none_twice(
    tmp_path: Path,
) -> None:
    quick = spots(["quick"])
    with stand(tmp_path, quick), rig(tmp_path, quick) as there:
        seen = kill_often(there, 8, seed=1)
    assert seen.faults == []
    assert seen.kills == 8
    assert seen.entries >= seen.accepted > 0


def test_a_stop_under_load_lets_every_stream_finish(tmp_path: Path, providers: list[Spot]) -> None:
    with rig(tmp_path, providers) as there:
        there.start()
        seen = asyncio.run(end_under_load(there, "one", 300))
    assert seen.faults == ()
    assert (seen.complete, seen.refused, seen.code) == (300, 5, 0)


def test_without_files_to_open_what_runs_goes_on_and_nobody_is_blamed(
    tmp_path: Path, providers: list[Spot]
) -> None:
    """The limit falls to two files more than are open: who comes may be let in, and not further."""
    streams = asks(20, "[tokens=40] [rate=10]")

    async def story(there: Rig) -> tuple[list[Heard], list[Heard], float]:
        running = [asyncio.ensure_future(send(there.port, each)) for each in streams]
        await await_busy(there, len(streams))
        before = resource.prlimit(there.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(
            there.pid, resource.RLIMIT_NOFILE, (highest_file(there.pid) + 3, before[1])
        )
        used = there.cpu_seconds()
        late = [send(there.port, each, patience=3.0) for each in asks(40, "late [tokens=1]")]
        starved = list(await asyncio.gather(*late))
        await asyncio.sleep(1.0)
        used = there.cpu_seconds() - used
        resource.prlimit(there.pid, resource.RLIMIT_NOFILE, before)
        return starved, list(await asyncio.gather(*running)), used

    with rig(tmp_path, providers) as there:
        there.config.write_text(there.text.replace("//127.0.0.1:", "//localhost:"))
        running = there.start()
        starved, heard, used = asyncio.run(story(there))
        assert wrong(streams, heard) == []
        assert any(each.status != 200 for each in starved), "nobody felt it"
        assert used < 0.8, "it spins"
        assert there.open_breakers() == []
        told = [key for key in there.metrics() if key.startswith("understudy_attempts_total")]
        assert all('"ok"' in key or "gateway.pool_timeout" in key for key in told), told
        again = asks(5, "again [tokens=1]")
        assert wrong(again, asyncio.run(all_of(there, again))) == []
        running.stop()


def highest_file(pid: int) -> int:
    return max(int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir())


async def all_of(there: Rig, requests: Sequence[Ask]) -> list[Heard]:
    return list(await asyncio.gather(*[send(there.port, each) for each in requests]))


def test_all_open_files_are_taken_that_the_system_allows(
    tmp_path: Path, providers: list[Spot]
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 400), hard))
    try:
        with rig(tmp_path, providers) as there:
            running = there.start()
            assert resource.prlimit(there.pid, resource.RLIMIT_NOFILE) == (hard, hard)
            running.stop()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
