"""An answer under way, event by event or whole, and how it may end."""

from understudy.chat.events import (
    Event,
    Failed,
    Fields,
    Finished,
    PartKind,
    Started,
    StopReason,
)
from understudy.chat.failure import Signal, Surface
from understudy.dialects.openai_responses.items import (
    CALLS,
    CallItem,
    MessageItem,
    Parts,
    ReasoningItem,
    SoundItem,
    finish_item,
    make_item,
)
from understudy.dialects.openai_responses.outputs import OutOfOrder, Outputs
from understudy.dialects.openai_responses.schema import (
    CONTENT,
    OWN,
    SUMMARY,
    Raw,
    Raws,
    decode_index,
    decode_raws,
    is_nothing,
    items_of,
    text_of,
    whole_number,
)
from understudy.dialects.openai_responses.status import COMPLETED, read_stop
from understudy.dialects.openai_responses.usage import read_usage, usage_rest

_RESPONSE = frozenset(
    {
        "id",
        "object",
        "created_at",
        "completed_at",
        "status",
        "error",
        "incomplete_details",
        "model",
        "output",
        "output_text",
        "usage",
    }
)
_ECHO = frozenset(
    {
        "background",
        "conversation",
        "frequency_penalty",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "parallel_tool_calls",
        "presence_penalty",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "store",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    }
)
"""What a response repeats of its request."""


_TIER = OWN + "service_tier"
_USUAL_TIERS = (Raw(b'"default"'), Raw(b'"auto"'))


class Answer:
    """Collects an answer. Methods raise MsgspecError and KeyError for what is no event of one, and
    OutOfOrder.
    """

    def __init__(self, surface: Surface) -> None:
        self.started = False
        self._surface = surface
        self._parts = Parts()
        self._outputs = Outputs()
        self._items = self._outputs.items
        self._done = self._outputs.done
        self._sound: SoundItem | None = None

    def begin(self, response: Raws) -> list[Event]:
        """Begin because an event says so: where a proxy asks anew, it does that in the midst."""
        if self._items:
            raise OutOfOrder("a response began in the midst of another")
        return self.start(response)

    def start(self, response: Raws) -> list[Event]:
        """Begin with a response object, unless that was done before."""
        if self.started:
            return []
        self.started = True
        id_, model = text_of(response.get("id")), text_of(response.get("model"))
        return [Started(id_, model, whole_number(response.get("created_at")))]

    def text_index(self, output: int, place: int) -> int | None:
        """The part to which more text is added; None where it takes a closer look."""
        item = self._items.get(output)
        return item.open_index(place) if type(item) is MessageItem else None

    def call_index(self, output: int) -> int | None:
        """The call to which more arguments are added; None where it takes a closer look."""
        item = self._items.get(output)
        return item.open_index() if type(item) is CallItem else None

    def receive(self, kind: str, event: Raws) -> list[Event]:
        """Take an event that is about an item or a part of one; others say nothing."""
        events: list[Event] = []
        match kind:
            case "response.output_item.added":
                raw = event["item"]
                if not is_nothing(raw):
                    self._added(self._outputs.fresh(event, decode_raws(raw)), raw, events)
            case "response.output_item.done":
                raw = event["item"]
                self._item_done(self._outputs.ended(event, decode_raws(raw)), raw, events)
            case "response.content_part.added" | "response.content_part.done":
                self._content_part(event, events, is_end=kind.endswith("done"))
            case "response.output_text.annotation.added":
                message = self._message(event)
                part = message.content(_place(event), PartKind.TEXT, events)
                message.annotate(part, event["annotation"], events)
            case _:
                self._grow(kind, event, events)
        return events

    def whole(self, response: Raws) -> list[Event]:
        """All of an answer but its end."""
        events = self.start(response)
        self._unseen(items_of(response.get("output")), events)
        return events

    def finish(self, response: Raws) -> list[Event]:
        """End the answer: well, or as a failure where it said nothing."""
        events: list[Event] = []
        self._late(items_of(response.get("output")), events)
        for item in self._items.values():
            item.close(events)
        if self._sound is not None:
            self._sound.close(events)
        kinds = self._parts.kinds
        details = response.get("incomplete_details")
        reason = "" if details is None or is_nothing(details) else _reason(details)
        status = text_of(response.get("status")) or COMPLETED
        calls, refused = PartKind.TOOL_CALL in kinds, PartKind.REFUSAL in kinds
        stop, native = read_stop(status, reason, calls=calls, refused=refused)
        if stop is StopReason.END and kinds <= {PartKind.REASONING}:
            said = "the answer ended without any text, tool call or refusal"
            return [Failed(Signal(Surface.SEMANTIC, message=said, flag="empty_200"))]
        usage = response.get("usage")
        fields = rest_of(response, usage)
        return [*events, Finished(stop, read_usage(usage), native, fields=fields or None)]

    def _unseen(self, outputs: list[Raw], events: list[Event]) -> None:
        for number, raw in enumerate(outputs):
            self._added(number, raw, events)
            self._item_done(number, raw, events)

    def _late(self, outputs: list[Raw], events: list[Event]) -> None:
        """What the end says of items: all, where none was said before; else of those not done, and
        of kinds that nobody said before (ids may be others than they were).
        """
        if not self._items:
            self._unseen(outputs, events)
            return
        opened = list(map(_opened, outputs))
        by_id = {text_of(raws.get("id")): (raw, raws) for raw, raws in opened}
        for number, item in self._items.items():
            found = by_id.get(item.id)
            if number not in self._done and found is not None:
                finish_item(item, found[0], found[1], events)
        kinds = {item.kind for item in self._items.values()}
        for raw, raws in opened:
            if text_of(raws.get("type")) not in kinds:
                self._item_done(max(self._items) + 1, raw, events)

    def _added(self, number: int, raw: Raw, events: list[Event]) -> None:
        if number in self._items:
            raise OutOfOrder(f"output {number} was begun twice")
        raws = decode_raws(raw)
        item = self._items[number] = make_item(self._parts, raw, raws)
        if type(item) is CallItem:
            item.begin(raws, events)

    def _item_done(self, number: int, raw: Raw, events: list[Event]) -> None:
        if number not in self._items:
            self._added(number, raw, events)
        if number in self._done:
            raise OutOfOrder(f"output {number} ended twice")
        self._done.add(number)
        finish_item(self._items[number], raw, decode_raws(raw), events)

    def _content_part(self, event: Raws, events: list[Event], *, is_end: bool) -> None:
        raw = event["part"]
        kind = text_of(decode_raws(raw).get("type"))
        if kind == "reasoning_text" or self._outputs.is_thought(event):
            thought = self._thinker(event)
            part = thought.thought(CONTENT, _place(event), events)
            if is_end:
                thought.fill(part, text_of(decode_raws(raw).get("text")), events)
        elif is_end:
            self._message(event).fill_part(_place(event), raw, events)
        else:
            told = PartKind.REFUSAL if kind == "refusal" else PartKind.TEXT
            self._message(event).content(_place(event), told, events)

    def _grow(self, kind: str, event: Raws, events: list[Event]) -> None:
        match kind:
            case "response.output_text.delta" | "response.output_text.done":
                self._text(kind, event, PartKind.TEXT, events)
            case "response.refusal.delta" | "response.refusal.done":
                self._text(kind, event, PartKind.REFUSAL, events)
            case "response.reasoning_summary_part.added":
                self._thinker(event).thought(SUMMARY, _place(event, "summary_index"), events)
            case "response.reasoning_summary_text.delta" | "response.reasoning_summary_text.done":
                self._thought(kind, event, SUMMARY, "summary_index", events)
            case "response.reasoning_text.delta" | "response.reasoning_text.done":
                self._thought(kind, event, CONTENT, "content_index", events)
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                self._caller(event).more(text_of(event["delta"]), events)
            case "response.function_call_arguments.done":
                self._caller(event).whole(text_of(event.get("arguments")), events)
            case "response.custom_tool_call_input.done":
                self._caller(event).whole(text_of(event.get("input")), events)
            case "response.audio.delta" | "response.audio.transcript.delta":
                is_transcript = kind == "response.audio.transcript.delta"
                self._speech(text_of(event["delta"]), events, is_transcript=is_transcript)
            case _:
                pass  # of a hosted tool's work: its item says it all when it is done

    def _text(self, kind: str, event: Raws, told: PartKind, events: list[Event]) -> None:
        item = self._message(event)
        part = item.content(_place(event), told, events)
        if kind.endswith("delta"):
            item.say(part, text_of(event["delta"]), events)
            item.logprobs(part, event.get("logprobs"), events)
            return
        name = "refusal" if told is PartKind.REFUSAL else "text"
        item.fill(part, text_of(event.get(name)), events)

    def _speech(self, said: str, events: list[Event], *, is_transcript: bool) -> None:
        """Sound stands in no item."""
        if self._sound is None:
            self._sound = SoundItem(self._parts)
        self._sound.more(said, events, is_transcript=is_transcript)

    def _thought(
        self, kind: str, event: Raws, field: str, counter: str, events: list[Event]
    ) -> None:
        item = self._thinker(event)
        part = item.thought(field, _place(event, counter), events)
        if kind.endswith("delta"):
            item.say(part, text_of(event["delta"]), events)
        else:
            item.fill(part, text_of(event.get("text")), events)

    def _message(self, event: Raws) -> MessageItem:
        """The message that an event is about, begun by its first word where nothing announced it.

        LiteLLM leaves out the announcement (BerriAI/litellm issues 22102 and 41185, 2026).
        """
        number = self._outputs.find(event, {"message"})
        item = self._items.get(number)
        if not isinstance(item, MessageItem):
            item = self._items[number] = MessageItem(self._parts, _named(event))
        return item

    def _thinker(self, event: Raws) -> ReasoningItem:
        number = self._outputs.find(event, {"reasoning"})
        item = self._items.get(number)
        if not isinstance(item, ReasoningItem):
            item = self._items[number] = ReasoningItem(self._parts, _named(event))
        return item

    def _caller(self, event: Raws) -> CallItem:
        item = self._items.get(self._outputs.find(event, CALLS.keys()))
        if not isinstance(item, CallItem):
            raise OutOfOrder("arguments were said of an output that is no call")
        return item


def _named(event: Raws) -> Raws:
    """What an event says of an item that nothing else announced: its id, where it has one."""
    return {"id": event["item_id"]} if "item_id" in event else {}


def _opened(raw: Raw) -> tuple[Raw, Raws]:
    return raw, decode_raws(raw)


def _place(event: Raws, name: str = "content_index") -> int:
    raw = event.get(name)
    return 0 if raw is None else decode_index(raw)


def _reason(details: Raw) -> str:
    return text_of(decode_raws(details).get("reason"))


def rest_of(response: Raws, usage: Raw | None) -> Fields:
    """What a response says beside what is understood, and beside what it repeats."""
    kept = {
        OWN + name: Raw(bytes(raw))
        for name, raw in response.items()
        if name not in _RESPONSE and name not in _ECHO and not is_nothing(raw)
    }
    if kept.get(_TIER) in _USUAL_TIERS:
        del kept[_TIER]
    beside = usage_rest(usage)
    if beside is not None:
        kept[OWN + "usage"] = beside
    return kept
