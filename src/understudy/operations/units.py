"""Units: what is billed besides tokens. Counted from an answer, or from what was asked for."""

import msgspec


class Units(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one request comes to, by each measure that some provider bills by.

    `searches`: queries of a rerank, each over up to 100 documents. `characters`: of a text that is
    read out. `seconds`: of sound that is written down.
    """

    searches: int = 0
    pictures: int = 0
    characters: int = 0
    seconds: float = 0.0


NOTHING = Units()
