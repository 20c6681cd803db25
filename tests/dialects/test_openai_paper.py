"""What both of OpenAI's chat dialects are written on."""

from msgspec import Raw

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import Audio, Inline, Url
from understudy.dialects.openai_paper import OpenAIPaper

WAV = Audio(Inline("audio/x-wav", "QQ=="))


class Paper(OpenAIPaper):
    name = "mine"


def paper(*capabilities: Capability, rejects: frozenset[str] = frozenset()) -> Paper:
    able = frozenset(capabilities)
    return Paper(Endpoint("mine", "m", "/", "someone", capabilities=able, rejects=rejects))


def test_what_the_target_refuses_or_cannot_do_is_lost_once() -> None:
    sheet = paper(Capability.VISION, rejects=frozenset({"stop", "parts"}))
    assert not sheet.allows("stop")
    assert not sheet.allows("stop")
    assert sheet.allows("user")
    assert sheet.can("user", Capability.VISION)
    assert not sheet.can("parts", Capability.VISION)
    assert not sheet.can("sound", Capability.AUDIO_INPUT)
    assert [loss.path for loss in sheet.losses()] == ["stop", "parts", "sound"]


def test_fields_of_other_dialects_are_lost() -> None:
    one, sheet = Raw(b"1"), paper()
    assert sheet.own({"mine": {"a": one}, "other": {"b": one}}, "tools[0]") == {"a": one}
    assert [loss.path for loss in sheet.losses()] == ["tools[0].extensions.other.b"]


def test_speech_is_said_by_its_bytes_in_a_format_that_has_a_name() -> None:
    sheet = paper(Capability.AUDIO_INPUT)
    said = {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}
    assert sheet.spoken(WAV, "p", {"audio/x-wav": "wav"}) == said
    assert sheet.spoken(Audio(Url("https://x/a.wav")), "q", {}) is None
    assert paper().spoken(WAV, "p", {}) is None
    assert [loss.path for loss in sheet.losses()] == ["q"]
