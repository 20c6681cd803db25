"""A domain of a running gateway is drained and given back: no stream is cut, and it is held over
a restart.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.system.processes import Gateway, Simulators, gateway, http_request, simulators, until
from tests.system.world import ENVIRONMENT, STATIONS, World, client, user
from understudy.cli.main import cli

ADMIN_KEY = "an-admin-key-of-some-length"


@pytest.fixture
def providers(tmp_path: Path) -> Iterator[Simulators]:
    with simulators(tmp_path, *STATIONS) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, providers: Simulators) -> World:
    return World(tmp_path, providers)


def told(world: World, *args: str, key: str | None = None) -> Result:
    env = {"UNDERSTUDY_ADMIN": f"http://127.0.0.1:{world.admin_port}"}
    if key:
        env["UNDERSTUDY_ADMIN_KEY"] = key
    return CliRunner().invoke(cli, ["drain", *args], env=env)


def target(running: Gateway) -> str:
    """Who answers now."""
    with client(running) as asking:
        raw = asking.chat.completions.with_raw_response.create(
            model="first", messages=user("who is it?")
        )
    return str(raw.headers["x-understudy-target"])


def domain(world: World) -> str:
    """The first target's host, as the gateway calls it."""
    listed = json.loads(told(world, "--list", "--json").output)
    return next(str(each) for each in listed["domains"] if each.startswith("host:"))


def test_streams_in_flight_finish_while_new_requests_go_elsewhere(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT) as running:
        heard: list[str] = []

        def listen() -> None:
            stream = client(running).chat.completions.create(
                model="first",
                messages=user("go on [tokens=60] [rate=30]"),
                stream=True,
            )
            heard.extend(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)

        listeners = [threading.Thread(target=listen) for _ in range(5)]
        for listener in listeners:
            listener.start()
        until(lambda: json.loads(world.admin("/admin/health").body)["in_progress"] == 5)
        name = domain(world)
        result = told(world, name, "--over", "100ms", "--json")
        assert result.exit_code == 0, result.output
        until(lambda: json.loads(world.admin("/admin/drains").body)["drains"][0]["share"] == 0.0)
        answered = [target(running) for _ in range(5)]
        assert answered == ["spare/m"] * 5
        for listener in listeners:
            listener.join(20)
        assert len(heard) >= 5 * 60
        listed = told(world, "--list")
        assert f"{name}" in listed.output
        assert "is drained" in listed.output
        back = told(world, "--undo", name, "--over", "100ms")
        assert back.exit_code == 0, back.output
        until(lambda: json.loads(world.admin("/admin/drains").body)["drains"] == [])
        assert target(running) == "chat/m"


def test_a_drain_holds_over_a_restart(world: World) -> None:
    with gateway(world.config, world.text(), ENVIRONMENT):
        name = domain(world)
        assert told(world, name, "--over", "100ms", "--for", "1h").exit_code == 0
    with gateway(world.config, world.text(), ENVIRONMENT) as again:
        until(lambda: json.loads(world.admin("/admin/drains").body)["drains"][0]["share"] == 0.0)
        assert target(again) == "spare/m"


def test_an_admin_key_is_asked_for_and_an_unknown_domain_is_named(world: World) -> None:
    text = world.text().replace("[server]", '[server]\nadmin_key = "env:ADMIN_KEY"')
    with gateway(world.config, text, {**ENVIRONMENT, "ADMIN_KEY": ADMIN_KEY}) as running:
        refused = told(world, "host:nobody")
        assert refused.exit_code == 1
        assert "401" in refused.output
        unknown = told(world, "host:nobody", key=ADMIN_KEY)
        assert unknown.exit_code == 2
        assert "host:nobody" in unknown.output
        url = f"http://127.0.0.1:{world.admin_port}/admin/drain"
        page = {"content-type": "text/plain", "origin": "http://evil.test"}
        assert http_request(url, "POST", b'{"domain":"x"}', page).status == 403
        assert ADMIN_KEY not in running.log
