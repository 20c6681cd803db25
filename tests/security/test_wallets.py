"""T21 wallets: what one caller may use, whatever it does, and whatever happens to the gateway."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import understudy
from tests.security.hosting import (
    ENVIRONMENT,
    PROVIDER_KEY,
    SECOND_KEY,
    Host,
    Script,
    Site,
    answer,
    chat,
    post,
    saying,
    site,
)
from tests.shell.test_plane import status_of
from tests.system.processes import http_request

PRICE = "[providers.p0.models.m.price]\ninput = 1.0\noutput = 1000.0\n"


def completion(written: int, read: int = 0) -> bytes:
    """A whole answer that says how many tokens it was."""
    said = {"index": 0, "message": {"role": "assistant", "content": "well"}}
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    made = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
    return json.dumps({**made, "choices": [{**said, "finish_reason": "stop"}]}).encode()


def using(written: int, *, after: float = 0.0) -> Script:
    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(after)
        await saying(answer(completion(written)))(request, writer)

    return script


def limits(caller: str = "all", **allowed: float) -> str:
    table = "".join(f"{name} = {value}\n" for name, value in allowed.items())
    return f"[keys.{caller}.limits]\n{table}"


async def standing(here: Site, caller: str = "all") -> dict[str, dict[str, float]]:
    """How a caller stands, as the admin listener says it."""
    page = await asyncio.to_thread(http_request, f"{here.admin_url}/admin/limits")
    (found,) = [each for each in page.json()["callers"] if each["caller"] == caller]
    return dict(found)


async def metric(here: Site, name: str) -> float:
    page = await asyncio.to_thread(http_request, f"{here.admin_url}/metrics")
    lines = [line for line in page.text.splitlines() if line.startswith(name)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def written(here: Site, count: int) -> None:
    """Wait until so many entries are in the journal."""
    async with asyncio.timeout(10):
        while await metric(here, "understudy_journal_written_total") < count:
            await asyncio.sleep(0.02)


def error_of(said: bytes) -> dict[str, str]:
    return dict(json.loads(said.partition(b"\r\n\r\n")[2])["error"])


@pytest.mark.timeout(60)
def test_who_asks_too_often_is_refused_and_nobody_else(tmp_path: Path) -> None:
    """T21. Nobody is asked, nobody is charged, and the answer says when to come again."""

    async def scene() -> None:
        host = Host(using(1))
        async with site(tmp_path, host, more=limits(requests_per_minute=3)) as here:
            said = [await here.post(chat()) for _ in range(3)]
            assert [status_of(each) for each in said] == [200] * 3
            refused = await asyncio.gather(*(here.post(chat()) for _ in range(20)))
            assert {status_of(each) for each in refused} == {429}
            assert error_of(refused[0])["type"] == "requests"
            assert error_of(refused[0])["code"] == "rate_limit_exceeded"
            assert "requests_per_minute: 3 of 3 used" in error_of(refused[0])["message"]
            head = refused[0].partition(b"\r\n\r\n")[0].lower()
            wait = int(head.partition(b"retry-after: ")[2].partition(b"\r\n")[0])
            assert 1 <= wait <= 20
            assert b"x-ratelimit-limit-requests: 3\r\n" in head + b"\r\n"
            assert b"x-ratelimit-remaining-requests: 0\r\n" in head + b"\r\n"
            assert len(host.requests) == 3
            theirs = {"model": "mine", "messages": [{"role": "user", "content": "hi"}]}
            body = json.dumps(theirs).encode()
            for _ in range(5):
                assert status_of(await here.post(body, key=SECOND_KEY)) == 200
            assert (await standing(here))["refused"] == {"requests_per_minute": 20}
            health = json.loads(await here.health())["router"]
            assert all(target["is_eligible"] for target in health["targets"])
            assert all(domain["state"] == "closed" for domain in health["domains"])

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_each_api_says_it_in_its_own_words(tmp_path: Path) -> None:
    """T21. So that every client's library raises what its users catch."""
    hi = {"role": "user", "content": "hi"}
    asked = {
        "/v1/messages": {"model": "all", "max_tokens": 5, "messages": [hi]},
        "/v1/responses": {"model": "all", "input": "hi"},
        "/v1beta/models/all:generateContent": {"contents": [{"parts": [{"text": "hi"}]}]},
        "/v2/chat": {"model": "all", "messages": [hi]},
        "/api/chat": {"model": "all", "messages": [hi], "stream": False},
        "/v1/completions": {"model": "all", "prompt": "hi"},
    }

    async def scene() -> None:
        host = Host(using(1))
        async with site(tmp_path, host, more=limits(requests_per_minute=1)) as here:
            assert status_of(await here.post(chat())) == 200
            for path, body in asked.items():
                said = await here.post(json.dumps(body).encode(), path)
                assert status_of(said) == 429, said
                assert b"requests_per_minute: 1 of 1 used" in said
                assert b"retry-after: " in said
            anthropic = await here.post(json.dumps(asked["/v1/messages"]).encode(), "/v1/messages")
            assert error_of(anthropic)["type"] == "rate_limit_error"
            assert b"anthropic-ratelimit-requests-remaining: 0" in anthropic
            assert len(host.requests) == 1

    asyncio.run(scene())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("burst", [8, 80])
def test_a_burst_overshoots_by_one_request_however_large_it_is(burst: int, tmp_path: Path) -> None:
    """T21. What requests in progress may come to is set aside."""

    async def scene() -> None:
        host = Host(using(200, after=0.3))
        async with site(tmp_path, host, more=limits(tokens_per_day=1000)) as here:
            asked = [chat(max_tokens=200) for _ in range(burst)]
            said = await asyncio.gather(*(here.post(body) for body in asked))
            served = sum(status_of(each) == 200 for each in said)
            assert 3 <= served == len(host.requests) <= 5
            while status_of(await here.post(chat(max_tokens=200))) == 200:
                pass
            used = (await standing(here))["used"]["tokens_per_day"]
            assert 1000 <= used < 1000 + 200
            assert used == 200 * len(host.requests)

    asyncio.run(scene())


class Killed(Exception):
    """The process is gone, and cannot be asked to end well."""


@pytest.mark.timeout(60)
def test_what_was_spent_outlives_kill_9(tmp_path: Path) -> None:
    """T21. A month's spending is the journal's, so no crash gives anybody a fresh one."""

    async def scene() -> None:
        host = Host(using(1000))
        more = PRICE + limits(usd_per_month=2.0, usd_per_day=50)
        with contextlib.suppress(Killed):
            async with site(tmp_path, host, more=more) as here:
                for _ in range(2):
                    assert status_of(await here.post(chat())) == 200
                await written(here, 2)
                here.running.process.kill()
                await asyncio.to_thread(here.running.process.wait)
                raise Killed
        host.requests.clear()
        async with site(tmp_path, host, more=more) as here:
            used = (await standing(here))["used"]
            assert used == {"usd_per_day": pytest.approx(2.0), "usd_per_month": pytest.approx(2.0)}
            said = await here.post(chat())
            assert status_of(said) == 429
            assert error_of(said)["code"] == "insufficient_quota"
            assert "usd_per_month: 2 of 2 used" in error_of(said)["message"]
            assert host.requests == []

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_a_reload_changes_limits_and_forgets_nothing(tmp_path: Path) -> None:
    """T21. Also for a caller that gets its first limit: the journal knows what it used."""

    async def scene() -> None:
        host = Host(using(100))
        async with site(tmp_path, host, more=limits(tokens_per_day=150)) as here:
            config = tmp_path / "understudy.toml"
            text = config.read_text()

            async def reload(new: str, count: int) -> None:
                config.write_text(new)
                here.running.signal(1)
                await asyncio.to_thread(here.running.await_event, "config reloaded", count)

            theirs = chat().replace(b'"all"', b'"mine"')
            assert status_of(await here.post(theirs, key=SECOND_KEY)) == 200
            assert status_of(await here.post(chat())) == 200
            assert status_of(await here.post(chat())) == 200
            assert status_of(await here.post(chat())) == 429
            await reload(text.replace("150", "250"), 1)
            assert status_of(await here.post(chat())) == 200
            assert status_of(await here.post(chat())) == 429
            await written(here, 5)
            await reload(text + limits("some", tokens_per_day=100), 2)
            assert status_of(await here.post(theirs, key=SECOND_KEY)) == 429
            await reload(text.replace("tokens_per_day = 150", ""), 3)
            assert status_of(await here.post(chat())) == 200

    asyncio.run(scene())


async def streaming(asked: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while not writer.transport.is_closing():
            writer.write(
                b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
                b'"choices":[{"index":0,"delta":{"content":"on"},"finish_reason":null}]}\n\n'
            )
            await writer.drain()
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def listening(here: Site) -> AsyncIterator[None]:
    """A client that hears the beginning of a stream, and then leaves."""
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(post(chat(stream=True, max_tokens=50)))
    await reader.readuntil(b"on")
    yield
    writer.transport.abort()


@pytest.mark.timeout(60)
def test_who_leaves_gives_a_place_back_and_no_money(tmp_path: Path) -> None:
    """T21. A client that never waits for the end of a stream has used what was done for it."""

    async def scene() -> None:
        host = Host(streaming)
        more = PRICE + limits(concurrent_requests=2, tokens_per_day=100_000, usd_per_day=9.0)
        async with site(tmp_path, host, more=more) as here:
            async with listening(here), listening(here):
                said = await here.post(chat())
                assert status_of(said) == 429
                assert "concurrent_requests: 2 of 2 used" in error_of(said)["message"]
            async with asyncio.timeout(10):
                while (await standing(here))["used"]["concurrent_requests"]:
                    await asyncio.sleep(0.02)
            used = (await standing(here))["used"]
            assert 20 < used["tokens_per_day"] <= 2 * (50 + 60)
            assert used["usd_per_day"] > 0.001
            async with listening(here):
                pass

    asyncio.run(scene())


OTHERS = """
[providers.p0.operations.embeddings]
dialect = "openai_embeddings"
path = "/embeddings"
[routes.vectors]
operation = "embeddings"
targets = ["p0/e"]
"""


@pytest.mark.timeout(60)
def test_every_operation_counts(tmp_path: Path) -> None:
    """T21. A caller's limits are its own, whatever it asks for, and by whatever path."""
    vectors = {
        "object": "list",
        "model": "e",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 70, "total_tokens": 70},
    }
    wanted = json.dumps({"model": "vectors", "input": "hi"}).encode()

    async def scene() -> None:
        host = Host(saying(answer(json.dumps(vectors).encode())))
        more = OTHERS + limits(requests_per_minute=2, tokens_per_day=1000)
        async with site(tmp_path, host, more=more) as here:
            assert status_of(await here.post(wanted, "/v1/embeddings")) == 200
            assert (await standing(here))["used"]["tokens_per_day"] == 70
            host.script = using(5)
            assert status_of(await here.post(chat())) == 200
            assert status_of(await here.post(wanted, "/v1/embeddings")) == 429
            assert status_of(await here.post(chat())) == 429
            assert len(host.requests) == 2

    asyncio.run(scene())


@pytest.mark.timeout(60)
def test_inside_another_program_it_holds_for_that_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T21. `[limits]` is for whoever calls where nobody is asked for a key."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "understudy.toml").write_text(
        f'[journal]\npath = "{tmp_path}/j.db"\n[providers.openai]\n'
        'key = "env:PROVIDER_KEY"\nbase_url = "http://127.0.0.1:9/v1"\n'
        '[routes.all]\ntargets = ["openai/gpt-5.2"]\n[limits]\nrequests_per_minute = 1\n'
    )
    with (
        understudy.Transport(tmp_path / "understudy.toml") as transport,
        httpx.Client(transport=transport, base_url="http://gateway") as client,
    ):
        first, second = (client.post("/v1/chat/completions", content=chat()) for _ in range(2))
        assert first.status_code >= 500
        assert second.status_code == 429
        assert int(second.headers["retry-after"]) >= 1
        assert PROVIDER_KEY not in first.text + second.text
