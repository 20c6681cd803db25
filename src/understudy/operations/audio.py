"""Audio: sound in and text out, or text in and sound out."""

import msgspec


class Sound(msgspec.Struct, frozen=True):
    """`media` is its type as the caller or the provider named it."""

    octets: bytes
    media: str | None = None
    filename: str | None = None


class TranscriptionTask(msgspec.Struct, frozen=True):
    """`to_english`: translated, not only written down. `format` as OpenAI names it: json, text,
    srt, vtt, verbose_json ...
    """

    sound: Sound
    to_english: bool = False
    language: str | None = None
    prompt: str | None = None
    format: str | None = None
    temperature: float | None = None


class Heard(msgspec.Struct, frozen=True):
    """What was said. `document` is the whole answer where it is more than the text: subtitles."""

    text: str
    document: str | None = None


class SpeechTask(msgspec.Struct, frozen=True):
    """`format` is the sound's (mp3, wav ...). `framing`: how sound is streamed: "sse" for events,
    "audio" for its bytes as they come (None: it need not be).
    """

    text: str
    voice: str | msgspec.Raw
    instructions: str | None = None
    format: str | None = None
    speed: float | None = None
    framing: str | None = None


class Spoken(msgspec.Struct, frozen=True):
    sound: Sound
