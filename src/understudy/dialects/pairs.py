"""Tool calls and their results, side by side: what most vendors demand of a conversation.

Every call is answered, directly after the turn that made it, and nothing else is (OpenAI Chat
Completions, Claude "Handle tool calls", Converse, Gemini "Function calling", Cohere "Tool use",
November 2026). OpenAI's Responses and servers of open models take more, so a conversation begun
with them needs this to go on elsewhere.
"""

from collections import Counter

import msgspec

from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Part, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Role

NO_RESULT = "No result."
"""What a call is answered with where the caller had no answer."""


def paired(messages: tuple[Message, ...], losses: list[Loss]) -> list[tuple[int, Message]]:
    """The messages with the numbers that they had, calls beside their results."""
    pairs = _Pairs(messages, losses)
    pairs.read()
    return pairs.out


class _Pairs:
    """Goes through a conversation. `out`: the messages with their numbers, in an order that
    pairs.
    """

    def __init__(self, messages: tuple[Message, ...], losses: list[Loss]) -> None:
        self.losses = losses
        self.out: list[tuple[int, Message]] = []
        self._left = _distinct(messages, losses)
        self._taken: set[int] = set()

    def read(self) -> None:
        for number in range(len(self._left)):
            if number in self._taken:
                continue
            message = self._left[number]
            calls = Counter(part.id for part in message.parts if isinstance(part, ToolCall))
            self.out.append((number, self._without_unknown(number, message)))
            if calls:
                self._answer(number, calls)

    def _answer(self, number: int, calls: Counter[str]) -> None:
        """Put the results of a turn's calls after it; one that says so for each that has none."""
        for later in range(number + 1, len(self._left)):
            message = self._left[later]
            again = {part.id for part in message.parts if isinstance(part, ToolCall)}
            if not calls or again & calls.keys():
                break
            if later in self._taken or not self._take(later, calls):
                continue
            if any(each not in self._taken for each in range(number + 1, later)):
                self._change(f"messages[{later}]", "moved to directly after its call")
        missing = tuple(ToolResult(id_, (Text(NO_RESULT),)) for id_ in calls.elements())
        if missing:
            self.out.append((number, Message(Role.TOOL, missing)))
            self._change(f"messages[{number}]", "a call without a result, said to have none")

    def _take(self, later: int, calls: Counter[str]) -> bool:
        """Take the results of these calls out of a later message; the whole, if it has no other."""
        message = self._left[later]
        found: list[Part] = []
        rest: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResult) and calls[part.call_id] > 0:
                calls[part.call_id] -= 1
                found.append(part)
            else:
                rest.append(part)
        for id_ in [id_ for id_, count in calls.items() if count <= 0]:
            del calls[id_]
        if not found:
            return False
        if any(isinstance(part, ToolResult) for part in rest):
            self._left[later] = msgspec.structs.replace(message, parts=tuple(rest), extensions={})
            message = msgspec.structs.replace(message, parts=tuple(found))
            self._change(f"messages[{later}]", "parted: it answers calls of several turns")
        else:
            self._taken.add(later)
        self.out.append((later, message))
        return True

    def _without_unknown(self, number: int, message: Message) -> Message:
        """A message whose results answer no call says them as text."""
        if not any(isinstance(part, ToolResult) for part in message.parts):
            return message
        parts = tuple(
            self._told(part, f"messages[{number}].parts[{place}]")
            if isinstance(part, ToolResult)
            else part
            for place, part in enumerate(message.parts)
        )
        return msgspec.structs.replace(message, role=Role.USER, parts=parts)

    def _told(self, result: ToolResult, path: str) -> Text:
        self._change(path, "a result of no call, said as text")
        if result.is_error:
            self.losses.append(Loss(f"{path}.is_error", "only a result fails"))
        texts: list[str] = []
        for place, part in enumerate(result.content):
            where = f"{path}.content[{place}]"
            if not isinstance(part, Text):
                self.losses.append(Loss(where, "no text"))
                continue
            texts.append(part.text)
            beside = [name for name in ("cache", "citations") if getattr(part, name)]
            self.losses += [Loss(f"{where}.{name}", "of a part of a text") for name in beside]
        said = f"Result of {result.name or result.call_id}: {''.join(texts)}"
        return Text(said, result.cache)

    def _change(self, path: str, reason: str) -> None:
        self.losses.append(Loss(path, reason, Change.CHANGED))


def _distinct(messages: tuple[Message, ...], losses: list[Loss]) -> list[Message]:
    """Give every call of a turn an id of its own; results have those of their calls, in order."""
    given: dict[str, list[str]] = {}
    out = []
    for number, message in enumerate(messages):
        parts = list(message.parts)
        used: set[str] = set()
        for place, part in enumerate(message.parts):
            path = f"messages[{number}].parts[{place}]"
            if isinstance(part, ToolCall):
                id_ = part.id if part.id and part.id not in used else f"call_{number}_{place}"
                known = given.get(part.id, []) if part.id in used else []
                given[part.id] = [*known, id_]
                used |= {part.id, id_}
                parts[place] = msgspec.structs.replace(part, id=id_)
                _rename(path + ".id", part.id, id_, losses)
            elif isinstance(part, ToolResult):
                ids = given.get(part.call_id) or [part.call_id]
                id_ = ids.pop(0) if len(ids) > 1 else ids[0]
                parts[place] = msgspec.structs.replace(part, call_id=id_)
                _rename(path + ".call_id", part.call_id, id_, losses)
        changed = tuple(parts)
        same = changed == message.parts
        out.append(message if same else msgspec.structs.replace(message, parts=changed))
    return out


def _rename(path: str, was: str, now: str, losses: list[Loss]) -> None:
    if was != now:
        reason = f"said as {now}: every call needs an id of its own"
        losses.append(Loss(path, reason, Change.CHANGED))
