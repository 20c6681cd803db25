"""Transcripts as they are heard: `transcript.text.delta` ... `transcript.text.done`.

Source: OpenAI API reference, "Create transcription" (streaming events), and the types of its
official client 2.x (November 2026).
"""

import math

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

_DELTA, _SEGMENT, _DONE = (f"transcript.text.{name}" for name in ("delta", "segment", "done"))
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
    """Hears words. What was said in all stands in the last event."""

    def __init__(self) -> None:
        super().__init__(PartKind.TEXT)
        self._heard: Heard | None = None

    @override
    def hear(self, kind: str, tree: Raws) -> list[Event]:
        if kind in (_DELTA, _SEGMENT):
            said = text(tree, "delta" if kind == _DELTA else "text")
            if said is None:
                raise Flawed("schema_violation", f"{kind}: expected words, found none")
            return self.more(PartDelta(0, said)) if said else []
        if kind == _DONE:
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

    def __init__(self) -> None:
        self._is_begun = False

    @override
    def more(self, event: PartStarted | PartDelta) -> bytes:
        if not isinstance(event, PartDelta) or not event.text:
            return b""
        self._is_begun = True
        return frame(_DELTA, {"delta": event.text})

    @override
    def last(self, answer: Answer, losses: list[Loss]) -> bytes:
        heard = answer.result
        assert isinstance(heard, Heard)
        losses += unsaid(answer, _WITH_IT)
        begun = b"" if self._is_begun else self.more(PartDelta(0, heard.text))
        usage = usage_row(answer.usage)
        if usage is not None:
            usage = {"type": "tokens", **usage}
        fields = {name: answer.fields.get(name) for name in _WITH_IT}
        said = {"text": heard.text, **fields, "usage": answer.fields.get("usage") or usage}
        return begun + frame(_DONE, said)
