"""The gateway as a process: it starts or says why not, reloads, drains, and keeps its secrets."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.system.processes import Program, Simulators, gateway, http_request, simulators, until
from tests.system.world import (
    ENVIRONMENT,
    FILE_KEY,
    KEY,
    PROVIDER_KEY,
    SECOND,
    STATIONS,
    World,
    ask,
    client,
    expected,
    routes,
    user,
)

LONG = "a long answer [tokens=120] [rate=100]"
RELOADED = "config reloaded"
REFUSED = "config refused, the last good one stays in force"


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with simulators(tmp_path_factory.mktemp("providers"), *STATIONS) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, providers: Simulators) -> Iterator[World]:
    yield World(tmp_path, providers)
    for name in ("chat", "spare"):
        providers.fault(name, "")


def replace(path: Path, text: str) -> None:
    """As editors and deployment tools do: a new file takes the name at once."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def test_an_edited_file_is_in_force_without_being_asked(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running:
        assert routes(running) == ["first"]
        replace(world.config, world.text() + SECOND)
        running.await_event(RELOADED)
        assert routes(running) == ["first", "second"]
        assert ask(running, "second", "the new route") == expected("the new route")


def test_a_signal_reloads_also_what_no_file_shows(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running:
        for count in (1, 2):
            running.signal(signal.SIGHUP)
            assert running.await_event(RELOADED, count)["routes"] == ["first"]
        assert ask(running, "first", "after signals") == expected("after signals")
        assert json.loads(world.admin("/admin/health").body)["config"]["reloads"] == 2


@pytest.mark.parametrize(
    "nonsense",
    ["[routes", '[routes.first]\ntargets = ["nobody/m"]\n', "", "[server]\nlissten = 1\n"],
    ids=["no_toml", "unknown_provider", "empty", "misspelt"],
)
def test_nonsense_is_refused_and_the_last_good_one_stays(world: World, nonsense: str) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running:
        replace(world.config, nonsense)
        running.signal(signal.SIGHUP)
        said = running.await_event(REFUSED)
        assert "understudy.toml" in said["error"]
        assert routes(running) == ["first"]
        assert ask(running, "first", "still there") == expected("still there")
        assert said["error"] == world.admin("/admin/health").json()["config"]["last_error"]
        replace(world.config, world.text() + SECOND)
        running.await_event(RELOADED)
        assert routes(running) == ["first", "second"]
        assert world.admin("/admin/health").json()["config"]["last_error"] is None


def test_what_is_in_flight_does_not_notice_a_reload(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running, client(running) as asking:
        stream = asking.chat.completions.create(model="first", messages=user(LONG), stream=True)
        with stream:
            text = "".join(next(stream).choices[0].delta.content or "" for _ in range(5))
            replace(world.config, world.text().replace("routes.first", "routes.other"))
            running.signal(signal.SIGHUP)
            running.await_event(RELOADED)
            text += "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        assert text == expected(LONG)
        assert routes(running) == ["other"]
        with pytest.raises(openai.NotFoundError):
            asking.chat.completions.create(model="first", messages=user("x"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_stop_lets_a_stream_finish(world: World, number: int) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running, client(running) as asking:
        stream = asking.chat.completions.create(model="first", messages=user(LONG), stream=True)
        with stream:
            text = "".join(next(stream).choices[0].delta.content or "" for _ in range(5))
            running.signal(number)
            assert running.await_event("draining")["in_progress"] == 1
            assert world.admin("/readyz").status == 503
            assert world.admin("/healthz").status == 200
            with pytest.raises(openai.APIConnectionError), client(running) as late:
                late.models.list()
            chunks = list(stream)
        text += "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert text == expected(LONG)
        assert chunks[-1].choices[0].finish_reason == "stop"
        assert running.wait() == 0
        assert running.events("stopped")[0]["journal_written"] == 1


def test_an_idle_gateway_stops_at_once(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running, client(running) as asking:
        assert asking.models.list().data  # its connection stays open, with nothing on it
        running.signal(signal.SIGTERM)
        assert running.wait(patience=2.0) == 0


@pytest.mark.parametrize("how", ["drain_is_over", "told_twice"])
def test_a_stream_that_is_cut_does_not_look_whole(world: World, how: str) -> None:
    drain = 0.3 if how == "drain_is_over" else 60
    with gateway(world.config, world.text(drain=drain), ENVIRONMENT) as running:
        long = user("much longer [tokens=3000] [rate=100]")
        with client(running) as asking:
            stream = asking.chat.completions.create(model="first", messages=long, stream=True)
            with stream:
                next(stream)
                running.signal(signal.SIGTERM)
                running.await_event("draining")
                if how == "told_twice":
                    running.signal(signal.SIGTERM)
                with pytest.raises(openai.APIError):
                    list(stream)
        assert running.process.wait(5) == 1
        assert running.events("cut requests that did not finish in time")[0]["count"] == 1
        assert "Traceback" not in running.log
        running.process.returncode = 0  # the end that was wanted


@pytest.mark.parametrize("field", ["listen", "admin"])
def test_an_address_that_is_taken_is_said(world: World, field: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        if field == "listen":
            text = world.text().replace("127.0.0.1:0", f"127.0.0.1:{port}")
        else:
            text = world.text(admin=f"127.0.0.1:{port}")
        code, said = fails(world, text)
    assert code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert f"[server] {field}" in said


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_an_open_door_without_keys_is_refused(world: World, listen: str) -> None:
    text = world.text().replace("127.0.0.1:0", listen)
    code, said = fails(world, text.replace('[keys.tests]\nkey = "env:CALLER_KEY"\n', ""))
    assert code == 2
    assert "loopback" in said
    assert "serving" not in said


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("[server]", "[server", "understudy.toml, line 1"),
        ("drain", "draim", "drain"),
        ('"chat/m"', '"chta/m"', "chat"),
        ("env:PROVIDER_KEY", "env:NOT_SET", "NOT_SET"),
        ("env:PROVIDER_KEY", PROVIDER_KEY, "env:"),
    ],
    ids=["no_toml", "misspelt_field", "unknown_provider", "unset_key", "bare_key"],
)
def test_a_wrong_file_is_said_in_one_go(world: World, old: str, new: str, word: str) -> None:
    code, said = fails(world, world.text().replace(old, new))
    assert code == 2
    assert word in said
    assert PROVIDER_KEY not in said
    assert KEY not in said


def fails(world: World, text: str) -> tuple[int, str]:
    """The exit code, and all that was said, of a gateway that cannot start."""
    world.config.write_text(text)
    program = Program(["serve", "-c", str(world.config)], world.folder / "serve.log", ENVIRONMENT)
    try:
        code = program.wait()
    finally:
        program.close()
    assert "Traceback" not in program.log
    return code, program.log


def test_the_admin_pages(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running:
        assert (world.admin("/healthz").status, world.admin("/healthz").text) == (200, "ok\n")
        assert (world.admin("/readyz").status, world.admin("/readyz").text) == (200, "ready\n")
        world.providers.fault("chat", "status(status=503)")
        assert ask(running, "first", "metrics") == expected("metrics")
        line = 'understudy_requests_total{dialect="openai_chat",outcome="ok",route="first"} 1.0'
        until(lambda: line in world.admin("/metrics").text)
        metrics = world.admin("/metrics").text
        assert 'understudy_failovers_total{route="first"} 1.0' in metrics
        assert all(line.startswith(("#", "understudy_")) for line in metrics.splitlines())
        assert "chat" in json.dumps(world.admin("/admin/health").json()["router"])
        assert world.admin("/elsewhere").status == 404
        for path in ("/metrics", "/admin/health"):
            assert http_request(f"{running.url}{path}").status == 401


@pytest.mark.parametrize("status", [400, 401, 500])
def test_secrets_are_nowhere(world: World, status: int) -> None:
    """Providers that quote the key they got, callers with wrong keys: nothing keeps any of it."""
    text = world.text() + "record = true\n" + SECOND
    keys = {"chat": PROVIDER_KEY, "spare": FILE_KEY}
    with gateway(world.config, text, ENVIRONMENT) as running:
        for station, key in keys.items():
            fault = f'status(status={status}, message="Incorrect API key: {key}")'
            world.providers.fault(station, fault)
        heard = [answer_of(running.url, route, KEY) for route in ("first", "second", "third")]
        heard.append(answer_of(running.url, "first", f"{KEY}-wrong"))
        for station, key in keys.items():
            world.providers.fault(station, f'in_stream_error(after=2, message="for {key}")')
        heard += [answer_of(running.url, route, KEY, stream=True) for route in ("first", "second")]
        replace(world.config, text.replace("env:PROVIDER_KEY", PROVIDER_KEY))
        running.signal(signal.SIGHUP)
        running.await_event(REFUSED)
        pages = "".join(
            world.admin(path).text for path in ("/metrics", "/admin/health", "/healthz", "/readyz")
        )
    assert heard[0].count("[redacted]") == 1
    shown = read_journal(world.journal)
    assert len(shown.splitlines()) == 5
    stored = b"".join(path.read_bytes() for path in world.folder.glob("journal.db*"))
    assert b"secrets" in stored, "bodies are recorded"
    for secret in (PROVIDER_KEY, FILE_KEY, KEY):
        for place in (*heard, running.log, pages, shown):
            assert secret not in place
        assert secret.encode() not in stored


def answer_of(url: str, route: str, key: str, *, stream: bool = False) -> str:
    """All that a caller gets to see, headers included."""
    body = json.dumps({"model": route, "stream": stream, "messages": user("secrets")}).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    answer = http_request(f"{url}/v1/chat/completions", "POST", body, headers)
    return f"{answer.headers}\n{answer.text}"


def read_journal(path: Path) -> str:
    command = [sys.executable, "-m", "understudy", "journal", "--journal", str(path)]
    done = subprocess.run(
        [*command, "tail", "-n", "100", "--json"], capture_output=True, check=True, timeout=15
    )
    assert done.stderr == b""
    return done.stdout.decode()


def test_the_journal_outlives_a_kill(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running:
        ask(running, "first", "before the kill")
        until(lambda: world.journal.exists() and '"route"' in read_journal(world.journal))
        os.kill(running.process.pid, signal.SIGKILL)
        assert running.process.wait(5) == -signal.SIGKILL
        running.process.returncode = 0  # the end that was wanted
    with gateway(world.config, world.text(), ENVIRONMENT) as again:
        assert ask(again, "first", "after the kill") == expected("after the kill")
    assert len(read_journal(world.journal).splitlines()) == 2
