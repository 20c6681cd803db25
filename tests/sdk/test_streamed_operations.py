"""OpenAI's client has pictures, transcripts and speech streamed to it, through targets that fail.

Each case has a target of its own that fails before the first event, or in the midst of the answer.
"""

import base64
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.sdk.operations import HEAD, KEY
from tests.sdk.test_images import PNG
from tests.system.processes import Gateway, Simulators, gateway, simulators, until

SOUND = b"RIFF sound " * 500
KINDS = {
    "images": ("openai_images", "/v1/images/{leaf}", '["edits", "streaming"]'),
    "transcription": ("openai_transcription", "/v1/audio/{leaf}", '["streaming"]'),
    "speech": ("openai_speech", "/v1/audio/speech", '["streaming"]'),
}
OTHER = ("stability_images", "/v2beta/stable-image/generate/{leaf}", "[]")
TROUBLES = {
    "well": "",
    "dead": "drop(how=rst)",
    "mute": "cut(after=0)",
    "cut": "cut(after=2)",
    "ill": "in_stream_error(after=1)",
    "unended": "missing_terminator(after=9)",
}
"""What happens at the first target of a route. `dead`, `mute`: before the first event."""

PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
base_url = "{url}"
auth = "none"
host = "{name}"
[providers.{name}.operations.{operation}]
dialect = "{dialect}"
path = "{path}"
capabilities = {capabilities}
"""
BEFORE, AMID = ("well", "dead", "mute"), ("cut", "ill", "unended")


class World:
    def __init__(self, running: Gateway, providers: Simulators, folder: Path) -> None:
        self.url = running.url
        self.providers = providers
        self._folder = folder

    def entry(self, route: str, outcome: str, tokens: int | None = None) -> dict[str, object]:
        """The journal's last entry of a route with this outcome; others may come before it."""

        def found() -> dict[str, object] | None:
            with (
                contextlib.closing(sqlite3.connect(self._folder / "journal.db")) as store,
                contextlib.suppress(sqlite3.OperationalError),  # it is only now being made
            ):
                store.row_factory = sqlite3.Row
                rows = store.execute(
                    "SELECT r.outcome, a.output_tokens FROM requests r"
                    " JOIN attempts a ON a.request_id = r.id AND a.number = r.attempts"
                    " WHERE route = ? AND r.outcome = ?"
                    " AND ? IN (a.output_tokens, -1) ORDER BY seq DESC LIMIT 1",
                    (route, outcome, -1 if tokens is None else tokens),
                ).fetchall()
                return dict(rows[0]) if rows else None
            return None

        said = until(found)
        assert isinstance(said, dict)
        return said


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("streamed")
    named = {
        f"{operation}-{trouble}": dialect
        for operation, (dialect, _, _) in KINDS.items()
        for trouble in (*TROUBLES, "spare")
    }
    spoken = [f"{name}={dialect}:0" for name, dialect in named.items()]
    with simulators(folder, *spoken, "stability=stability_images:0") as providers:
        text = HEAD
        for operation, (_, _, able) in KINDS.items():
            for trouble, fault in {**TROUBLES, "spare": ""}.items():
                name = f"{operation}-{trouble}"
                if fault:
                    providers.fault(name, fault)
                text += _provider(name, operation, able, providers.urls[name])
                if trouble != "spare":
                    text += _route(name, operation, f"{name}/m", f"{operation}-spare/m")
            whole = f"{operation}-whole"
            text += _provider(whole, operation, "[]", providers.urls[f"{operation}-well"])
            text += _route(whole, operation, f"{whole}/m")
        text += _provider("stability", "other", "[]", providers.urls["stability"])
        text += _route("images-other", "images", "images-dead/m", "stability/m")
        with gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY}) as running:
            yield World(running, providers, folder)


@pytest.fixture
def client(world: World) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{world.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("trouble", BEFORE)
def test_pictures_come_half_done_and_whole(
    trouble: str, client: openai.OpenAI, world: World
) -> None:
    route = f"images-{trouble}"
    with client.images.generate(
        model=route, prompt=f"a cat {trouble}", stream=True, partial_images=2
    ) as stream:
        events = list(stream)
    kinds = [event.type.rpartition(".")[2] for event in events]
    assert kinds == ["partial_image", "partial_image", "completed"]
    last = events[-1]
    assert last.type == "image_generation.completed"
    assert base64.b64decode(last.b64_json).startswith(b"\x89PNG")
    who = "well" if trouble == "well" else "spare"
    assert stream.response.headers["x-understudy-target"] == f"images-{who}/m"
    entry = world.entry(route, "ok", last.usage.output_tokens)
    assert (entry["outcome"], entry["output_tokens"]) == ("ok", last.usage.output_tokens)


def test_a_changed_picture_is_streamed_too(client: openai.OpenAI) -> None:
    with client.images.edit(
        model="images-dead",
        image=("a.png", PNG, "image/png"),
        prompt="a hat",
        stream=True,
        partial_images=1,
    ) as stream:
        kinds = [event.type for event in stream]
    assert kinds == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize("trouble", AMID)
def test_half_a_picture_is_an_error(trouble: str, client: openai.OpenAI, world: World) -> None:
    heard: list[str] = []
    with (
        client.images.generate(
            model=f"images-{trouble}", prompt="a dog", stream=True, partial_images=3
        ) as stream,
        pytest.raises(openai.APIError),
    ):
        heard.extend(event.type for event in stream)
    assert set(heard) == {"image_generation.partial_image"}
    assert world.entry(f"images-{trouble}", "cut")


def test_the_last_of_several_pictures_is_missed(world: World) -> None:
    """Each has an event of its own, and the stream ends without another word."""
    body = {"model": "images-well", "prompt": "twins", "stream": True, "n": 2}
    said = _ask(world, "/v1/images/generations", body).text
    assert said.count("event: image_generation.completed") == 2
    assert said.count('"usage"') == 1


@pytest.mark.parametrize(
    ("route", "lost"), [("images-other", "stability/m"), ("images-whole", "images-whole/m")]
)
def test_who_cannot_stream_is_told_at_once(
    route: str, lost: str, client: openai.OpenAI, world: World
) -> None:
    with client.images.generate(
        model=route, prompt=f"a bird {route}", size="1024x1024", stream=True, partial_images=2
    ) as stream:
        (event,) = list(stream)
        headers = stream.response.headers
    assert event.type == "image_generation.completed"
    assert base64.b64decode(event.b64_json).startswith(b"\x89PNG")
    assert (event.size, event.output_format) == ("1024x1024", "png")
    assert headers["x-understudy-target"] == lost
    losses = headers["x-understudy-loss"].split(", ")
    assert {"~stream", "task.partials"} <= set(losses)
    name = "stability" if route == "images-other" else "images-well"
    (seen,) = world.providers.seen(name, f"a bird {route}")
    assert "stream" not in seen["body"].replace("stream_format", "")


@pytest.mark.parametrize("trouble", [*BEFORE, "whole"])
def test_words_come_as_they_are_heard(trouble: str, client: openai.OpenAI, world: World) -> None:
    route = f"transcription-{trouble}"
    with client.audio.transcriptions.create(
        model=route, file=("a.wav", SOUND), stream=True, response_format="json"
    ) as stream:
        events = list(stream)
    *deltas, done = events
    assert done.type == "transcript.text.done"
    assert len(deltas) == (1 if trouble == "whole" else 4)
    said = "".join(each.delta for each in deltas if each.type == "transcript.text.delta")
    assert said.strip() == done.text
    assert done.text.startswith(f"heard {len(SOUND)} bytes")
    if trouble != "whole":
        assert done.usage is not None
        assert (
            world.entry(route, "ok", done.usage.output_tokens)["output_tokens"]
            == done.usage.output_tokens
        )


@pytest.mark.parametrize("trouble", AMID)
def test_half_a_transcript_is_an_error(trouble: str, client: openai.OpenAI) -> None:
    with (
        client.audio.transcriptions.create(
            model=f"transcription-{trouble}", file=("a.wav", SOUND), stream=True
        ) as stream,
        pytest.raises(openai.APIError),
    ):
        list(stream)


@pytest.mark.parametrize("trouble", [*BEFORE, "whole"])
def test_speech_comes_in_events(trouble: str, world: World) -> None:
    body = {"model": f"speech-{trouble}", "input": "hello", "voice": "alloy"}
    answer = _ask(world, "/v1/audio/speech", {**body, "stream_format": "sse"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line[:6] == "data: "]
    *deltas, done = events
    assert done["type"] == "speech.audio.done"
    assert {each["type"] for each in deltas} == {"speech.audio.delta"}
    sound = b"".join(base64.b64decode(each["audio"]) for each in deltas)
    assert sound == _ask(world, "/v1/audio/speech", body).content
    assert len(deltas) == (1 if trouble == "whole" else 14)


@pytest.mark.parametrize("trouble", AMID)
def test_half_a_speech_in_events_is_an_error(trouble: str, world: World) -> None:
    body = {"model": f"speech-{trouble}", "input": "hello", "voice": "alloy"}
    answer = _ask(world, "/v1/audio/speech", {**body, "stream_format": "sse"})
    assert "speech.audio.done" not in answer.text
    assert answer.text.rpartition("event: ")[2].startswith('error\ndata: {"type":"error","error":')


@pytest.mark.parametrize("trouble", BEFORE)
def test_speech_comes_in_bytes(trouble: str, client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model=f"speech-{trouble}", input="hello", voice="alloy", stream_format="audio"
    ) as answer:
        assert "content-length" not in answer.headers
        assert len(b"".join(answer.iter_bytes())) == 3 + 40 * 64


def test_half_a_sound_breaks_the_connection(client: openai.OpenAI, world: World) -> None:
    with (
        client.audio.speech.with_streaming_response.create(
            model="speech-cut", input="hello", voice="alloy", stream_format="audio"
        ) as answer,
        pytest.raises(Exception, match="without sending complete message body"),
    ):
        answer.read()
    assert world.entry("speech-cut", "cut")


def test_a_whole_sound_is_replaced_unheard(client: openai.OpenAI) -> None:
    sound = client.audio.speech.create(model="speech-cut", input="bye", voice="alloy")
    assert len(sound.content) == 3 + 40 * 64


def _ask(world: World, path: str, body: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.post(f"{world.url}{path}", json=body, headers=headers)


def _provider(name: str, operation: str, able: str, url: str) -> str:
    dialect, path, _ = KINDS.get(operation) or OTHER
    operation = "images" if operation == "other" else operation
    return PROVIDER.format(
        name=name, url=url, operation=operation, dialect=dialect, path=path, capabilities=able
    )


def _route(name: str, operation: str, *targets: str) -> str:
    return f'[routes.{name}]\noperation = "{operation}"\ntargets = {json.dumps(targets)}\n'
