"""Arguments of calls that are no JSON object, for dialects that have nothing but objects.

A model writes what it likes. Where all of it is known, or nothing of it was said yet, an object
with the text in one field stands for it, which no tool takes for its own. A stream that has begun
to say an object cannot take it back, and must not end it well: a command that is cut off in its
middle is another command, and clients that read pieces (Claude's) do not always see that it is.
"""

import re

import msgspec

from understudy.chat.events import PartStarted, StopReason
from understudy.chat.failure import Signal, Surface
from understudy.chat.loss import Change, Loss

UNPARSED = "arguments"
"""The field that holds the text."""

FREE = "input"
"""The field that holds free text, which a tool is meant to be given."""

_BEGINNING = re.compile(r"\s*(?:\{\s*(?:[\"}]|$)|$)")
_CUT_OFF = "Input data was truncated"
_EACH_PIECE = 1024
"""Characters up to which every piece is looked at; of longer ones, each sixteenth more."""

_UNFINISHED = frozenset({StopReason.LENGTH, StopReason.CONTENT_FILTER, StopReason.REFUSAL})
"""Reasons for an end in the middle of an object, which every client knows to expect."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class BrokenArguments(Exception):
    """What is being said cannot become an object any more. `signal` is how the answer failed."""

    def __init__(self, name: str | None) -> None:
        self.signal = Signal(
            Surface.SEMANTIC,
            flag="tool_args_invalid",
            message=f"the arguments of a call of {name or 'a tool'} are not valid JSON",
        )
        super().__init__(self.signal.message)


def object_of(text: str) -> msgspec.Raw | None:
    """The JSON object that arguments are; where nothing is said, an empty one. None: no object."""
    data = (text.strip() or "{}").encode("utf-8", "replace")
    try:
        _decode(data)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return msgspec.Raw(data)


def given(text: str, where: str, losses: list[Loss], *, is_custom: bool = False) -> object:
    """The object that the call at `where` is given. Adds to `losses` where it stands for text."""
    if is_custom:
        losses.append(stands_for(where, is_custom=True))
        return {FREE: text}
    found = object_of(text)
    if found is not None:
        return found
    losses.append(stands_for(where))
    return {UNPARSED: text}


def stands_for(where: str, *, is_custom: bool = False) -> Loss:
    """The loss of arguments for which an object stands."""
    reason = "free text" if is_custom else "no JSON object"
    return Loss(f"{where}.arguments", f"{reason}, said as the text in one", Change.CHANGED)


class Argued:
    """The arguments of one call as they come, for a stream that says them in pieces.

    `is_carried`: they are said at their end, in a field; free text for a tool always is.
    """

    def __init__(self, start: PartStarted) -> None:
        self.is_carried = start.is_custom
        self._start = start
        self._written = ""
        self._said = 0
        self._look_at = 0

    def receive(self, text: str) -> str:
        """Return what may be said of them by now. Raises: BrokenArguments."""
        self._written += text
        written = self._written
        if self.is_carried or (not self._said and not _BEGINNING.match(written)):
            self.is_carried = True
            return ""
        if len(written) >= self._look_at:
            self._look_at = len(written) * 17 // 16 if len(written) > _EACH_PIECE else 0
            if _is_broken(written):
                raise BrokenArguments(self._start.name)
        if not self._said and written.strip() in {"", "{"}:
            return ""  # nothing shows yet what it will be
        said, self._said = written[self._said :], len(written)
        return said

    def end(self, losses: list[Loss]) -> str:
        """Return the rest, when there is no more. Adds to `losses` where it stands for text."""
        if self.is_carried:
            where, is_custom = f"parts[{self._start.index}]", self._start.is_custom
            stand_in = given(self._written, where, losses, is_custom=is_custom)
            return msgspec.json.encode(stand_in).decode()
        said, self._said = self._written[self._said :], len(self._written)
        return said

    def conclude(self, stop: StopReason) -> None:
        """Take how the answer ended. Raises: BrokenArguments, for an object without an end."""
        if self.is_carried or object_of(self._written) is not None:
            return
        if stop not in _UNFINISHED or _is_broken(self._written):
            raise BrokenArguments(self._start.name)


def _is_broken(text: str) -> bool:
    """Whether nothing that follows could make an object of it."""
    try:
        _decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError) as error:
        return _CUT_OFF not in str(error)
    return False
