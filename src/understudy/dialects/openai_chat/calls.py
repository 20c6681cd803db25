"""Tool calls of one answer, however a provider spells them: by index, by id, in pieces, whole."""

from collections.abc import Iterator

import msgspec

from understudy.chat.events import Event, Fields, PartDelta, PartEnded, PartKind, PartStarted
from understudy.dialects.openai_chat.schema import OWN, Raw, decode_raws, decode_string, is_nothing

Raws = dict[str, Raw]

_NULL = b"null"
_CALL_FIELDS = frozenset({"index", "id", "type", "function", "custom"})


class OutOfOrder(Exception):
    """More was said of a call that had already been complete."""


class _Call:
    def __init__(self, id: str, *, is_custom: bool, field: str | None) -> None:  # noqa: A002
        self.id = id
        self.is_nameless = not id
        self.is_custom = is_custom
        self.field = field
        self.index: int | None = None
        self.is_open = True
        self.arguments: list[str] = []


class Calls:
    """The calls of one answer. `receive` raises MsgspecError for malformed ones, or OutOfOrder."""

    def __init__(self, choice: int, indexes: Iterator[int], salt: str) -> None:
        self.any = False
        self._choice = choice
        self._indexes = indexes
        self._salt = salt
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._ids: set[str] = set()

    def receive(self, items: list[Raw], events: list[Event], *, whole: bool) -> None:
        for position, item in enumerate(items, -len(items)):
            raws = decode_raws(item)
            said, is_custom = _spoken(raws)
            call = None if whole else self._nameless(raws, said, position)
            if call is None:
                call = self._call(raws, said, is_custom=is_custom, whole=whole)
            fields = {
                OWN + name: raw
                for name, raw in raws.items()
                if name not in _CALL_FIELDS and not is_nothing(raw)
            }
            self._say(call, said, fields, events)

    def more(self, index: int, text: str) -> PartDelta | None:
        """More arguments of an open call: the common case, short. None where it is another case."""
        call = self._by_index.get(index)
        if call is None or call.index is None or not call.is_open:
            return None
        call.arguments.append(text)
        return PartDelta(call.index, text)

    def receive_legacy(self, said: Raws, events: list[Event]) -> None:
        """`function_call`: one call, without an id (OpenAI API reference, deprecated)."""
        if not _text(said.get("name")) and not _arguments(said.get("arguments")):
            return
        call = self._by_index.get(-1)
        if call is None:
            call = self._by_index[-1] = self._new("", is_custom=False, field="function_call")
        self._say(call, said, {}, events)

    def close_complete(self, events: list[Event]) -> None:
        """End the calls that cannot go on: their arguments are a complete JSON value."""
        for call in self._calls:
            if call.index is None or not call.is_open or call.is_custom:
                continue
            if _is_complete("".join(call.arguments)):
                call.is_open = False
                events.append(PartEnded(call.index))

    def end(self, events: list[Event]) -> None:
        """End all calls. One that was never named is none: nobody could make it."""
        for call in self._calls:
            if call.is_open and call.index is not None:
                call.is_open = False
                events.append(PartEnded(call.index))

    def _call(self, raws: Raws, said: Raws, *, is_custom: bool, whole: bool) -> _Call:
        """The call that a delta belongs to: by its index, else its id, else a new one."""
        id_ = _id(raws.get("id"))
        index = _integer(raws.get("index"))
        if whole:
            return self._new(id_, is_custom=is_custom)
        if index is not None:
            call = self._by_index.get(index)
            if call is None or self._is_another(call, id_, said):
                call = self._by_index[index] = self._new(id_, is_custom=is_custom)
            return call
        if id_:
            for call in self._calls:
                if call.id == id_:
                    return call
        return self._new(id_, is_custom=is_custom)

    def _nameless(self, raws: Raws, said: Raws, position: int) -> _Call | None:
        """The call that a delta goes on with which says nothing of it but its place in the list:
        `position` counts from the end.
        """
        if _integer(raws.get("index")) is not None or _id(raws.get("id")):
            return None
        is_new = bool(_text(said.get("name"))) or -position > len(self._calls)
        return None if is_new else self._calls[position]

    @staticmethod
    def _is_another(call: _Call, id_: str, said: Raws) -> bool:
        """Some hosts number every call 0: another id with a name of its own is another call, and
        so is a name with arguments where those of the call are complete and nobody gives ids.
        """
        if not _text(said.get("name")):
            return False
        if id_:
            return bool(call.id) and id_ != call.id
        is_new = bool(_arguments(said.get("arguments")).strip())
        return is_new and call.is_nameless and _is_complete("".join(call.arguments))

    def _new(self, id_: str, *, is_custom: bool, field: str | None = None) -> _Call:
        call = _Call(id_, is_custom=is_custom, field=field)
        self._calls.append(call)
        return call

    def _say(self, call: _Call, said: Raws, fields: Fields, events: list[Event]) -> None:
        text = _arguments(said.get("input" if call.is_custom else "arguments"))
        if call.index is None:
            call.arguments.append(text)
            name = _text(said.get("name"))
            if name:
                self._start(call, name, fields, events)
        elif not call.is_open:
            if text.strip():
                raise OutOfOrder(f"more arguments for tool call {call.id} after it was complete")
        else:
            call.arguments.append(text)
            if text or fields:
                events.append(PartDelta(call.index, text, fields=fields or None))

    def _start(self, call: _Call, name: str, fields: Fields, events: list[Event]) -> None:
        self.close_complete(events)
        self.any = True
        index = call.index = next(self._indexes)
        if not call.id or call.id in self._ids:  # each result must find its call
            call.id = f"call_{self._salt}_{index}"
        self._ids.add(call.id)
        events.append(
            PartStarted(
                index,
                PartKind.TOOL_CALL,
                id=call.id,
                name=name,
                choice=self._choice,
                is_custom=call.is_custom,
                field=call.field,
            )
        )
        text = "".join(call.arguments)
        if text or fields:
            events.append(PartDelta(index, text, fields=fields or None))


def _spoken(raws: Raws) -> tuple[Raws, bool]:
    """The function called, or the custom tool; some hosts say both, and leave one blank."""
    function, custom = _object(raws.get("function")), _object(raws.get("custom"))
    is_custom = bool(custom) and (not function or _text(raws.get("type")) == "custom")
    return (custom, True) if is_custom else (function, False)


def _object(raw: Raw | None) -> Raws:
    return {} if raw is None or is_nothing(raw) else decode_raws(raw)


def _is_complete(text: str) -> bool:
    if not text.endswith("}"):
        return False
    try:
        msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _arguments(raw: Raw | None) -> str:
    """Arguments are JSON text; a few hosts send the value itself."""
    if raw is None or bytes(raw) == _NULL:
        return ""
    text = bytes(raw)
    return decode_string(raw) if text.startswith(b'"') else text.decode()


def _text(raw: Raw | None) -> str:
    if raw is None or bytes(raw) == _NULL:
        return ""
    return decode_string(raw)


def _id(raw: Raw | None) -> str:
    """Ids are strings; a few hosts count."""
    if raw is None or bytes(raw) == _NULL:
        return ""
    text = bytes(raw)
    return decode_string(raw) if text.startswith(b'"') else text.decode()


def _integer(raw: Raw | None) -> int | None:
    """A number, or one in quotes."""
    return None if raw is None else msgspec.json.decode(raw, type=int | None, strict=False)
