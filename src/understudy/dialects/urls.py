"""URLs of pictures and documents: those that hold their bytes, and those that name them."""

from understudy.chat.parts import Inline, Url


def source_of(url: str) -> Inline | Url:
    """A data: URL holds its bytes (RFC 2397); any other names them."""
    if url.startswith("data:"):
        head, comma, data = url.partition(",")
        if comma and head.endswith(";base64"):
            return Inline(head[len("data:") : -len(";base64")], data)
    return Url(url)


def url_of(source: Inline | Url) -> str:
    """The other way."""
    if isinstance(source, Url):
        return source.url
    return f"data:{source.media_type};base64,{source.data_base64}"
