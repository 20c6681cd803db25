"""Embeddings: texts in, vectors out, and the space that makes two vectors comparable."""

import enum

import msgspec

from understudy.operations.vectors import BASE64, FLOAT, Vector, length


class Space(msgspec.Struct, frozen=True):
    """Which vectors may be compared: those of one model, revision, dimension and normalisation.

    `name` says model and revision (`openai/text-embedding-3-small`), whoever serves it. `dimension`
    is that of an answer whose request asked for none. None: not known, and equal to nothing known.
    """

    name: str
    dimension: int | None = None
    is_normalised: bool | None = None

    def text(self, dimension: int | None) -> str:
        """The space of vectors of that length, for people and header fields."""
        size = dimension or self.dimension
        parts = [self.name]
        if size is not None:
            parts.append(f"dimension={size}")
        if self.is_normalised is not None:
            parts.append(f"normalised={'yes' if self.is_normalised else 'no'}")
        return ";".join(parts)


class Purpose(enum.Enum):
    """What the vectors are for, where a model makes others for each purpose."""

    QUERY = "query"
    DOCUMENT = "document"
    CLASSIFICATION = "classification"
    CLUSTERING = "clustering"
    SIMILARITY = "similarity"
    QUESTION = "question"
    FACT = "fact"
    CODE = "code"


class Truncate(enum.Enum):
    """What to do with an input that is too long."""

    NONE = "none"
    START = "start"
    END = "end"


class Item(msgspec.Struct, frozen=True):
    """One input, for which there will be one vector: texts, or tokens, or media by URL."""

    texts: tuple[str, ...] = ()
    tokens: tuple[int, ...] | None = None
    media: tuple[str, ...] = ()
    title: str | None = None


class EmbedTask(msgspec.Struct, frozen=True):
    """`is_list`: the caller gave a list, if of one. `dtypes` are those of `vectors.DTYPES`."""

    items: tuple[Item, ...]
    is_list: bool = True
    dimensions: int | None = None
    dtypes: tuple[str, ...] = (FLOAT,)
    purpose: Purpose | None = None
    truncate: Truncate | None = None


class Embedded(msgspec.Struct, frozen=True):
    """One vector for each input, in the order of the inputs."""

    vectors: tuple[Vector, ...]

    @property
    def dimension(self) -> int | None:
        """How long the vectors are; None where nothing shows it."""
        for vector in self.vectors[:1]:
            for dtype in (FLOAT, BASE64):
                if dtype in vector:
                    return length(vector[dtype])
        return None
