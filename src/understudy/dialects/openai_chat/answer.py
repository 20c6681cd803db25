"""An answer under way, in chunks or whole, and how it may end."""

import itertools
from collections.abc import Iterator, Mapping

from msgspec import structs

from understudy.chat.events import ChoiceEnd, Event, Failed, Fields, Finished, Started, StopReason
from understudy.chat.failure import Signal, Surface
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.choice import ChoiceState
from understudy.dialects.openai_chat.schema import (
    NOISE,
    OWN,
    Raw,
    decode_any,
    decode_raw_list,
    decode_raws,
    encode,
    is_nothing,
)
from understudy.dialects.openai_errors import read_error
from understudy.dialects.openai_finish import BROKEN
from understudy.dialects.openai_usage import read_usage, usage_rest

Raws = dict[str, Raw]

_READ = frozenset({"id", "object", "created", "model", "choices", "usage", "error"}) | NOISE


class Answer:
    """Collects an answer chunk by chunk; a whole body is its only chunk.

    `receive` raises MsgspecError for what is not a chunk, and OutOfOrder.
    """

    def __init__(self, surface: Surface) -> None:
        self.choices: dict[int, ChoiceState] = {}
        self.started = False
        self.usage: Usage | None = None
        self._surface = surface
        self._indexes: Iterator[int] = itertools.count()
        self._id = ""
        self._model = ""
        self._created: int | None = None
        self._usage_rest: Raw | None = None
        self._error: Raw | None = None
        self._first: dict[str, Raw] = {}
        self._late: dict[str, Raw] = {}

    @property
    def is_ended(self) -> bool:
        """Whether every answer that began has said why it stopped."""
        return bool(self.choices) and all(
            choice.native is not None for choice in self.choices.values()
        )

    def receive(self, chunk: Raws, *, whole: bool) -> list[Event]:
        self._identify(chunk)
        self._count(chunk)
        self._keep(chunk)
        choices = chunk.get("choices")
        if choices is None or is_nothing(choices):
            return []
        events: list[Event] = []
        if not self.started:
            self.started = True
            first = dict(self._first) or None
            events.append(Started(self._id, self._model, self._created, fields=first))
        for position, item in enumerate(decode_raw_list(choices)):
            raws = decode_raws(item)
            number = _whole_number(raws.get("index"))
            choice = self._choice(position if number is None else number)
            events += choice.receive(raws, whole=whole)
            if choice.usage is not None:
                self._take(choice.usage)
            self._error = choice.error or self._error
        return events

    def finish(self) -> list[Event]:
        """End the answer: well, or as a failure where it broke off or said nothing."""
        ends = sorted(self.choices.values(), key=lambda choice: choice.number)
        first = ends[0]
        if self._error is not None:
            return [self._failed(self._error)]
        for choice in ends:
            if choice.native is not None and choice.native.lower() in BROKEN:
                return [self._broken(choice.native)]
        is_mute = not any(choice.has_spoken for choice in ends)
        if is_mute and first.stop is StopReason.OTHER and first.native:
            return [self._broken(first.native.rpartition(":")[2].strip())]
        if is_mute and first.stop in _NEEDS_SPEECH:
            reason = "the answer ended without any text, tool call or refusal"
            return [Failed(Signal(Surface.SEMANTIC, message=reason, flag="empty_200"))]
        events = [event for choice in ends for event in choice.end()]
        finished = Finished(
            first.stop,
            self.usage,
            first.native,
            first.stop_sequence,
            tuple(ChoiceEnd(each.number, each.stop, each.native) for each in ends[1:]),
            self._rest(ends) or None,
        )
        return [*events, finished]

    def _broken(self, native: str) -> Failed:
        return Failed(
            Signal(
                self._surface,
                message=f"the answer broke off: finish reason {native}",
                finish=native,
                flag="eof_without_terminator",
            )
        )

    def _failed(self, error: Raw) -> Failed:
        """An error that stood beside the answer, not in its place."""
        is_stream = self._surface is Surface.STREAM
        flag = "error_object_in_data" if is_stream else "error_object_in_200"
        signal = read_error(encode({"error": error}), self._surface)
        return Failed(structs.replace(signal, flag=flag))

    def _choice(self, number: int) -> ChoiceState:
        choice = self.choices.get(number)
        if choice is None:
            choice = ChoiceState(number, self._indexes, self._id)
            self.choices[number] = choice
        return choice

    def _identify(self, chunk: Raws) -> None:
        """Take the first id, model and time said: Azure's first chunk leaves them blank."""
        if not self._id:
            self._id = _word(chunk.get("id"))
        if not self._model:
            self._model = _word(chunk.get("model"))
        if not self._created:
            self._created = _whole_number(chunk.get("created"))

    def _count(self, chunk: Raws) -> None:
        """The last usage counts: some hosts count along, Groq has its own field for it, and
        Moonshot says it in the choice.
        """
        raw = chunk.get("usage")
        if raw is None or is_nothing(raw):
            raw = self._groq(chunk.get("x_groq"))
        if raw is not None and not is_nothing(raw):
            self._take(raw)

    def _groq(self, raw: Raw | None) -> Raw | None:
        """The usage in Groq's field, which also tells why a stream was stopped early (its Python
        library, `ChatCompletionChunk.x_groq`, 2026).
        """
        own = {} if raw is None or is_nothing(raw) else decode_raws(raw)
        error = own.get("error")
        if error is not None and not is_nothing(error):
            self._error = error
        return own.get("usage")

    def _take(self, raw: Raw) -> None:
        usage = read_usage(raw)
        if usage is not None:
            self.usage = usage
            self._usage_rest = usage_rest(raw)

    def _keep(self, chunk: Raws) -> None:
        known: Mapping[str, Raw] = self._first
        for name, raw in chunk.items():
            if name in _READ or is_nothing(raw):
                continue
            key = OWN + name
            if not self.started:
                self._first[key] = raw
            elif key not in known or bytes(known[key]) != bytes(raw):
                self._late[key] = raw

    def _rest(self, ends: list[ChoiceState]) -> Fields:
        rest = dict(self._late)
        for choice in ends:
            rest |= choice.extras()
        if self._usage_rest is not None:
            rest[OWN + "usage"] = self._usage_rest
        return rest


_NEEDS_SPEECH = frozenset({StopReason.END, StopReason.TOOL_CALLS, StopReason.STOP_SEQUENCE})


def _word(raw: Raw | None) -> str:
    """A string, or what a few hosts say in its place: a number, null."""
    if raw is None:
        return ""
    value = decode_any(raw)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _whole_number(raw: Raw | None) -> int | None:
    if raw is None:
        return None
    value = decode_any(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value)
