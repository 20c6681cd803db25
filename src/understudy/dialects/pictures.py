"""Types of pictures: each vendor sees few, and answers others with 400; drawings (SVG) nobody sees.

Sources (2026): OpenAI "Images and vision", Gemini API "Image understanding", Cohere "Image inputs",
Ollama's server (the formats that its decoder knows). What a host of OpenAI's dialect sees is among
its `Limits`; Claude's and Bedrock's types are known where their blocks are written.
"""

from collections.abc import Mapping
from types import MappingProxyType

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import Inline, Source, Url

_START = "image/"
_DRAWING = "svg+xml"
_SEEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "gemini_generate": frozenset({"png", "jpeg", "webp", "heic", "heif"}),
        "cohere_chat": frozenset({"png", "jpeg", "webp", "gif"}),
        "ollama_chat": frozenset({"png", "jpeg", "webp"}),
    }
)
_OTHER_WORDS = {"jpg": "jpeg", "pjpeg": "jpeg", "svg": _DRAWING}


def unseen(source: Source, endpoint: Endpoint) -> str | None:
    """The type of a picture that `endpoint` does not see; None where it does, or nobody knows."""
    kind = _kind(source)
    if kind is None:
        return None
    seen = _SEEN.get(endpoint.dialect) or endpoint.limits.pictures
    is_seen = kind in seen if seen else kind != _DRAWING
    return None if is_seen else _START + kind[:40]


def spelled(source: Source) -> Source:
    """A picture whose type has its registered name (`image/jpg` has none)."""
    if not isinstance(source, Inline) or not source.media_type.startswith(_START):
        return source
    kind = _kind(source)
    return source if kind is None else Inline(_START + kind, source.data_base64)


def _kind(source: Source) -> str | None:
    media: str | None = None
    if isinstance(source, Inline):
        media = source.media_type
    elif isinstance(source, Url):
        media = source.media_type
        if source.url.startswith("data:"):
            media = source.url[len("data:") : 100].partition(",")[0]
    plain = (media or "").partition(";")[0].strip().lower()
    if not plain.startswith(_START):
        return None
    kind = plain[len(_START) :]
    return _OTHER_WORDS.get(kind, kind)
