"""Parts: the things that a message is made of. A sum type, told apart by class."""

from typing import TypeAlias

import msgspec


class Inline(msgspec.Struct, frozen=True, tag="inline"):
    """Bytes inside the request, as base64 text (never decoded on the way through)."""

    media_type: str
    data_base64: str


class Url(msgspec.Struct, frozen=True, tag="url"):
    url: str
    media_type: str | None = None


class FileRef(msgspec.Struct, frozen=True, tag="file"):
    """A file that a provider keeps; `producer` is the only one that can read it."""

    id: str
    producer: str


class InlineText(msgspec.Struct, frozen=True, tag="inline_text"):
    """A document given as plain text."""

    text: str


Source: TypeAlias = Inline | Url | FileRef | InlineText


class CacheHint(msgspec.Struct, frozen=True):
    """The caller asks that the prompt up to here be cached. `ttl` as spelled by the caller ("5m",
    "1h").
    """

    ttl: str | None = None


class Citation(msgspec.Struct, frozen=True):
    """A place that supports a span of text. `raw` keeps the vendor's own object for its own
    dialect.
    """

    title: str | None = None
    url: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    dialect: str | None = None
    raw: msgspec.Raw | None = None


class Text(msgspec.Struct, frozen=True, tag="text"):
    text: str
    cache: CacheHint | None = None
    citations: tuple[Citation, ...] = ()


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    text: str


class Image(msgspec.Struct, frozen=True, tag="image"):
    source: Source
    detail: str | None = None
    cache: CacheHint | None = None


class Document(msgspec.Struct, frozen=True, tag="document"):
    source: Source
    title: str | None = None
    context: str | None = None
    wants_citations: bool = False
    cache: CacheHint | None = None


class Audio(msgspec.Struct, frozen=True, tag="audio"):
    """Speech in (`source`), or spoken by the model (`id`, `transcript`)."""

    source: Source | None = None
    id: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning"):
    """What the model thought. Signature, encrypted payload and `id` go back to `producer` only."""

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    producer: str | None = None
    field: str | None = None
    id: str | None = None


class ToolCall(msgspec.Struct, frozen=True, tag="tool_call"):
    """`arguments` is the JSON text exactly as the model wrote it (or free text for a custom
    tool).
    """

    id: str
    name: str
    arguments: str
    is_custom: bool = False
    cache: CacheHint | None = None


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result"):
    call_id: str
    content: "tuple[Text | Image | Document | Opaque, ...]"
    name: str | None = None
    is_error: bool = False
    cache: CacheHint | None = None


class Opaque(msgspec.Struct, frozen=True, tag="opaque"):
    """A part that only `dialect` can say (a hosted tool's result, say): kept for it, a loss for
    others.
    """

    dialect: str
    kind: str
    raw: msgspec.Raw


Part: TypeAlias = (
    Text | Refusal | Image | Document | Audio | Reasoning | ToolCall | ToolResult | Opaque
)
