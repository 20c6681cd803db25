"""One engine through its life: the real llama.cpp, and programs that only seem to be it."""

import asyncio
import http.client
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.local.engines import engine_settings, is_alive, program
from tests.local.gguf import TEXT
from tests.shell.looped import looped
from understudy.config.engine import EngineSettings
from understudy.shell.engine import Engine, State, resident
from understudy.shell.restarts import Restarts

pytestmark = pytest.mark.timeout(60)  # a real engine starts, beside whatever else runs


def made(settings: EngineSettings, first: float = 0.01) -> Engine:
    return Engine(settings, Restarts(first), asyncio.get_running_loop().time)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.02)


async def closed(engine: Engine) -> None:
    await asyncio.to_thread(engine.close)
    await asyncio.sleep(0)
    assert engine.pid is None


def said(host: str, port: int) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    body = {"messages": [{"role": "user", "content": "hello"}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    told = json.loads(connection.getresponse().read())
    connection.close()
    return str(told["choices"][0]["message"]["content"]).strip()


@looped
async def test_it_is_cold_until_it_is_asked_for_and_then_answers(tmp_path: Path):
    engine = made(engine_settings(tmp_path))
    assert engine.status()["state"] == "cold"
    assert engine.status()["memory"] is None
    host, port = await engine.locate()
    assert await asyncio.to_thread(said, host, port) == TEXT
    assert engine.status()["state"] == "up"
    pid = engine.pid
    assert pid is not None
    assert 0 < resident(pid) < 2**30
    assert engine.status()["memory"] == pytest.approx(resident(pid), rel=0.5)
    assert await engine.locate() == (host, port)
    assert engine.starts == 1
    await closed(engine)
    assert engine.state is State.COLD
    assert not is_alive(pid)


@looped
async def test_it_is_started_anew_when_it_dies(tmp_path: Path):
    engine = made(engine_settings(tmp_path))
    await engine.locate()
    first = engine.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: engine.starts == 2)
    await engine.locate()
    assert engine.pid != first
    await closed(engine)


@looped
async def test_while_it_rests_nobody_waits_for_it(tmp_path: Path):
    engine = made(engine_settings(tmp_path), first=1000.0)
    await engine.locate()
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    await until(lambda: engine.state is State.RESTING)
    with pytest.raises(ConnectionRefusedError, match="resting: signal 9"):
        await engine.locate()
    await closed(engine)


@looped
async def test_one_that_always_dies_is_given_up_with_its_last_words(tmp_path: Path):
    dies = program(tmp_path, 'echo "it is all too much" >&2; exit 3')
    engine = made(engine_settings(tmp_path, command=(dies, "--model")))
    engine.warm()
    await until(lambda: engine.state is State.BROKEN)
    assert engine.starts == 5
    with pytest.raises(ConnectionRefusedError, match="exit code 3: it is all too much"):
        await engine.locate()
    assert engine.starts == 5
    await closed(engine)


@looped
async def test_one_that_does_not_come_up_is_ended(tmp_path: Path):
    sleeps = program(tmp_path, "exec sleep 1000")
    engine = made(engine_settings(tmp_path, command=(sleeps,), start_within=0.3), first=1000.0)
    with pytest.raises(ConnectionRefusedError, match=r"not up after 0\.3 s"):
        await engine.locate()
    await closed(engine)


@looped
async def test_one_that_will_not_end_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("understudy.shell.engine.GRACE", 0.2)
    stays = program(tmp_path, "trap '' TERM; while :; do sleep 0.05; done")
    engine = made(engine_settings(tmp_path, command=(stays,)))
    engine.warm()
    await until(lambda: engine.pid is not None)
    pid = engine.pid
    assert pid is not None
    await asyncio.sleep(0.3)
    await closed(engine)
    assert not is_alive(pid)


@looped
async def test_one_that_takes_more_than_it_may_is_ended(tmp_path: Path):
    engine = made(engine_settings(tmp_path, memory=2**20), first=1000.0)
    engine.warm()
    await until(lambda: engine.state is State.RESTING)
    assert engine.reason.endswith("MiB of 1 MiB")
    await closed(engine)


@looped
async def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("understudy.shell.engine.ASK_EVERY", 0.05)
    monkeypatch.setattr("understudy.shell.engine.GRACE", 0.2)
    engine = made(engine_settings(tmp_path), first=1000.0)
    await engine.locate()
    await asyncio.sleep(0.5)
    assert engine.starts == 1  # it answers, and is left alone
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    await until(lambda: engine.state is State.RESTING)
    assert engine.reason == "hung: 3 questions in a row had no answer"
    await closed(engine)


@looped
async def test_one_that_was_cooled_can_be_warmed_at_once(tmp_path: Path):
    engine = made(engine_settings(tmp_path))
    await engine.locate()
    first = engine.pid
    engine.cool()
    await engine.locate()
    assert engine.status()["state"] == "up"
    assert engine.pid != first
    await closed(engine)


@looped
async def test_a_request_that_is_given_up_does_not_end_the_start(tmp_path: Path):
    engine = made(engine_settings(tmp_path))
    waiting: Awaitable[object] = asyncio.ensure_future(engine.locate())
    await asyncio.sleep(0)
    waiting.cancel()  # type: ignore[attr-defined]
    await until(lambda: engine.state is State.UP)
    assert engine._waiting == set()
    await closed(engine)


def test_a_process_that_is_gone_takes_no_memory():
    assert resident(2**22 + 1) == 0
