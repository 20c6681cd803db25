"""OpenAI's realtime client and a plain web socket, through the gateway to real socket servers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from tests.sdk.operations import HEAD, KEY
from tests.system.processes import Gateway, gateway, until

PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
base_url = "{url}/v1"
key = "env:PROVIDER_KEY"
host = "{name}"
[providers.{name}.operations.realtime]
dialect = "openai_chat"
path = "/realtime"
[providers.{name}.models.m]
upstream = "gpt-realtime/x"
"""
SECRET = "sk-provider-canary-0123456789"


class Provider:
    """Greets, echoes, and closes when it is told to. It lets nobody in without its key."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.protocols: list[str | None] = []
        self.closed = 0
        self.server = serve(
            self.talk,
            "127.0.0.1",
            0,
            process_request=self.admit,
            select_subprotocol=lambda _, offered: offered[0] if offered else None,
        )
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def admit(self, connection: ServerConnection, request: Any) -> Any:
        self.paths.append(request.path)
        self.protocols.append(request.headers.get("sec-websocket-protocol"))
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return connection.respond(401, '{"error":{"message":"who are you?"}}')
        return None

    def talk(self, socket: ServerConnection) -> None:
        socket.send(json.dumps({"type": "session.created", "event_id": "e1", "session": {}}))
        for message in socket:
            if message == "close":
                socket.close(4000, "as you wish")
                return
            socket.send(message)
        self.closed += 1


class Running:
    def __init__(self, running: Gateway, well: Provider) -> None:
        self.gateway = running
        self.well = well
        self.url = running.url.replace("http", "ws", 1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("realtime")
    well = Provider()
    text = HEAD
    text += PROVIDER.format(name="well", url=well.url)
    text += PROVIDER.format(name="gone", url="http://127.0.0.1:1")
    text += PROVIDER.format(name="wrong", url=well.url).replace("PROVIDER_KEY", "WRONG_KEY")
    text += '[routes.talk]\noperation = "realtime"\ntargets = ["gone/m", "well/m"]\n'
    text += '[routes.alone]\noperation = "realtime"\ntargets = ["gone/m"]\n'
    text += '[routes.refused]\noperation = "realtime"\ntargets = ["wrong/m"]\n'
    text += '[routes.well]\noperation = "realtime"\ntargets = ["well/m"]\n'
    environment = {"CALLER_KEY": KEY, "PROVIDER_KEY": SECRET, "WRONG_KEY": "sk-wrong-0123456789"}
    with gateway(folder / "understudy.toml", text, environment) as running:
        yield Running(running, well)
    well.server.shutdown()


def headers(key: str = KEY) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.filterwarnings("ignore:connect.. must be used:DeprecationWarning")  # its own
def test_openais_client_talks_through_it(running: Running) -> None:
    url = f"{running.gateway.url}/v1"
    with (
        openai.OpenAI(base_url=url, api_key=KEY) as client,
        client.realtime.connect(model="well") as connection,
    ):
        assert connection.recv().type == "session.created"
    assert running.well.paths[-1] == "/v1/realtime?model=gpt-realtime/x"


def test_bytes_go_both_ways_as_they_are(running: Running) -> None:
    url = f"{running.url}/v1/realtime?model=well&other=a%20b"
    with connect(url, additional_headers=headers(), subprotocols=["realtime"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "realtime"
        assert "session.created" in str(socket.recv())
        for size in (1, 125, 70_000, 900_000):
            socket.send("x" * size)
            assert socket.recv(timeout=10) == "x" * size
        socket.send(b"\x00\xff" * 1000)
        assert socket.recv() == b"\x00\xff" * 1000
    assert running.well.paths[-1] == "/v1/realtime?model=gpt-realtime/x&other=a%20b"


def test_each_end_hears_of_the_others_end(running: Running) -> None:
    before = running.well.closed
    with connect(f"{running.url}/v1/realtime?model=well", additional_headers=headers()) as socket:
        socket.recv()
        socket.send("close")
        with pytest.raises(Exception, match="as you wish"):
            socket.recv()
    with connect(f"{running.url}/v1/realtime?model=well", additional_headers=headers()) as socket:
        socket.recv()
    until(lambda: running.well.closed > before)


def test_a_key_in_a_subprotocol_stays_here(running: Running) -> None:
    url = f"{running.url}/v1/realtime?model=well"
    protocols: Any = ["realtime", "openai-insecure-api-key.sk-mine"]
    with connect(url, additional_headers=headers(), subprotocols=protocols) as socket:
        socket.recv()
    assert running.well.protocols[-1] == "realtime"


def test_who_comes_again_is_sent_to_a_target_that_works(running: Running) -> None:
    url = f"{running.url}/v1/realtime?model=talk"

    def opened() -> bool:
        with (
            contextlib.suppress(InvalidStatus),
            connect(url, additional_headers=headers()) as socket,
        ):
            return "session.created" in str(socket.recv())
        return False

    assert until(opened)


@pytest.mark.parametrize(
    ("query", "key", "status", "words"),
    [
        ("model=alone", KEY, 502, "gone/m"),
        ("model=refused", KEY, 502, "who are you"),
        ("model=none", KEY, 404, "no route is named"),
        ("", KEY, 404, "no route is named"),
        ("model=well", "nobody", 401, "missing or unknown key"),
    ],
)
def test_a_refusal_is_an_ordinary_answer(
    query: str, key: str, status: int, words: str, running: Running
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{running.url}/v1/realtime?{query}", additional_headers=headers(key))
    response = caught.value.response
    assert response.status_code in {status, 503}
    assert words in bytes(response.body or b"").decode() or response.status_code == 503


def test_other_upgrades_are_refused_as_before(running: Running) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{running.url}/v1/chat/completions", additional_headers=headers())
    assert caught.value.response.status_code == 400
