"""The gateway as a transport of httpx and of httpx2, sync and async: reads, limits, ends, forks."""

import asyncio
import gc
import os
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

import understudy
from tests.system.processes import Simulators, simulators, until

CONFIG = """
[journal]
path = "journal.db"
[keys.nobody]
key = "env:KEY_OF_NOBODY"
[providers.chat]
kind = "openai-compatible"
base_url = "URL/v1"
auth = "none"
[routes.r]
targets = ["chat/m"]
"""
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
URL = "https://api.example.com/v1/chat/completions"


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with simulators(tmp_path_factory.mktemp("providers"), "chat=openai_chat:0") as running:
        yield running


@pytest.fixture
def config(
    providers: Simulators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    monkeypatch.setenv("KEY_OF_NOBODY", "us-a-key-that-nobody-in-process-needs")
    path = tmp_path / "understudy.toml"
    path.write_text(CONFIG.replace("URL", providers.urls["chat"]))
    yield path
    providers.fault("chat", "")


@pytest.fixture
def transport(config: Path) -> Iterator[understudy.Transport]:
    with understudy.Transport(config) as made:
        yield made


def asked(text: str = "hello", *, stream: bool = False) -> dict[str, Any]:
    return {"model": "r", "stream": stream, "messages": [{"role": "user", "content": text}]}


def busy(transport: understudy.Transport) -> int:
    background = transport._background
    assert background is not None
    assert background._gateway is not None
    return background._gateway.plane.busy_count


@LIBRARIES
def test_a_request_is_answered_whole(library: Any, transport: understudy.Transport):
    client = library.Client(transport=transport)
    answer = client.post(URL, json=asked())
    assert answer.status_code == 200
    assert answer.http_version == "HTTP/1.1"
    assert answer.headers["x-understudy-target"] == "chat/m"
    assert "connection" not in answer.headers
    assert answer.json()["choices"][0]["message"]["content"]
    assert client.get("https://x/v1/models").json()["data"][0]["id"] == "r"
    assert client.head("https://x/v1/models").content == b""
    assert client.get("https://x/nowhere?a=b").status_code == 404


@LIBRARIES
def test_a_stream_comes_piece_by_piece_and_ends(library: Any, transport: understudy.Transport):
    client = library.Client(transport=transport)
    with client.stream("POST", URL, json=asked(stream=True)) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data:")]
    assert len(lines) > 3
    assert lines[-1] == "data: [DONE]"


@LIBRARIES
def test_the_same_for_an_event_loop(library: Any, transport: understudy.Transport):
    async def run() -> None:
        async with library.AsyncClient(transport=transport) as client:
            answers = await asyncio.gather(
                *[client.post(URL, json=asked(f"{n} [tokens=3]")) for n in range(30)]
            )
            assert {answer.status_code for answer in answers} == {200}
            async with client.stream("POST", URL, json=asked(stream=True)) as answer:
                lines = [line async for line in answer.aiter_lines()]
            assert "data: [DONE]" in lines

    asyncio.run(run())


@LIBRARIES
def test_bodies_that_come_in_pieces_are_sent_whole(library: Any, transport: understudy.Transport):
    whole = library.Request("POST", URL, json=asked()).content
    pieces = [whole[:10], whole[10:]]

    async def later() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def run() -> int:
        async with library.AsyncClient(transport=transport) as client:
            return int((await client.post(URL, content=later())).status_code)

    assert library.Client(transport=transport).post(URL, content=iter(pieces)).status_code == 200
    assert asyncio.run(run()) == 200


@LIBRARIES
def test_who_waits_too_long_gets_the_librarys_own_error(
    library: Any, transport: understudy.Transport, providers: Simulators
):
    providers.fault("chat", "hang")
    limits = library.Timeout(5, read=0.2)
    client = library.Client(transport=transport, timeout=limits)
    with pytest.raises(library.ReadTimeout, match=r"0\.2 seconds"):
        client.post(URL, json=asked())

    async def run() -> None:
        async with library.AsyncClient(transport=transport, timeout=limits) as inside:
            with pytest.raises(library.ReadTimeout):
                await inside.post(URL, json=asked())

    until(lambda: busy(transport) == 0)
    asyncio.run(run())


@LIBRARIES
@pytest.mark.parametrize("how", ["closed", "forgotten"])
def test_nobody_goes_on_for_a_reader_who_left(
    library: Any, transport: understudy.Transport, providers: Simulators, how: str
):
    providers.fault("chat", "slow(rate=20)")
    client = library.Client(transport=transport)
    request = client.build_request("POST", URL, json=asked(f"{how} [tokens=500]", stream=True))
    answer = client.send(request, stream=True)
    assert next(answer.iter_raw())
    assert busy(transport) == 1
    if how == "closed":
        answer.close()
    else:
        del answer
        gc.collect()
    until(lambda: busy(transport) == 0)
    until(lambda: providers.seen("chat", f"{how} ")[-1]["cancelled_at"])


def test_a_task_that_is_cancelled_takes_its_request_along(
    transport: understudy.Transport, providers: Simulators
):
    providers.fault("chat", "hang")

    async def run() -> None:
        client = httpx2.AsyncClient(transport=transport)
        task = asyncio.ensure_future(client.post(URL, json=asked()))
        while transport._background is None or not busy(transport):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    until(lambda: busy(transport) == 0)


@LIBRARIES
def test_closing_cuts_and_a_later_request_starts_anew(
    library: Any, config: Path, providers: Simulators
):
    transport = understudy.Transport(config)
    transport.close()  # before anything ran
    client = library.Client(transport=transport)
    providers.fault("chat", "slow(rate=20)")
    with client.stream("POST", URL, json=asked("[tokens=500]", stream=True)) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        transport.close()
        with pytest.raises(library.RemoteProtocolError, match="broke the answer off"):
            list(pieces)
    providers.fault("chat", "")
    assert client.post(URL, json=asked()).status_code == 200
    asyncio.run(transport.aclose())
    assert (config.parent / "journal.db").exists()


def test_a_transport_that_nobody_holds_ends(config: Path):
    transport = understudy.Transport(config)
    client = httpx.Client(transport=transport)
    assert client.post(URL, json=asked()).status_code == 200
    assert transport._background is not None
    thread = transport._background._thread
    del transport, client
    gc.collect()
    until(lambda: not thread.is_alive())


def test_many_threads_share_one_gateway(transport: understudy.Transport):
    client = httpx2.Client(transport=transport)
    statuses: list[int] = []

    def run() -> None:
        for _ in range(4):
            statuses.append(client.post(URL, json=asked("[tokens=3]")).status_code)  # noqa: PERF401

    threads = [threading.Thread(target=run) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 200
    assert sum(thread.name == "understudy" for thread in threading.enumerate()) == 1


def test_a_fork_starts_a_gateway_of_its_own(transport: understudy.Transport):
    client = httpx.Client(transport=transport)
    assert client.post(URL, json=asked()).status_code == 200
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: threads and fork
        child = os.fork()
    if child == 0:
        code = 1
        try:
            code = int(client.post(URL, json=asked()).status_code != 200)
            transport.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.post(URL, json=asked()).status_code == 200


def test_a_wrong_configuration_is_told_at_once(tmp_path: Path):
    path = tmp_path / "wrong.toml"
    path.write_text("[routes.r]\ntargets = ['nobody/m']\n")
    with pytest.raises(understudy.ConfigError, match="nobody"):
        understudy.Transport(path)
    with pytest.raises(understudy.ConfigError):
        understudy.Transport(str(tmp_path / "absent.toml"))


def test_what_is_no_request_of_such_a_library_is_refused(transport: understudy.Transport):
    class Odd:
        method, extensions = "GET", dict[str, Any]()

        def read(self) -> bytes:
            return b""

    with pytest.raises(TypeError, match="expected one of httpx"):
        transport.handle_request(Odd())
