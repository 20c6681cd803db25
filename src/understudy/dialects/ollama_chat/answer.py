"""An answer as it grows, line by line; a whole body is one line that says all of it."""

from datetime import UTC, datetime

from understudy.chat.events import (
    Event,
    Failed,
    Fields,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.chat.usage import Usage
from understudy.dialects.ollama_chat.ids import answered_id
from understudy.dialects.ollama_chat.schema import (
    NAME,
    OWN,
    PRODUCER,
    Raw,
    Raws,
    decode_flag,
    decode_number,
    decode_raw_list,
    decode_raws,
    decode_string,
    encode,
    is_null,
    word,
)

_READ = frozenset(
    {
        "model",
        "created_at",
        "message",
        "done",
        "done_reason",
        "prompt_eval_count",
        "prompt_eval_cached_count",
        "eval_count",
    }
)
_CALL = frozenset({"id", "type", "function"})
_FUNCTION = frozenset({"index", "name", "arguments"})
_SAID = frozenset({"role", "content", "thinking", "images", "tool_calls"})
_STOPS = {
    "stop": StopReason.END,
    "length": StopReason.LENGTH,
    "tool_calls": StopReason.TOOL_CALLS,
}


class Answer:
    """Lines to events. `is_over` once one said that it is done."""

    def __init__(self) -> None:
        self.is_over = False
        self.open: PartStarted | None = None
        self._parts = 0
        self._calls = 0
        self._is_started = False
        self._created_at = ""
        self._beside: Fields = {}

    def receive(self, line: Raws) -> list[Event]:
        """Read one line. Raises: KeyError, MsgspecError for one that is none of an answer."""
        events: list[Event] = []
        if not self._is_started:
            self._is_started = True
            self._created_at = at = word(line.get("created_at"))
            events.append(Started("", word(line.get("model")), _seconds(at)))
        done = decode_flag(line["done"]) or False
        raw = line.get("message")
        if raw is not None and not is_null(raw):
            self._message(decode_raws(raw), events)
        self._keep(_unknown(line, _READ))
        if done:
            events += self._finish(line)
        return events

    def _message(self, message: Raws, events: list[Event]) -> None:
        self._say(PartKind.REASONING, word(message.get("thinking")), events)
        self._say(PartKind.TEXT, word(message.get("content")), events)
        images = message.get("images")
        if images is not None and not is_null(images):
            for raw in decode_raw_list(images):
                self._picture(raw, events)
        calls = message.get("tool_calls")
        if calls is not None and not is_null(calls):
            for raw in decode_raw_list(calls):
                self._call(decode_raws(raw), events)
        unknown = _unknown(message, _SAID)
        if unknown and self.open is not None:
            events.append(PartDelta(self.open.index, fields=unknown))
        else:
            self._keep(unknown)

    def _keep(self, fields: Fields) -> None:
        """Remember what stands beside the words: lists go on with every line (chances of tokens),
        of all else the last counts.
        """
        for name, raw in fields.items():
            old = self._beside.get(name)
            if old is not None and bytes(old).startswith(b"[") and bytes(raw).startswith(b"["):
                items = [*decode_raw_list(old), *decode_raw_list(raw)]
                self._beside[name] = Raw(encode(items))
            else:
                self._beside[name] = raw

    def _picture(self, raw: Raw, events: list[Event]) -> None:
        """A model of pictures says them in `images`, as bytes."""
        self._close(events)
        index = self._next()
        events += [PartStarted(index, PartKind.IMAGE, dialect=NAME, raw=raw), PartEnded(index)]

    def _say(self, kind: PartKind, text: str, events: list[Event]) -> None:
        if not text:
            return
        if self.open is None or self.open.kind is not kind:
            self._close(events)
            producer = PRODUCER if kind is PartKind.REASONING else None
            self.open = PartStarted(self._next(), kind, producer=producer)
            events.append(self.open)
        events.append(PartDelta(self.open.index, text))

    def _call(self, call: Raws, events: list[Event]) -> None:
        """A call comes whole. Where it has no id it gets one of the answer and its place."""
        self._close(events)
        function = decode_raws(call["function"])
        said = word(call.get("id")) or answered_id(self._created_at, self._calls)
        self._calls += 1
        index = self._next()
        start = PartStarted(index, PartKind.TOOL_CALL, id=said, name=word(function.get("name")))
        arguments = function.get("arguments")
        text = "{}" if arguments is None or is_null(arguments) else _object(arguments)
        fields = {**_unknown(call, _CALL), **_unknown(function, _FUNCTION)} or None
        events += [start, PartDelta(index, text, fields=fields), PartEnded(index)]

    def _finish(self, line: Raws) -> list[Event]:
        self.is_over = True
        events: list[Event] = []
        self._close(events)
        native = word(line.get("done_reason")) or None
        stop = StopReason.END if native is None else _STOPS.get(native, StopReason.OTHER)
        if stop is StopReason.END and self._calls:  # for which there is no word of its own
            stop, native = StopReason.TOOL_CALLS, None
        if not self._parts and stop is StopReason.END:
            reason = "the answer ended, but said nothing"
            return [Failed(Signal(Surface.SEMANTIC, message=reason, flag="empty_200"))]
        return [*events, Finished(stop, _usage(line), native, fields=self._beside or None)]

    def _close(self, events: list[Event]) -> None:
        if self.open is not None:
            events.append(PartEnded(self.open.index))
            self.open = None

    def _next(self) -> int:
        self._parts += 1
        return self._parts - 1


def _object(arguments: Raw) -> str:
    """The JSON of arguments; servers that imitate this one say it as text. Raises: MsgspecError."""
    is_text = bytes(arguments).startswith(b'"')
    text = decode_string(arguments) if is_text else bytes(arguments).decode()
    decode_raws(text.encode())
    return text


def _usage(line: Raws) -> Usage | None:
    """Tokens read and written. The prompt's include those read from the cache, which servers
    before 2026-09 (pull request 17943) did not count at all.
    """
    names = ("prompt_eval_count", "prompt_eval_cached_count", "eval_count")
    read, cached, written = (line.get(name, Raw(b"null")) for name in names)
    if is_null(read) and is_null(written):
        return None
    prompt = decode_number(read) or 0
    known = min(decode_number(cached) or 0, prompt)
    return Usage(prompt - known, known, output_tokens=decode_number(written) or 0)


def _unknown(raws: Raws, known: frozenset[str]) -> Fields:
    """Fields that nobody here reads, kept for this dialect."""
    return {OWN + name: raw for name, raw in raws.items() if name not in known and not is_null(raw)}


def _seconds(at: str) -> int | None:
    """A moment as Unix seconds; one without a zone is of UTC."""
    try:
        moment = datetime.fromisoformat(at) if at else None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return None if moment is None else int(moment.timestamp())
    except (ValueError, OverflowError):
        return None
