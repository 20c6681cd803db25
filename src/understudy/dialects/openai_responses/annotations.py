"""Annotations of a text: places that support it.

Source: OpenAI API reference, "The response object", output_text (2026).
"""

import msgspec

from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Citation
from understudy.dialects.openai_responses.schema import NAME, Raw


class _Annotation(msgspec.Struct, gc=False):
    type: str = ""
    url: str | None = None
    title: str | None = None
    filename: str | None = None
    start_index: int | None = None
    end_index: int | None = None


_decode = msgspec.json.Decoder(_Annotation).decode


def read_annotation(raw: Raw) -> Citation:
    """Raises: MsgspecError for what is none."""
    seen = _decode(raw)
    return Citation(
        title=seen.title or seen.filename,
        url=seen.url,
        start=seen.start_index,
        end=seen.end_index,
        dialect=NAME,
        raw=Raw(bytes(raw)),
    )


def annotation_losses(citation: Citation, where: str) -> list[Loss]:
    """What becomes of a citation of the part at `where`: only one of this dialect keeps all."""
    if citation.dialect == NAME and citation.raw is not None:
        return []
    if citation.url is None:
        return [Loss(f"{where}.citations", "only citations of a URL can be said")]
    if citation.quote is None:
        return []
    reason = "said without the words that it quotes"
    return [Loss(f"{where}.citations", reason, Change.CHANGED)]


def write_annotation(citation: Citation) -> Raw | dict[str, object] | None:
    """A citation as this dialect says it; None where it cannot."""
    if citation.dialect == NAME and citation.raw is not None:
        return citation.raw
    if citation.url is None:
        return None
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }
