"""The local floor under the real gateway: the real llama.cpp answers when no provider does."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from typing_extensions import override

import understudy
from tests.local.engines import is_alive
from tests.local.gguf import ENDLESS, TEXT, write_model
from tests.sdk.setting import expected_chat, texts, user
from tests.system.processes import (
    Gateway,
    Simulators,
    free_port,
    gateway,
    http_request,
    simulators,
    until,
)

pytestmark = pytest.mark.timeout(90)
"""An engine starts in half a second, and in many where all others work, too."""

CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:ADMIN"
log_format = "json"
drain = 2
[journal]
path = "journal.db"
[providers.first]
kind = "openai-compatible"
base_url = "FIRST/v1"
auth = "none"
[providers.second]
kind = "openai-compatible"
base_url = "SECOND/v1"
auth = "none"
[providers.floor]
kind = "local"
model_file = "m.gguf"
engine = { memory = "1 GiB", context = 65536, threads = 1, WARM }
[providers.cut]
kind = "openai-compatible"
base_url = "http://127.0.0.1:CUT/v1"
auth = "none"
[routes.resumed]
targets = ["cut/m", "floor/tiny"]
on_break = "resume"
[routes.all]
targets = ["first/m", "second/m", "floor/tiny"]
[routes.floor]
targets = ["floor/tiny"]
"""


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    folder = tmp_path_factory.mktemp("providers")
    with simulators(folder, "first=openai_chat:0", "second=openai_chat:0") as running:
        yield running


class Cut(BaseHTTPRequestHandler):
    """Begins the floor's own sentence, and is gone in the middle of a word."""

    SAYS = ("the", " floor", " holds", " when", " every", " ho")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", "1000000")
        self.end_headers()
        for piece in self.SAYS:
            delta = {"role": "assistant", "content": piece}
            chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def cut() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Cut)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def text(folder: Path, providers: Simulators, admin: int, warm: str, cut: int = 9) -> str:
    write_model(folder / "m.gguf")
    said = CONFIG.partition("[routes.floor]")[0] if "amber" in warm else CONFIG
    said = said.replace("ADMIN", str(admin)).replace("WARM", warm).replace("CUT", str(cut))
    for name, url in providers.urls.items():
        said = said.replace(f'"{name.upper()}', f'"{url}')
    return said


class Scene:
    def __init__(self, running: Gateway, admin: int) -> None:
        self.running = running
        self.client = openai.OpenAI(
            base_url=f"{running.url}/v1", api_key="x", max_retries=0, timeout=30
        )
        self._admin = f"http://127.0.0.1:{admin}/admin/health"

    def engine(self) -> dict[str, Any]:
        found: dict[str, Any] = http_request(self._admin).json()["engines"][0]
        return found

    def await_state(self, state: str) -> dict[str, Any]:
        until(lambda: self.engine()["state"] == state, 15)
        return self.engine()

    def say(self, words: str, model: str = "all") -> str:
        answer = self.client.chat.completions.create(model=model, messages=user(words))
        return (answer.choices[0].message.content or "").strip()


@pytest.fixture
def scene(
    tmp_path: Path, providers: Simulators, cut: int, request: pytest.FixtureRequest
) -> Iterator[Scene]:
    admin = free_port()
    warm = f'warm = "{getattr(request, "param", "demand")}"'
    said = text(tmp_path, providers, admin, warm, cut)
    for name in providers.urls:
        providers.fault(name, "")
    with gateway(tmp_path / "understudy.toml", said) as running:
        yield Scene(running, admin)


def test_it_answers_when_no_provider_does(scene: Scene, providers: Simulators):
    assert scene.say("hello") == expected_chat(user("hello"))
    assert scene.engine()["state"] == "cold"
    for name in providers.urls:
        providers.fault(name, "status(status=503)")
    assert scene.say("hello") == TEXT
    with scene.client.chat.completions.create(
        model="all", messages=user("hello"), stream=True
    ) as stream:
        assert texts(list(stream)).strip() == TEXT
    assert scene.engine()["starts"] == 1


def test_an_answer_that_breaks_is_finished_by_the_floor(scene: Scene):
    stream = scene.client.chat.completions.create(
        model="resumed", messages=user("hello"), stream=True
    )
    chunks = list(stream)
    assert texts(chunks) == TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert scene.running.await_event("answer continued elsewhere")


@pytest.mark.parametrize("scene", ["amber"], indirect=True)
def test_it_is_warm_before_it_is_needed(scene: Scene, providers: Simulators):
    assert scene.engine()["state"] == "cold"
    providers.fault("first", "status(status=500)")
    for turn in range(6):
        assert scene.say(f"turn {turn}") == expected_chat(user(f"turn {turn}"))
    scene.await_state("up")
    assert scene.running.events("engine is up")


def test_an_engine_that_dies_while_it_answers_is_a_broken_answer(scene: Scene):
    stream = scene.client.chat.completions.create(
        model="floor", messages=user("forever"), stream=True
    )
    pieces = iter(stream)
    for _ in range(3):
        next(pieces)
    pid = scene.engine()["pid"]
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(openai.APIError):
        list(pieces)
    until(lambda: scene.engine()["starts"] == 2, 15)
    scene.await_state("up")
    assert scene.engine()["pid"] != pid
    assert scene.running.events("engine died")
    until(lambda: answered(scene) == TEXT, 20, every=0.2)


def answered(scene: Scene) -> str:
    """What the floor says, "" while its breaker does not let anybody ask."""
    try:
        return scene.say("hello", "floor")
    except openai.APIStatusError:
        return ""


def test_an_answer_may_be_longer_than_what_waits_in_between(scene: Scene):
    stream = scene.client.chat.completions.create(
        model="floor", messages=user("forever"), stream=True, max_tokens=2000
    )
    words = texts(list(stream)).split()
    assert len(words) == 2000
    assert words[:50] == (ENDLESS * 2)[:50]


@pytest.mark.parametrize("scene", ["always"], indirect=True)
def test_it_ends_with_the_gateway(scene: Scene):
    pid = scene.await_state("up")["pid"]
    scene.running.stop()
    assert not is_alive(pid)


def test_it_ends_with_a_gateway_that_was_killed(tmp_path: Path, providers: Simulators):
    admin = free_port()
    path = tmp_path / "understudy.toml"
    path.write_text(text(tmp_path, providers, admin, 'warm = "always"'))
    running = Gateway(path)
    try:
        pid = Scene(running, admin).await_state("up")["pid"]
        running.process.kill()
        running.process.wait()
        until(lambda: not is_alive(pid))
    finally:
        running.close()


def test_it_stands_under_a_program_of_ones_own_too(tmp_path: Path, providers: Simulators):
    path = tmp_path / "understudy.toml"
    path.write_text(text(tmp_path, providers, 0, 'warm = "demand"'))
    with understudy.Transport(path) as transport:
        client = openai.OpenAI(api_key="x", http_client=httpx2.Client(transport=transport))
        said = client.chat.completions.create(model="floor", messages=user("hello"))
        assert (said.choices[0].message.content or "").strip() == TEXT
        background = transport._background
        assert background is not None
        assert background._gateway is not None
        pid = background._gateway.floor.status()[0]["pid"]
        assert isinstance(pid, int)
        assert is_alive(pid)
    assert not is_alive(pid)
