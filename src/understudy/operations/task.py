"""What is asked for besides chat, what is answered, and whether the one answers the other."""

from typing import TypeAlias, assert_never

import msgspec

from understudy.operations.audio import Heard, SpeechTask, Spoken, TranscriptionTask
from understudy.operations.embeddings import Embedded, EmbedTask, Space
from understudy.operations.files import Filed, FileTask
from understudy.operations.images import Drawn, ImageTask
from understudy.operations.moderation import Moderated, ModerationTask
from understudy.operations.rerank import Ranked, RerankTask
from understudy.operations.units import NOTHING, Units

Task: TypeAlias = (
    EmbedTask | RerankTask | ModerationTask | ImageTask | TranscriptionTask | SpeechTask | FileTask
)
Result: TypeAlias = Embedded | Ranked | Moderated | Drawn | Heard | Spoken | Filed


class Expected(msgspec.Struct, frozen=True):
    """What an answer must look like: for how many inputs; vectors how long (None: as the model has
    them). `least`: pictures that a stream must have brought, since nothing else tells its end.
    `units`: what it will be billed by besides tokens, as far as the request tells.
    """

    count: int
    dimension: int | None = None
    least: int = 1
    units: Units = NOTHING

    def flaw(self, result: Result, space: Space | None) -> str | None:
        """Say what is wrong with an answer; None where nothing is."""
        match result:
            case Embedded():
                return self._vectors(result, space)
            case Ranked():
                return result.flaw(self.count)
            case Moderated(verdicts=verdicts):
                found = len(verdicts)
                wrong = f"expected {self.count} verdicts, found {found}"
                return None if found == self.count else wrong
            case Drawn(pictures=pictures):
                found = len(pictures)
                wrong = f"expected {self.least} pictures, found {found}"
                return None if found >= self.least else wrong
            case Heard() | Filed():
                return None  # silence has no words, and a file may be empty
            case Spoken(sound=sound):
                return None if sound.octets else "expected sound, found nothing"
            case _:
                assert_never(result)

    def came_to(self, result: Result | None) -> Units:
        """What an answer is billed by where its provider does not say it."""
        if not isinstance(result, Drawn):
            return self.units
        return msgspec.structs.replace(self.units, pictures=len(result.pictures))

    def _vectors(self, embedded: Embedded, space: Space | None) -> str | None:
        found = len(embedded.vectors)
        if found != self.count:
            return f"expected {self.count} vectors, found {found}"
        wanted = self.dimension
        if wanted is None and space is not None:
            wanted = space.dimension
        size = embedded.dimension
        if wanted is not None and size is not None and size != wanted:
            return f"expected vectors of dimension {wanted}, found {size}"
        return None
