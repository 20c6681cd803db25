"""T7 weak hashes, T8 colliding keys, T9 keys at rest, T19 tenants: whose is what."""

import asyncio
import hashlib
import inspect
import itertools
import json
import stat
from pathlib import Path

import pytest

from tests.security.hosting import KEY, PROVIDER_KEY, Host, answer, chat, completion, saying, site
from tests.shell.conversing import answer as saying_so
from tests.shell.conversing import asked, conversations, page, says
from tests.shell.gateway import Gateway, gateway, request
from tests.shell.test_plane import good, run, status_of
from tests.system.processes import until
from understudy.cli.keygen import keygen
from understudy.config.secret import SHORTEST_CALLER_KEY, KeyDigest, Secret
from understudy.config.settings import Caller, Settings
from understudy.shell.turn_store import TurnStore
from understudy.shell.upstream import Address
from understudy.wire.http import Origin

FIRST = "us-first-key-0123456789abcdef"
SECOND = "us-second-key-0123456789abcdef"


def callers(**routes: frozenset[str] | None) -> dict[bytes, Caller]:
    keys = {"first": FIRST, "second": SECOND}
    digests = {name: KeyDigest.of(Secret(keys[name])) for name in routes}
    return {digests[name].digest: Caller(name, digests[name], routes[name]) for name in routes}


def test_our_keys_have_256_bits_of_chance(capsys: pytest.CaptureFixture[str]) -> None:
    """T7. So the plain SHA-256 that is kept of them offers nothing to guess."""
    keys = set()
    for number in range(50):
        assert keygen.callback is not None
        keygen.callback(name=f"caller-{number}", as_json=True)
        keys.add(json.loads(capsys.readouterr().out)["key"])
    assert len(keys) == 50
    assert all(len(key) - len("us-") >= 43 for key in keys)


def test_a_callers_key_is_kept_as_a_hash_and_compared_in_constant_time() -> None:
    """T7, T9. Nothing finds out a key by measuring how long its refusal takes."""
    assert KeyDigest.of(Secret(FIRST)).digest == hashlib.sha256(FIRST.encode()).digest()
    assert SHORTEST_CALLER_KEY >= 16
    assert "hmac.compare_digest(" in inspect.getsource(KeyDigest.is_of)
    assert "hashlib.sha256(presented)" in inspect.getsource(Settings.caller)
    assert ".is_of(digest)" in inspect.getsource(Settings.caller)
    shown = repr(callers(first=None))
    assert FIRST not in shown


def test_whoever_is_refused_is_refused_alike() -> None:
    """T9. A key that is nearly right is told nothing that a wrong one is not."""

    async def scene() -> None:
        async with gateway(good(), callers=callers(first=None)) as gate:
            answers = set()
            for key in ("x", FIRST[:-1], FIRST + "x", FIRST.upper(), SECOND):
                raw = await gate.ask(key=key)
                assert status_of(raw) == 401
                lines = raw.split(b"\r\n")
                answers.add(tuple(line for line in lines if not line.startswith(b"date")))
            assert len(answers) == 1

    run(scene())


NEARLY = (
    FIRST.upper(),
    FIRST + "\x00",
    FIRST + "%00",
    FIRST[:-1],
    FIRST + "," + SECOND,
    f"Bearer {FIRST}x",
    "sha256:" + hashlib.sha256(FIRST.encode()).hexdigest(),
    hashlib.sha256(FIRST.encode()).hexdigest(),
    FIRST.replace("e", "\u0435"),
    "",
    "anyone",
)


@pytest.mark.parametrize("key", NEARLY)
def test_no_other_text_passes_for_a_key(key: str) -> None:
    """T8. Keys are compared as they are: no case, no encoding, no part, and not their hash."""

    async def scene() -> None:
        async with gateway(provider := good(), callers=callers(first=None)) as gate:
            data = request().replace(b"host: x", b"host: x\r\nx-api-key: " + key.encode())
            assert status_of(await gate.raw(data)) in {400, 401}
            assert provider.requests == []
            assert status_of(await gate.ask(key=FIRST)) == 200

    run(scene())


def test_ids_of_requests_do_not_meet() -> None:
    """T8. They are a number in a process, and 40 bits of chance for the process."""

    async def scene(gates: list[Gateway]) -> None:
        async with gateway(good()) as gate:
            for _ in range(50):
                await gate.ask()
            ids = [entry.id for entry in gate.entries]
            assert len(set(ids)) == 50

    run(scene([]))


def test_connections_are_shared_only_where_nothing_tells_them_apart() -> None:
    """T8. The key of a pool is all that matters for whom one talks to."""
    origins = [
        Origin(scheme, host, port)
        for scheme, host, port in itertools.product(("http", "https"), ("a", "a.b"), (80, 443))
    ]
    addresses = {
        Address(origin, verify_tls=verify) for origin in origins for verify in (True, False)
    }
    assert len(addresses) == 16


def test_two_keys_at_one_host_are_never_mistaken_for_each_other(tmp_path: Path) -> None:
    """T8, T19. They share its connections; each request has its own target's key all the same."""
    other = "sk-security-other-canary-77aa11bb22cc"

    async def scene() -> None:
        host = Host(saying(answer(completion("hi"))))
        (tmp_path / "other.key").write_text(other)
        (tmp_path / "other.key").chmod(0o600)
        async with site(tmp_path, host) as here:
            second = f"""
[providers.other]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{host.port}/v1"
key = "file:{tmp_path}/other.key"
[routes.other]
targets = ["other/m"]
"""
            config = tmp_path / "understudy.toml"
            config.write_text(config.read_text() + second)
            here.running.await_event("config reloaded")
            for number in range(40):
                route = ("all", "other")[number % 2]
                body = chat(f"number-{number}").replace(b'"all"', b'"%b"' % route.encode())
                assert status_of(await here.post(body)) == 200
            for number, asked in enumerate(host.requests):
                right, wrong = ((PROVIDER_KEY, other), (other, PROVIDER_KEY))[number % 2]
                assert f"number-{number}".encode() in asked
                assert right.encode() in asked
                assert wrong.encode() not in asked
                assert KEY.encode() not in asked

    asyncio.run(scene())


def test_what_is_written_down_is_for_its_owner_and_holds_no_key(tmp_path: Path) -> None:
    """T9. The journal, and whatever lies beside it."""

    async def scene() -> None:
        async with site(tmp_path, Host(saying(answer(completion("hi"))))) as here:
            for _ in range(3):
                await here.post(chat())
            # SQLite's own `-journal` is there only until the file keeps a `-wal` instead.
            until((tmp_path / "journal.db-wal").exists)
            until(lambda: not (tmp_path / "journal.db-journal").exists())
            modes = [stat.S_IMODE(path.stat().st_mode) for path in journal(tmp_path)]
            assert modes == [0o600] * len(modes) != []

    asyncio.run(scene())
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert KEY.encode() not in data, path
        assert PROVIDER_KEY.encode() not in data, path


def journal(folder: Path) -> list[Path]:
    return list(folder.glob("journal.db*"))


def test_the_same_question_of_two_tenants_is_asked_twice() -> None:
    """T19. There is no cache: nobody gets an answer that was made for somebody else."""

    async def scene() -> None:
        async with gateway(provider := good(), callers=callers(first=None, second=None)) as gate:
            ids = set()
            for key in (FIRST, SECOND, FIRST):
                answer = await gate.ask(key=key)
                ids.add(answer.partition(b"x-understudy-request-id: ")[2].partition(b"\r\n")[0])
            assert len(provider.requests) == 3
            assert len(ids) == 3
            assert [entry.caller for entry in gate.entries] == ["first", "second", "first"]

    run(scene())


def test_nobody_goes_on_with_anothers_conversation(tmp_path: Path) -> None:
    """T19. Whoever guesses or finds an id has nothing of it: not the answer, not its items."""
    store = TurnStore(tmp_path / "c.db")
    try:
        kept = conversations(store)
        answer_of_hers = saying_so("r1", says("a secret"))
        asked(kept, {"input": "hers"}, answer_of_hers, caller="first")
        for body in (
            {"input": "x", "previous_response_id": "r1"},
            {"input": [{"type": "item_reference", "id": "msg_1"}]},
        ):
            told = asked(kept, body, caller="second")
            assert "a secret" not in str(told)
        for method in ("GET", "DELETE"):
            assert page(kept, method, "/v1/responses/r1", "second")[0] == 404
        assert page(kept, "GET", "/v1/responses/r1", "first")[0] == 200
    finally:
        store.close(5.0)


def test_a_list_of_routes_is_its_callers_own_and_for_no_cache() -> None:
    """T19."""

    async def scene() -> None:
        both = callers(first=None, second=frozenset({"other"}))
        async with gateway(good(), callers=both) as gate:
            get = "GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {}\r\n\r\n"
            hers = await gate.raw(get.format(FIRST).encode())
            theirs = await gate.raw(get.format(SECOND).encode())
            assert hers.endswith(b'["r"]')
            assert theirs.endswith(b"[]")
            assert b"cache-control: no-store" in hers
            assert b"cache-control: no-store" in theirs

    run(scene())
