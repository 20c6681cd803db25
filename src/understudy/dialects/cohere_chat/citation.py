"""Citations: spans of an answer, and the documents and tools that support them.

Source: docs.cohere.com, "RAG citations", and `Citation` of the official SDK (November 2026).
"""

from understudy.chat.parts import Citation
from understudy.dialects.cohere_chat.schema import NAME, Raw, decode_tree

Object = dict[str, object]

PLAN_KIND = "PLAN"
THOUGHT_KIND = "THINKING_CONTENT"
_KIND = "TEXT_CONTENT"


def read_citation(raw: Raw) -> Citation:
    """Read a citation; its first document's words are those that others can say.

    Raises: MsgspecError where it is no object.
    """
    tree = decode_tree(raw)
    sources = tree.get("sources")
    documents = [
        source.get("document")
        for source in (sources if isinstance(sources, list) else [])
        if isinstance(source, dict)
    ]
    found = next((each for each in documents if isinstance(each, dict)), {})
    return Citation(
        title=_text(found.get("title")),
        url=_text(found.get("url")),
        quote=_text(found.get("text")) or _text(found.get("snippet")),
        start=_place(tree.get("start")),
        end=_place(tree.get("end")),
        dialect=NAME,
        raw=raw,
    )


def place_of(citation: Citation) -> tuple[int | None, str]:
    """In which block of content a citation of this dialect stands, if it says so; its kind."""
    tree = {} if citation.raw is None else decode_tree(citation.raw)
    return _place(tree.get("content_index")), str(tree.get("type") or _KIND)


def belongs(citation: Citation, block: int, *, is_thought: bool) -> bool:
    """Whether a citation is one of a block. One that does not say is of the first of its kind."""
    found, kind = place_of(citation)
    if kind == PLAN_KIND:
        return False
    return (kind == THOUGHT_KIND) is is_thought if found is None else found == block


def write_citation(citation: Citation, text: str, *, block: int, number: int) -> object:
    """Say a citation of `text`, the words of block number `block` so far."""
    if citation.dialect == NAME and citation.raw is not None:
        return citation.raw
    start, end = citation.start, citation.end
    if start is None or end is None or end > len(text):
        start, end = 0, len(text)
    document: Object = {"id": f"doc:{number}"}
    for name, value in (
        ("title", citation.title),
        ("url", citation.url),
        ("text", citation.quote),
    ):
        if value is not None:
            document[name] = value
    source = {"type": "document", "id": document["id"], "document": document}
    said: Object = {"start": start, "end": end, "text": text[start:end], "sources": [source]}
    return {**said, "content_index": block, "type": _KIND}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _place(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
