"""One of n answers being said: deltas in, parts out. A whole answer is one large delta."""

from collections.abc import Iterator

from understudy.chat.events import (
    Event,
    Fields,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    StopReason,
)
from understudy.chat.parts import Citation
from understudy.dialects.openai_chat.calls import Calls
from understudy.dialects.openai_chat.schema import (
    NAME,
    OWN,
    Detail,
    Raw,
    decode_raw_list,
    decode_raws,
    decode_string,
    is_nothing,
    is_text,
    merged,
    read_annotation,
    read_detail,
    whole_number,
)
from understudy.dialects.openai_finish import read_finish

Raws = dict[str, Raw]

_THOUGHTS = ("reasoning_content", "reasoning")
_SEQUENCES = frozenset({"stop_reason", "matched_stop"})
"""Where vLLM and SGLang say which stop sequence it was, or the number of a stop token."""

_SHOWN = frozenset({"images"})
"""What an answer may be made of without a word (OpenRouter, "Image Generation")."""

_NULL = b"null"


class ChoiceState:
    """What one answer has said so far. All methods raise MsgspecError for a malformed delta."""

    def __init__(self, number: int, indexes: Iterator[int], salt: str) -> None:
        self.number = number
        self.native: str | None = None
        self.stop_sequence: str | None = None
        self.has_spoken = False
        self.usage: Raw | None = None
        self.error: Raw | None = None
        self.open: PartStarted | None = None
        self._indexes = indexes
        self.calls = Calls(number, indexes, salt)
        self._refused = False
        self._thought_plainly = False
        self._early: list[Raw] = []
        self._extras: dict[str, list[Raw]] = {}

    @property
    def stop(self) -> StopReason:
        """How the answer ended, seen together with what it said."""
        stop = read_finish(self.native or "")
        if stop is StopReason.END:
            if self.calls.any:
                return StopReason.TOOL_CALLS
            if self._refused:
                return StopReason.REFUSAL
            if self.stop_sequence is not None:
                return StopReason.STOP_SEQUENCE
        return stop

    def receive(self, choice: Raws, *, whole: bool) -> list[Event]:
        """Take one element of `choices`: its delta or message, and what stands beside it."""
        events: list[Event] = []
        if "delta" not in choice and not self.has_spoken:  # said at once (MiniMax, "Chat", 2026)
            whole = True
        delta = choice.get("message" if whole else "delta")
        if delta is not None and bytes(delta) != _NULL:
            self._delta(decode_raws(delta), events, whole=whole)
        finish = choice.get("finish_reason")
        if finish is not None and bytes(finish) != _NULL:
            native = decode_string(finish)
            if native or whole:
                self.native = native
        for name, raw in choice.items():
            if name not in _CHOICE_FIELDS and not is_nothing(raw):
                self._beside(name, raw)
        return events

    def end(self) -> list[Event]:
        """End every part that is still open."""
        events: list[Event] = []
        self._close(events)
        self.calls.end(events)
        return events

    def extras(self) -> Fields:
        """What was said and not understood, by its place in a whole answer."""
        at = f"{OWN}choices[{self.number}]."
        if self._early:
            self._extras["message.annotations"] = self._early
        return {at + name: merged(raws) for name, raws in self._extras.items()}

    def _beside(self, name: str, raw: Raw) -> None:
        if name in _SEQUENCES and bytes(raw).startswith(b'"'):
            self.stop_sequence = decode_string(raw)
        elif name == "usage":
            self.usage = raw
        elif name == "error":
            self.error = raw
        else:
            self._extras.setdefault(name, []).append(raw)

    def _delta(self, delta: Raws, events: list[Event], *, whole: bool) -> None:
        self._reasoning(delta, events)
        content = delta.get("content")
        if content is not None and not is_nothing(content):
            self._content(content, events)
        said = delta.get("refusal")  # a few hosts say false
        refusal = "" if said is None or not is_text(said) else decode_string(said)
        if refusal:
            self._refused = True
            self._say(PartKind.REFUSAL, refusal, events)
        audio = delta.get("audio")
        if audio is not None and not is_nothing(audio):
            self._audio(decode_raws(audio), events)
        annotations = delta.get("annotations")
        if annotations is not None and not is_nothing(annotations):
            self._annotations(annotations, events)
        self._tool_calls(delta, events, whole=whole)
        for name, raw in delta.items():
            is_odd = name in _THOUGHTS and not is_text(raw)
            if (is_odd or name not in _DELTA_FIELDS) and not is_nothing(raw):
                self.has_spoken |= name in _SHOWN
                self._extras.setdefault(f"message.{name}", []).append(raw)

    def _tool_calls(self, delta: Raws, events: list[Event], *, whole: bool) -> None:
        calls = delta.get("tool_calls")
        legacy = delta.get("function_call")
        if (calls is None or is_nothing(calls)) and (legacy is None or is_nothing(legacy)):
            return
        said: list[Event] = []
        if calls is not None and not is_nothing(calls):
            one = bytes(calls).startswith(b"{")  # as Text Generation Inference 1 said them
            items = [calls] if one else decode_raw_list(calls)
            self.calls.receive(items, said, whole=whole)
        if legacy is not None and not is_nothing(legacy):
            self.calls.receive_legacy(decode_raws(legacy), said)
        if said:
            self.has_spoken = True
            if any(isinstance(event, PartStarted) for event in said):
                self._close(events)
            events += said

    def _content(self, content: Raw, events: list[Event]) -> None:
        if not bytes(content).startswith(b"["):
            self._say(PartKind.TEXT, decode_string(content), events)
            return
        for item in decode_raw_list(content):
            self._content_item(item, events)

    def _content_item(self, item: Raw, events: list[Event]) -> None:
        """Mistral says content as a list where the model thinks or cites ("Reasoning", 2025)."""
        if is_text(item):
            self._say(PartKind.TEXT, decode_string(item), events)
            return
        raws = decode_raws(item)
        kind = _text(raws.get("type"))
        if kind == "text" and "text" in raws:
            self._say(PartKind.TEXT, _text(raws["text"]), events)
        elif kind == "thinking" and "thinking" in raws:
            self._thinking(raws, events)
        elif kind == "reasoning" and "summary" in raws:
            self._summary(raws, events)
        else:
            self.has_spoken = True
            started = self._part(PartKind.OPAQUE, events, raw=item)
            events.append(PartEnded(started.index))
            self.open = None

    def _thinking(self, raws: Raws, events: list[Event]) -> None:
        thoughts = raws["thinking"]
        fields: Fields = {}
        if bytes(thoughts).startswith(b"["):
            pieces = [decode_raws(piece) for piece in decode_raw_list(thoughts)]
            text = "".join(_text(piece.get("text")) for piece in pieces)
            if any("text" not in piece for piece in pieces):  # a reference among the thoughts
                fields[OWN + "thinking"] = thoughts
        else:
            text = _text(thoughts)
        fields |= {
            OWN + name: raw
            for name, raw in raws.items()
            if name not in ("type", "thinking", "signature") and not is_nothing(raw)
        }
        signature = _text(raws.get("signature")) or None
        part = self._inline(PartKind.REASONING, events, field="content.thinking")
        if text or signature or fields:
            events.append(PartDelta(part.index, text, signature=signature, fields=fields or None))

    def _summary(self, raws: Raws, events: list[Event]) -> None:
        """Databricks' spelling of the same ("Query reasoning models", 2026)."""
        pieces = [read_detail(piece) for piece in decode_raw_list(raws["summary"])]
        text = "".join(piece.text or "" for piece in pieces)
        signature = "".join(piece.signature or "" for piece in pieces) or None
        part = self._inline(PartKind.REASONING, events, field="content.thinking")
        if text or signature:
            events.append(PartDelta(part.index, text, signature=signature))

    def _reasoning(self, delta: Raws, events: list[Event]) -> None:
        text, field = "", None
        for name in _THOUGHTS:
            raw = delta.get(name)
            text = "" if raw is None or not is_text(raw) else decode_string(raw)
            if text:
                field = name
                break
        raw = delta.get("reasoning_details")
        if raw is None or is_nothing(raw):
            if text:
                self._thought_plainly = True
                part = self._inline(PartKind.REASONING, events, field=field)
                events.append(PartDelta(part.index, text))
            return
        details = [read_detail(item) for item in decode_raw_list(raw)]
        if text:
            self._thought_plainly = True
        elif not self._thought_plainly:
            text = "".join(detail.text or detail.summary or "" for detail in details)
        self._detailed(text, details, raw, field or "reasoning_details", events)

    def _detailed(
        self, text: str, details: list[Detail], raw: Raw, field: str, events: list[Event]
    ) -> None:
        formats = [detail.format for detail in details if detail.format]
        part = self._inline(
            PartKind.REASONING, events, field=field, producer=formats[0] if formats else None
        )
        events.append(
            PartDelta(
                part.index,
                text,
                signature="".join(detail.signature or "" for detail in details) or None,
                encrypted="".join(detail.data or "" for detail in details) or None,
                fields={OWN + "reasoning_details": raw},
            )
        )

    def _audio(self, audio: Raws, events: list[Event]) -> None:
        sound, transcript = _text(audio.get("data")), _text(audio.get("transcript"))
        name = _text(audio.get("id"))
        if not (name or sound or transcript or self._is_open(PartKind.AUDIO)):
            return
        self.has_spoken = True
        part = self._inline(PartKind.AUDIO, events, id=name or None)
        fields = {
            OWN + key: raw
            for key, raw in audio.items()
            if key not in ("id", "data", "transcript") and not is_nothing(raw)
        }
        if sound or transcript or fields:
            said = PartDelta(
                part.index, transcript, audio_base64=sound or None, fields=fields or None
            )
            events.append(said)

    def _annotations(self, raw: Raw, events: list[Event]) -> None:
        """Citations of the open text; some hosts say them before they say the text."""
        if self._is_open(PartKind.TEXT) and self.open is not None:
            events += [PartDelta(self.open.index, citation=c) for c in _citations(raw)]
        else:
            self._early.append(raw)

    def _say(self, kind: PartKind, text: str, events: list[Event]) -> None:
        if text:
            self.has_spoken = True
            events.append(PartDelta(self._inline(kind, events).index, text))

    def _is_open(self, kind: PartKind) -> bool:
        return self.open is not None and self.open.kind is kind

    def _inline(
        self,
        kind: PartKind,
        events: list[Event],
        *,
        field: str | None = None,
        id: str | None = None,  # noqa: A002 - the event's own name for it
        producer: str | None = None,
    ) -> PartStarted:
        """The open part of this kind; a new one where another kind was being said."""
        if self.open is not None and self.open.kind is kind:
            return self.open
        return self._part(kind, events, field=field, id=id, producer=producer)

    def _part(
        self,
        kind: PartKind,
        events: list[Event],
        *,
        field: str | None = None,
        id: str | None = None,  # noqa: A002 - the event's own name for it
        producer: str | None = None,
        raw: Raw | None = None,
    ) -> PartStarted:
        self._close(events)
        self.calls.close_complete(events)
        self.open = PartStarted(
            next(self._indexes),
            kind,
            id=id,
            choice=self.number,
            producer=producer,
            field=field,
            dialect=NAME if raw is not None else None,
            raw=raw,
        )
        events.append(self.open)
        if self._early and kind is PartKind.TEXT:
            for early in self._early:
                self._annotations(early, events)
            self._early = []
        return self.open

    def _close(self, events: list[Event]) -> None:
        if self.open is not None:
            events.append(PartEnded(self.open.index))
            self.open = None


_CHOICE_FIELDS = frozenset({"index", "delta", "message", "finish_reason", "text"})
_DELTA_FIELDS = frozenset(
    {
        "role",
        "content",
        "refusal",
        "audio",
        "annotations",
        "tool_calls",
        "function_call",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "index",
        "token_id",
    }
)


def _citations(raw: Raw) -> list[Citation]:
    citations = []
    for item in decode_raw_list(raw):
        seen = read_annotation(item).url_citation
        if seen is None:
            citations.append(Citation(dialect=NAME, raw=item))
            continue
        start, stop = whole_number(seen.start_index), whole_number(seen.end_index)
        citations.append(Citation(seen.title, seen.url, seen.content, start, stop, NAME, item))
    return citations


def _text(raw: Raw | None) -> str:
    """A string that may be absent or null. Raises: MsgspecError for anything else."""
    if raw is None or bytes(raw) == _NULL:
        return ""
    return decode_string(raw)
