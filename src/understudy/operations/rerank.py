"""Rerank: a query and documents in, the documents' numbers and scores out, the best first."""

import msgspec


class RerankTask(msgspec.Struct, frozen=True):
    """`documents` are texts, or objects as the caller wrote them. `top`: no more results than that.

    `max_tokens` of each document are read.
    """

    query: str
    documents: tuple[str | msgspec.Raw, ...]
    top: int | None = None
    returns_documents: bool | None = None
    max_tokens: int | None = None
    truncate: bool | None = None


class Rank(msgspec.Struct, frozen=True):
    """`index` is the document's number in the request. `score` is its JSON, to the last digit."""

    index: int
    score: msgspec.Raw
    document: msgspec.Raw | None = None


class Ranked(msgspec.Struct, frozen=True):
    ranks: tuple[Rank, ...]

    def flaw(self, count: int) -> str | None:
        """Say what is wrong with an answer to `count` documents; None where nothing is."""
        seen = [rank.index for rank in self.ranks]
        if not seen:
            return "expected documents, found none"
        if len(set(seen)) != len(seen) or min(seen) < 0 or max(seen) >= count:
            return f"expected each of {count} documents at most once, found numbers {seen[:20]}"
        return None
