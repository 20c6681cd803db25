"""How tokens are counted: `countTokens`.

Source: ai.google.dev/api/tokens, "CountTokens" (2026): the body has `contents`, or a whole
`generateContentRequest` with its model; on Vertex it is a request as for an answer
(cloud.google.com/vertex-ai/docs/reference/rest, "countTokens").
"""

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.counting import Counts
from understudy.dialects.gemini_generate.address import BASES, WHOLE, write_path
from understudy.dialects.gemini_generate.dialect import DIALECT
from understudy.dialects.gemini_generate.files import VERTEX
from understudy.dialects.gemini_generate.schema import (
    Raw,
    camel,
    decode_any,
    decode_raws,
    encode,
)
from understudy.dialects.toplevel import read_object

METHOD = ":countTokens"
_WRAPPED = "generateContentRequest"
_COUNTED = ("contents", "systemInstruction", "tools", "generationConfig")
"""What Vertex takes."""


def _inner(body: bytes, path: str) -> tuple[bytes, str]:
    top = camel(read_object(body))
    inside = top.get(_WRAPPED)
    if inside is not None and not bytes(inside).startswith(b"{"):
        raise InvalidRequest(_WRAPPED, "expected an object, found another value")
    plain, mark, query = path.partition("?")
    counted = body if inside is None else bytes(inside)
    return counted, plain.removesuffix(METHOD) + WHOLE + mark + query


def _outer(body: bytes, endpoint: Endpoint) -> bytes:
    raws = decode_raws(body)
    if endpoint.producer == VERTEX:
        return encode({name: raw for name, raw in raws.items() if name in _COUNTED})
    model = Raw(encode(f"models/{endpoint.model.removeprefix('models/')}"))
    return encode({_WRAPPED: {"model": model, **raws}})


def _path(endpoint: Endpoint) -> str:
    path, mark, query = write_path(endpoint, stream=False).partition("?")
    return path.removesuffix(WHOLE) + METHOD + mark + query


def _total(body: bytes) -> int:
    return msgspec.convert(decode_any(decode_raws(body)["totalTokens"]), int, strict=False)


def _answer(count: int) -> bytes:
    return encode({"totalTokens": count})


COUNTS = Counts(
    DIALECT, tuple(base + METHOD for base in BASES), _inner, _outer, _path, _total, _answer
)
