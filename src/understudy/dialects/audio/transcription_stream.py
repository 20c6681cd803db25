"""Transcripts as they are heard: `transcript.text.delta` ... `transcript.text.done`, or in other
names that mean the same.

Sources: OpenAI API reference, "Create transcription" (streaming events); Mistral API reference,
"Audio Transcriptions" (streaming events); the types of their official clients (November 2026).
"""

import math
from typing import NamedTuple

import msgspec
from typing_extensions import override

from understudy.chat.events import Event, PartDelta, PartKind, PartStarted
from understudy.chat.loss import Loss
from understudy.dialects.operation import Answer, Flawed
from understudy.dialects.reading import Raws
from understudy.dialects.typed_events import (
    PartListener,
    Teller,
    frame,
    text,
    unsaid,
    usage_of,
    usage_row,
)
from understudy.operations.audio import Heard
from understudy.operations.task import Result
from understudy.operations.units import Units


class Names(NamedTuple):
    """What the events are called, and the field of a `delta` that has its words."""

    delta: str
    words: str
    segment: str
    done: str


OPENAI = Names("transcript.text.delta", "delta", "transcript.text.segment", "transcript.text.done")
MISTRAL = Names("transcription.text.delta", "text", "transcription.segment", "transcription.done")
_WORDS = {names.delta: names.words for names in (OPENAI, MISTRAL)}
_SEGMENTS = frozenset({OPENAI.segment, MISTRAL.segment})
_ENDS = frozenset({OPENAI.done, MISTRAL.done})
_NULL = msgspec.Raw(b"null")
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_seconds = msgspec.json.Decoder(float, strict=False).decode
_WITH_IT = ("logprobs", "languages")


def heard_for(tree: Raws) -> Units | None:
    """How much sound was heard, which some are billed by; None where an answer does not say it.

    OpenAI says `usage.seconds` for Whisper, Mistral `usage.prompt_audio_seconds`; verbose answers
    have a `duration` (their API references, November 2026). Raises: MsgspecError (usage is no
    object).
    """
    usage = tree.get("usage", _NULL)
    said = {} if usage == _NULL else _raws(usage)
    for raw in (said.get("seconds"), said.get("prompt_audio_seconds"), tree.get("duration")):
        try:
            seconds = 0.0 if raw is None else _seconds(raw)
        except msgspec.MsgspecError:
            continue
        if 0.0 < seconds < math.inf:
            return Units(seconds=seconds)
    return None


class WordsListener(PartListener):
    """Hears words, of whichever names. What was said in all stands in the last event."""

    def __init__(self) -> None:
        super().__init__(PartKind.TEXT)
        self._heard: Heard | None = None
        self._has_words = False

    @override
    def hear(self, kind: str, tree: Raws) -> list[Event]:
        if kind in _WORDS or kind in _SEGMENTS:
            said = text(tree, _WORDS.get(kind, "text"))
            if said is None:
                raise Flawed("schema_violation", f"{kind}: expected words, found none")
            self._has_words = self._has_words or kind in _WORDS
            is_said = kind in _SEGMENTS and self._has_words  # a segment sums words up
            return self.more(PartDelta(0, said)) if said and not is_said else []
        if kind in _ENDS:
            said = text(tree, "text")
            if said is None:
                raise Flawed("schema_violation", f"{kind}: expected a text, found none")
            self._heard = Heard(said)
            self.usage, self.units = usage_of(tree), heard_for(tree)
        return []

    @override
    def is_complete(self) -> bool:
        return self._heard is not None

    @override
    def result(self) -> Result | None:
        return self._heard


class WordsTeller(Teller):
    """Says words as they come; all at once where none came."""

    def __init__(self, names: Names = OPENAI) -> None:
        self.is_begun = False
        self._names = names

    @override
    def more(self, event: PartStarted | PartDelta) -> bytes:
        if not isinstance(event, PartDelta) or not event.text:
            return b""
        self.is_begun = True
        return frame(self._names.delta, {self._names.words: event.text})

    @override
    def last(self, answer: Answer, losses: list[Loss]) -> bytes:
        heard = answer.result
        assert isinstance(heard, Heard)
        losses += unsaid(answer, _WITH_IT)
        begun = b"" if self.is_begun else self.more(PartDelta(0, heard.text))
        usage = usage_row(answer.usage)
        if usage is not None:
            usage = {"type": "tokens", **usage}
        fields = {name: answer.fields.get(name) for name in _WITH_IT}
        said = {"text": heard.text, **fields, "usage": answer.fields.get("usage") or usage}
        return begun + frame(self._names.done, said)
