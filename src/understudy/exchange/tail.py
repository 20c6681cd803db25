"""The tail: the unfinished word at the end of a stream, held back while it may yet break.

Models cut text into tokens differently, so a text that ends inside a word ("un", "3.") is a bad
place for another model to go on from. Where an answer may be continued elsewhere, frames of an
unfinished word therefore wait for the next white space; when the answer breaks, they are dropped,
and the continuation says the word anew. It costs one word's delay, and only on such routes. The
first content of an answer is never held back.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from understudy.chat.events import Event, PartDelta, PartKind, PartStarted

Frame: TypeAlias = tuple[bytes, Sequence[Event]]

MAX_CHARS: Final = 64
"""A longer word (an address, base64) is not waited for."""

_IDEOGRAPHS: Final = 0x2E80
"""From here on Unicode has scripts that mostly put no spaces between words."""


class Tail:
    """`push` frames in order; what it returns may be sent."""

    def __init__(self) -> None:
        self._held: list[Frame] = []
        self._chars = 0
        self._texts: set[int] = set()

    def notice(self, events: Sequence[Event]) -> None:
        """Learn which parts are plain text: nothing else is ever continued, or held back."""
        for event in events:
            if type(event) is PartStarted and event.kind is PartKind.TEXT:
                self._texts.add(event.index)

    def push(self, raw: bytes, events: Sequence[Event]) -> list[Frame]:
        """Take one frame; returns those that end a word, or that are no text, and all before."""
        frame = (raw, events)
        text = self._text(events)
        if not text:
            self.notice(events)
            return [*self.flush(), frame]
        ready = self.flush() if _parts_words(text[0]) else []
        self._held.append(frame)
        self._chars += len(text)
        if _parts_words(text[-1]) or self._chars > MAX_CHARS:
            ready.extend(self.flush())
        return ready

    def flush(self) -> list[Frame]:
        """Give up what is held, to be sent."""
        held, self._held = self._held, []
        self._chars = 0
        return held

    def drop(self) -> None:
        """Forget what is held: the answer goes on elsewhere, from before it."""
        self.flush()

    def _text(self, events: Sequence[Event]) -> str:
        """The plain text of a frame that says nothing else; "" for any other frame."""
        text = ""
        for event in events:
            if type(event) is not PartDelta or event.index not in self._texts:
                return ""
            text += event.text
        return text


def _parts_words(char: str) -> bool:
    return char.isspace() or ord(char) >= _IDEOGRAPHS
