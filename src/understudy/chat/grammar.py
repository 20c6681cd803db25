"""The grammar of answers as a machine: says where a stream of events breaks it.

stream = Started part* (Finished | Failed)
part = PartStarted PartDelta* PartEnded, interleaved by index
`Failed` may stand anywhere, also first; nothing follows it or `Finished`.
"""

from typing import assert_never

from understudy.chat.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartStarted,
    Started,
)


class GrammarError(Exception):
    """A decoder said something that no answer can say: our bug."""


class Grammar:
    """Feed every event to `receive`; `complete` says whether the stream may stop here."""

    def __init__(self) -> None:
        self.started = False
        self.complete = False
        self._open: set[int] = set()
        self._seen: set[int] = set()

    def receive(self, event: Event) -> None:
        """Raises: GrammarError."""
        self._require(not self.complete, "nothing may follow the end", event)
        match event:
            case Started():
                self._require(not self.started, "an answer starts once", event)
                self.started = True
            case PartStarted(index=index):
                self._require(self.started, "a part stands inside an answer", event)
                self._require(index not in self._seen, "an index is used once", event)
                self._seen.add(index)
                self._open.add(index)
            case PartDelta(index=index):
                self._require(index in self._open, "a delta belongs to an open part", event)
            case PartEnded(index=index):
                self._require(index in self._open, "only an open part ends", event)
                self._open.discard(index)
            case Finished():
                self._require(self.started, "an answer starts before it ends", event)
                self._require(not self._open, "every part ends before the answer does", event)
                self.complete = True
            case Failed():
                self.complete = True
            case _:
                assert_never(event)

    @staticmethod
    def _require(holds: bool, rule: str, event: Event) -> None:  # noqa: FBT001
        if not holds:
            raise GrammarError(f"{rule}: {event!r}")
