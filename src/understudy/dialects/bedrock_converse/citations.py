"""Citations, read (Amazon Bedrock API reference, "Citation", "CitationsDelta", 2026)."""

from understudy.chat.parts import Citation
from understudy.dialects.bedrock_converse.schema import (
    NAME,
    Raw,
    decode_raws,
    inner,
    items,
    word,
)

_WEB = ("http://", "https://")


def read_citation(raw: Raw) -> Citation:
    """A citation; its positions are in the cited document, so they stay in `raw`."""
    raws = decode_raws(raw)
    url = word(inner(inner(raws.get("location")).get("web")).get("url"))
    source = word(raws.get("source"))
    quoted = "".join(
        word(decode_raws(each).get("text")) for each in items(raws.get("sourceContent"))
    )
    return Citation(
        title=word(raws.get("title")) or None,
        url=url or (source if source.startswith(_WEB) else None),
        quote=quoted or None,
        dialect=NAME,
        raw=Raw(bytes(raw)),
    )
