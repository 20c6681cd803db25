"""Rerank as Cohere, Jina and Voyage say it: three spellings of one request and one answer.

Sources: Cohere API reference, "Rerank API (v2)"; Jina AI, "Reranker API"; Voyage AI, "Rerankers
API" (all August 2026). Jina's is what most servers of one's own speak at /v1/rerank (vLLM, Text
Embeddings Inference, llama.cpp), and Cohere's first version differs from it in what it counts.
Voyage has the same path with other words, so its clients come in under its name: `/voyage/v1`.
"""

import math
from typing import NamedTuple

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    OperationDialect,
    foreign_extensions,
    integer,
    own_extensions,
)
from understudy.dialects.plain_errors import COHERE_ERRORS, DETAIL_ERRORS
from understudy.dialects.reading import Raws, Reader, expected, is_string, text_of
from understudy.dialects.toplevel import read_object, rename
from understudy.operations.kinds import Operation
from understudy.operations.rerank import Rank, Ranked, RerankTask
from understudy.operations.task import Expected
from understudy.operations.units import Units

_encode = msgspec.json.encode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str | None).decode
_NULL = msgspec.Raw(b"null")

MOST_DOCUMENTS = 10_000

A_SEARCH = 100
"""Documents of one search, as Cohere bills it (cohere.com/pricing, read on 2026-10-18); Amazon too.

A long document counts as several, which only the answer tells.
"""


class Spelling(NamedTuple):
    """What is called how. None: there is no word for it."""

    top: str
    returns_documents: str | None
    max_tokens: str | None
    truncate: str | None
    results: str = "results"
    wraps_documents: bool = False
    is_billed_by_search: bool = False


class RerankDialect(OperationDialect):
    operation = Operation.RERANK

    def __init__(
        self, name: str, paths: tuple[str, ...], spelling: Spelling, errors: ErrorShape
    ) -> None:
        self.name = name
        self.paths = paths
        self.errors = errors
        self._spelling = spelling

    @override
    def expected(self, request: Request) -> Expected:
        count = len(_task(request).documents)
        return Expected(count, units=Units(searches=math.ceil(count / A_SEARCH)))

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        words = self._spelling
        top = Reader(read_object(body))
        model, query = top.need_string("model"), top.need_string("query")
        raws = top.items("documents")
        if not raws or len(raws) > MOST_DOCUMENTS:
            reason = f"expected 1 to {MOST_DOCUMENTS} documents, found {len(raws)}"
            raise InvalidRequest("documents", reason)
        most = top.integer(words.top)
        if most is not None and most < 1:
            raise InvalidRequest(words.top, f"expected a positive number, found {most}")
        wanted = words.returns_documents
        task = RerankTask(
            query,
            tuple(_document(raw, number) for number, raw in enumerate(raws)),
            top=most,
            returns_documents=None if wanted is None else top.boolean(wanted),
            max_tokens=None if words.max_tokens is None else top.integer(words.max_tokens),
            truncate=None if words.truncate is None else top.boolean(words.truncate),
        )
        rest = top.rest()
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = _task(request)
        losses = foreign_extensions(request, self.name)
        body: dict[str, object] = {
            "model": endpoint.model,
            "query": task.query,
            "documents": task.documents,
        }
        words = self._spelling
        said = (
            (words.top, task.top, "top"),
            (words.returns_documents, task.returns_documents, "returns_documents"),
            (words.max_tokens, task.max_tokens, "max_tokens"),
            (words.truncate, task.truncate, "truncate"),
        )
        for word, value, name in said:
            if value is None:
                continue
            if word is not None:
                body[word] = value
            elif name != "returns_documents":  # which is done where the answer is written
                losses.append(Loss(f"task.{name}", "no word for it here"))
        body |= own_extensions(request, self.name)
        rename(body, endpoint.renames)
        return _encode(body), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("results", None) or tree.pop("data", None)
        if raw is None:
            raise Flawed("schema_violation", f"expected {self._spelling.results}, found nothing")
        try:
            ranks = tuple(_rank(row, number) for number, row in enumerate(_objects(raw)))
            billed = _inner(_inner(tree, "meta"), "billed_units")
            usage, searches = _usage(_inner(tree, "usage"), billed), integer(billed, "search_units")
            ident = _text(tree.pop("id", _NULL)) or ""
            model = _text(tree.pop("model", _NULL)) or ""
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected ranked documents ({error})") from None
        units = None if searches is None else Units(searches=searches)
        return Answer(Ranked(ranks), usage, ident, model, fields=tree, units=units)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        ranked = answer.result
        assert isinstance(ranked, Ranked)
        task = _task(request)
        rows = [self._row(rank, task) for rank in ranked.ranks[: task.top]]
        body: dict[str, object] = {"id": answer.id} if answer.id else {}
        if self._spelling.is_billed_by_search:
            body = {"id": answer.id, "results": rows, "meta": {"api_version": {"version": "2"}}}
        elif "meta" in answer.fields:  # as Cohere's first version has it
            body["results"] = rows
        else:
            count = 0 if answer.usage is None else answer.usage.prompt_tokens
            body |= {"object": "list", self._spelling.results: rows}
            body |= {"model": answer.model, "usage": {"total_tokens": count}}
        return _encode({**body, **answer.fields}), []

    def _row(self, rank: Rank, task: RerankTask) -> dict[str, object]:
        row: dict[str, object] = {"index": rank.index, "relevance_score": rank.score}
        document: object = rank.document
        if document is None and task.returns_documents and rank.index < len(task.documents):
            document = task.documents[rank.index]
        if document is not None and self._spelling.returns_documents is not None:
            row["document"] = self._wrapped(document)
        return row

    def _wrapped(self, document: object) -> object:
        """A text alone, or in an object, as this spelling has it; other objects stay."""
        tree = msgspec.json.decode(document) if isinstance(document, msgspec.Raw) else document
        if self._spelling.wraps_documents and isinstance(tree, str):
            return {"text": document}
        if not self._spelling.wraps_documents and isinstance(tree, dict) and [*tree] == ["text"]:
            return tree["text"]
        return document


def _task(request: Request) -> RerankTask:
    task = request.task
    assert isinstance(task, RerankTask), "admission lets no other operation through"
    return task


def _document(raw: msgspec.Raw, number: int) -> str | msgspec.Raw:
    if is_string(raw):
        return text_of(raw)
    if bytes(raw).startswith(b"{"):
        return raw
    raise expected("a string or an object", raw, f"documents[{number}]")


def _rank(row: dict[str, msgspec.Raw], number: int) -> Rank:
    score = row.get("relevance_score")
    index = integer(row, "index")
    if score is None or index is None:
        raise Flawed("schema_violation", f"results[{number}]: expected an index and a score")
    msgspec.json.decode(score, type=float)
    document = row.get("document")
    return Rank(index, score, None if document is None or document == _NULL else document)


def _inner(tree: Raws, name: str) -> Raws:
    raw = tree.get(name)
    return {} if raw is None or raw == _NULL else _raws(raw)


def _usage(usage: Raws, billed: Raws) -> Usage | None:
    """The tokens read. Searches are none."""
    counts = (integer(usage, "total_tokens"), integer(billed, "input_tokens"))
    return next((Usage(input_tokens=count) for count in counts if count is not None), None)


_COHERE = Spelling("top_n", None, "max_tokens_per_doc", None, is_billed_by_search=True)
_JINA = Spelling("top_n", "return_documents", None, "truncation", wraps_documents=True)
_VOYAGE = Spelling("top_k", "return_documents", None, "truncation", results="data")

COHERE = RerankDialect("cohere_rerank", ("/v2/rerank",), _COHERE, COHERE_ERRORS)
JINA = RerankDialect("jina_rerank", ("/v1/rerank", "/rerank"), _JINA, DETAIL_ERRORS)
VOYAGE = RerankDialect("voyage_rerank", ("/voyage/v1/rerank",), _VOYAGE, DETAIL_ERRORS)
