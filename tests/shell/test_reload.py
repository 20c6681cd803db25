"""Reload: real files, changed as people and machines change them, under a running loop."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from understudy.config.load import load
from understudy.config.settings import Settings
from understudy.shell.reload import Reloader

LOOK = 0.01
PATIENCE = 5.0
CONFIG = """
[providers.local]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
[routes.{}]
targets = ["local/m"]
"""


class Gateway:
    """What is in force, and how it came to be."""

    def __init__(self, path: Path, loading: Callable[[], Settings] | None = None) -> None:
        self.path = path
        self.adopted: list[Settings] = []
        self.adopted_in: list[int] = []
        first = load(path, {})
        self.reloader = Reloader(
            loading or (lambda: load(path, {})), self._adopt, first.files, LOOK, first
        )

    @property
    def routes(self) -> list[str]:
        return list(self.adopted[-1].topology.routes) if self.adopted else []

    def _adopt(self, settings: Settings) -> None:
        self.adopted.append(settings)
        self.adopted_in.append(threading.get_ident())

    @asynccontextmanager
    async def watching(self):
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.reloader.watch())
            yield
            task.cancel()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(LOOK / 2)


async def some_looks() -> None:
    await asyncio.sleep(LOOK * 8)


def replace_file(path: Path, text: str) -> None:
    """As editors and deployment tools do: a new file takes the name at once."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)  # noqa: PTH105


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "u.toml"
    made.write_text(CONFIG.format("one"))
    return made


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def test_a_file_that_stays_as_it_is_is_not_loaded_again(path):
    async def story() -> None:
        gateway = Gateway(path)
        async with gateway.watching():
            await some_looks()
        assert gateway.adopted == []
        assert gateway.reloader.reloads == 0

    asyncio.run(story())


@pytest.mark.parametrize("write", [Path.write_text, replace_file])
def test_a_changed_file_is_adopted(path, write):
    async def story() -> None:
        gateway = Gateway(path)
        async with gateway.watching():
            write(path, CONFIG.format("another"))
            await until(lambda: gateway.routes == ["another"])
            await some_looks()
        assert gateway.reloader.reloads == 1
        assert gateway.reloader.last_error is None

    with capture_logs() as said:
        asyncio.run(story())
    [line] = [each for each in said if each["event"] == "config reloaded"]
    assert (line["routes"], line["targets"]) == (["another"], 1)
    assert any(each["log_level"] == "warning" for each in said)


def test_what_is_read_at_the_start_only_is_said_to_wait_for_a_restart(path):
    waits = "is read at the start only: its change waits for a restart"

    async def story() -> None:
        gateway = Gateway(path)
        path.write_text('[server]\nlisten = "127.0.0.1:1"\n' + CONFIG.format("one"))
        assert await gateway.reloader.reload()
        for table in ("journal", "conversations"):
            path.write_text(f"[{table}]\nenabled = false\n" + CONFIG.format("one"))
            assert await gateway.reloader.reload()
        path.write_text(CONFIG.format("one"))
        assert await gateway.reloader.reload()

    with capture_logs() as said:
        asyncio.run(story())
    lines = [each["event"] for each in said if waits in each["event"]]
    tables = ("server", "journal", "conversations")
    assert lines == [f"[{table}] {waits}" for table in tables]


def test_a_symlink_that_is_swapped_is_noticed(tmp_path):
    async def story() -> None:
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "u.toml").write_text(CONFIG.format(name))
            os.utime(folder / "u.toml", (1, 1))
        current = tmp_path / "current"
        current.symlink_to("one")
        gateway = Gateway(current / "u.toml")
        async with gateway.watching():
            (tmp_path / "next").symlink_to("two")
            os.replace(tmp_path / "next", current)  # noqa: PTH105
            await until(lambda: gateway.routes == ["two"])

    asyncio.run(story())


@pytest.mark.parametrize(
    "nonsense",
    [b"[routes", b"", b"\xff\xfe\x00", CONFIG.format("x").replace("vllm", "nobody").encode()],
    ids=["cut", "empty", "binary", "unknown kind"],
)
def test_nonsense_keeps_the_last_good_one_and_is_said_loudly_once(path, nonsense):
    async def story() -> None:
        gateway = Gateway(path)
        async with gateway.watching():
            path.write_bytes(nonsense)
            await until(lambda: gateway.reloader.failures == 1)
            await some_looks()
            assert gateway.adopted == []
            assert gateway.reloader.failures == 1
            assert "u.toml" in (gateway.reloader.last_error or "")
            path.write_text(CONFIG.format("mended"))
            await until(lambda: gateway.routes == ["mended"])
            assert gateway.reloader.last_error is None

    with capture_logs() as said:
        asyncio.run(story())
    [line] = [each for each in said if each["log_level"] == "error"]
    assert line["event"] == "config refused, the last good one stays in force"
    assert "u.toml" in line["error"]


def test_a_bug_in_loading_is_one_more_refusal(path):
    def broken() -> Settings:
        raise KeyError("a bug")

    async def story() -> None:
        gateway = Gateway(path, broken)
        async with gateway.watching():
            for count in (1, 2):
                gateway.reloader.request()
                await until(lambda: gateway.reloader.failures == count)  # noqa: B023 - awaited here
            assert "KeyError('a bug')" in (gateway.reloader.last_error or "")
            assert gateway.adopted == []

    with capture_logs() as said:
        asyncio.run(story())
    assert all(isinstance(each["exc_info"], KeyError) for each in said)


def test_a_file_that_is_removed_keeps_the_last_good_one_until_it_is_back(path):
    async def story() -> None:
        gateway = Gateway(path)
        async with gateway.watching():
            path.unlink()
            await until(lambda: gateway.reloader.failures == 1)
            await some_looks()
            assert gateway.adopted == []
            assert gateway.reloader.failures == 1
            path.write_text(CONFIG.format("back"))
            await until(lambda: gateway.routes == ["back"])

    asyncio.run(story())


def test_a_folder_in_the_files_place_is_only_another_mistake(path):
    async def story() -> None:
        gateway = Gateway(path)
        async with gateway.watching():
            path.unlink()
            path.mkdir()
            await until(lambda: gateway.reloader.failures > 0)
            assert gateway.adopted == []

    asyncio.run(story())


def test_a_key_file_that_the_new_configuration_names_is_watched_too(path):
    async def story() -> None:
        secret = path.with_name("key")
        secret.write_text("first-key\n")
        gateway = Gateway(path)
        async with gateway.watching():
            path.write_text(CONFIG.format("one") + f'[providers.openai]\nkey = "file:{secret}"\n')
            await until(lambda: len(gateway.adopted) == 1)
            replace_file(secret, "second-key\n")
            await until(lambda: len(gateway.adopted) == 2)

    asyncio.run(story())


def test_it_is_loaded_in_a_thread_and_adopted_on_the_loop(path):
    threads: list[int] = []

    def slow() -> Settings:
        threads.append(threading.get_ident())
        time.sleep(0.2)
        return load(path, {})

    async def story() -> None:
        gateway = Gateway(path, slow)
        ticks = 0
        async with gateway.watching():
            gateway.reloader.request()
            while not gateway.adopted:
                ticks += 1
                await asyncio.sleep(0.005)
        assert ticks > 5
        assert gateway.adopted_in == [threading.get_ident()]
        assert threads != gateway.adopted_in

    asyncio.run(story())


def test_requests_during_a_reload_become_one_more(path):
    running = 0
    most = 0
    loads = 0
    gate = threading.Event()

    def slow() -> Settings:
        nonlocal running, most, loads
        running += 1
        loads += 1
        most = max(most, running)
        assert gate.wait(PATIENCE)
        running -= 1
        return load(path, {})

    async def story() -> None:
        gateway = Gateway(path, slow)
        async with gateway.watching():
            gateway.reloader.request()
            await until(lambda: loads == 1)
            for _ in range(5):
                gateway.reloader.request()
            await some_looks()
            assert loads == 1
            gate.set()
            await until(lambda: len(gateway.adopted) == 2)
            await some_looks()
        assert (loads, most) == (2, 1)

    asyncio.run(story())
