"""An answer as it grows, chunk by chunk; a whole body is one chunk that says all of it."""

import itertools
from datetime import datetime

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Failed,
    Fields,
    Finished,
    PartDelta,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.chat.usage import Usage
from understudy.dialects.gemini_generate.candidate import Candidate
from understudy.dialects.gemini_generate.chunk import read_plain
from understudy.dialects.gemini_generate.schema import (
    OWN,
    Raw,
    Raws,
    decode_any,
    decode_raw_list,
    decode_raws,
    is_null,
    word,
)
from understudy.dialects.gemini_generate.usage import read_usage, usage_rest

_READ = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "createTime"})
_BROKEN = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "MISSING_THOUGHT_SIGNATURE",
        "TOO_MANY_TOOL_CALLS",
        "MALFORMED_RESPONSE",
        "OTHER",
    }
)
"""Reasons that come with nothing said where the model failed, not where it refused."""


class Answer:
    """Chunks to events. `end` says how it ended, once all chunks are there."""

    def __init__(self) -> None:
        self._candidates: dict[int, Candidate] = {}
        self._indexes = itertools.count()
        self._id: str | None = None
        self._block = ""
        self._usage: Raws = {}
        self._beside: Fields = {}

    @property
    def is_complete(self) -> bool:
        """Whether a reason was given for the end of everything that was begun.

        A prompt may be found to be forbidden when part of the answer is out already.
        """
        ends = [candidate.native for candidate in self._candidates.values()]
        return bool(self._block) or (bool(ends) and all(ends))

    def receive(self, chunk: Raws) -> list[Event]:
        """Read one chunk. Raises: KeyError, MsgspecError for one that is none of an answer."""
        events: list[Event] = []
        self._start(chunk, events)
        for raw in _items(chunk.get("candidates")):
            candidate = decode_raws(raw)
            found = decode_any(candidate.get("index", b"0"))
            number = found if isinstance(found, int) else 0
            if number not in self._candidates:
                self._candidates[number] = Candidate(number, self._indexes, self._id or "")
            self._candidates[number].receive(candidate, events)
        usage = chunk.get("usageMetadata")
        if usage is not None and not is_null(usage):
            self._count(decode_raws(usage))
        feedback = chunk.get("promptFeedback")
        if feedback is not None and not is_null(feedback):
            block = decode_any(decode_raws(feedback).get("blockReason", b"null"))
            self._block = self._block or ("" if block is None else str(block))
        for name, raw in chunk.items():
            if name not in _READ and not is_null(raw):
                self._beside[OWN + name] = raw
        return events

    def more(self, data: bytes) -> tuple[Event, ...] | None:
        """What a chunk adds to the text that the first candidate says; None where it does not."""
        first = self._candidates.get(0)
        index = -1 if first is None else first.open_text
        chunk = read_plain(data) if index >= 0 else None
        if chunk is None:
            return None
        if chunk.usageMetadata is not None:
            self._count(chunk.usageMetadata)
        return (PartDelta(index, chunk.text),) if chunk.text else ()

    def end(self) -> list[Event]:
        """The end of an answer that is complete."""
        events: list[Event] = []
        for candidate in self._candidates.values():
            candidate.close(events)
        first = self._candidates[min(self._candidates)] if self._candidates else None
        broken = None if first is None else _broken(first)
        if broken is not None:
            return [*events, broken]
        fields = dict(self._beside)
        for candidate in self._candidates.values():
            fields |= candidate.fields()
        rest = usage_rest(self._usage)
        if rest is not None:
            fields[OWN + "usageMetadata"] = rest
        ends = [self._ended(number) for number in sorted(self._candidates)]
        if not ends:
            ends = [ChoiceEnd(0, StopReason.CONTENT_FILTER, self._block)]
        usage, choices = self._counted(), tuple(ends[1:])
        finished = Finished(
            ends[0].stop, usage, ends[0].native, choices=choices, fields=fields or None
        )
        return [*events, finished]

    def _ended(self, number: int) -> ChoiceEnd:
        """How one of the answers ended: for a forbidden prompt where it does not say itself."""
        candidate = self._candidates[number]
        if candidate.native:
            return ChoiceEnd(number, candidate.stop, candidate.native)
        return ChoiceEnd(number, StopReason.CONTENT_FILTER, self._block)

    def _start(self, chunk: Raws, events: list[Event]) -> None:
        if self._id is not None:
            return
        if not {"candidates", "promptFeedback", "usageMetadata", "modelVersion"} & chunk.keys():
            raise KeyError("candidates")
        self._id = word(chunk.get("responseId"))
        at = chunk.get("createTime")
        fields = None if at is None or is_null(at) else {OWN + "createTime": at}
        model = word(chunk.get("modelVersion"))
        events.append(Started(self._id, model, _seconds(word(at)), fields=fields))

    def _count(self, counted: Raws) -> None:
        """Take in a count: one with a total is all of it, others add a tier."""
        self._usage = counted if "totalTokenCount" in counted else {**self._usage, **counted}

    def _counted(self) -> Usage | None:
        return read_usage(self._usage) if self._usage else None


def _broken(candidate: Candidate) -> Event | None:
    """A failure, where the model ended well but said nothing at all."""
    if candidate.has_spoken:
        return None
    if candidate.native == "STOP":
        reason = "the answer ended, but said nothing"
        return Failed(Signal(Surface.SEMANTIC, message=reason, flag="stop_without_parts"))
    if candidate.native in _BROKEN:
        reason = candidate.message or f"the answer ended as {candidate.native} and said nothing"
        return Failed(Signal(Surface.SEMANTIC, message=reason, finish=candidate.native))
    return None


def _items(raw: Raw | None) -> list[Raw]:
    return [] if raw is None or is_null(raw) else decode_raw_list(raw)


def _seconds(at: str) -> int | None:
    """A moment as Unix seconds; None where it is none."""
    try:
        return int(datetime.fromisoformat(at[:19] + "+00:00").timestamp()) if at else None
    except (ValueError, OverflowError):
        return None
