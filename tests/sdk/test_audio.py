"""OpenAI's client has sound written down, translated, and spoken; the first target fails."""

from collections.abc import Iterator

import openai
import pytest

from tests.sdk.operations import KEY, Offer, Running, broken_first, post

HEARS = {"hears": Offer("openai_transcription", "/v1/audio/{leaf}", '["translation"]')}
SPEAKS = {"speaks": Offer("openai_speech", "/v1/audio/speech")}
SOUND = b"RIFF\x00\xff\r\n--not a boundary\r\n" * 1000


@pytest.fixture(scope="module")
def hears(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with broken_first(tmp_path_factory.mktemp("hears"), "transcription", HEARS) as running:
        yield running


@pytest.fixture(scope="module")
def speaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with broken_first(tmp_path_factory.mktemp("speaks"), "speech", SPEAKS) as running:
        yield running


def opened(running: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0)


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # says the client
def test_sound_is_written_down_and_translated(hears: Running) -> None:
    with opened(hears) as client:
        said = client.audio.transcriptions.create(
            model="hears", file=("a.wav", SOUND, "audio/wav"), language="en", prompt="names"
        )
        english = client.audio.translations.create(model="hears", file=("a.wav", SOUND))
    assert said.text.startswith(f"heard {len(SOUND)} bytes")
    assert english.text.startswith(f"translated {len(SOUND)} bytes")
    assert said.text.split()[-1] == english.text.split()[-1]
    seen = hears.providers.seen("hears")[-2:]
    assert [each["path"] for each in seen] == ["/v1/audio/transcriptions", "/v1/audio/translations"]


def test_subtitles_are_plain_text(hears: Running) -> None:
    with opened(hears) as client:
        said = client.audio.transcriptions.create(
            model="hears", file=("a.wav", SOUND), response_format="srt"
        )
    assert str(said).startswith("heard")


def test_text_is_spoken(speaks: Running) -> None:
    with opened(speaks) as client:
        raw = client.audio.speech.with_raw_response.create(
            model="speaks", input="hello", voice="alloy"
        )
    assert raw.content.startswith(b"ID3")
    assert len(raw.content) == 3 + 40 * 64
    assert raw.headers["content-type"] == "audio/mpeg"
    assert raw.headers["x-understudy-target"] == "speaks/m"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/v1/audio/speech", {"model": "speaks", "input": "a"}, "voice"),
        (
            "/v1/audio/speech",
            {"model": "speaks", "input": "a", "voice": "b", "stream_format": "ogg"},
            "stream_format",
        ),
        ("/v1/audio/transcriptions", {"model": "speaks"}, "no form"),
    ],
)
def test_a_mistake_is_told(path: str, body: object, words: str, speaks: Running) -> None:
    answer = post(speaks, path, body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
