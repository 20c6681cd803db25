"""How tokens are counted: `/v1/messages/count_tokens`.

Source: platform.claude.com/docs/en/api/messages-count-tokens (2026): a request as for an answer,
without what is about the answer; `{"input_tokens": 2095}` comes back.
"""

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.dialects.anthropic_messages.dialect import DIALECT
from understudy.dialects.counting import Counts
from understudy.dialects.toplevel import read_object

METHOD = "/count_tokens"
_LIMIT = "max_tokens"
_OF_ANSWERS = frozenset(
    {
        _LIMIT,
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "metadata",
        "service_tier",
    }
)
"""What a count refuses."""

_encode = msgspec.json.encode
_decode = msgspec.json.decode


class _Count(msgspec.Struct):
    input_tokens: int


def _inner(body: bytes, path: str) -> tuple[bytes, str]:
    """A request for an answer has to say how long that may be."""
    raws = read_object(body)
    plain, mark, query = path.partition("?")
    asked = body if _LIMIT in raws else _encode({**raws, _LIMIT: 1})
    return asked, plain.removesuffix(METHOD) + mark + query


def _outer(body: bytes, endpoint: Endpoint) -> bytes:  # noqa: ARG001 - everywhere the same
    raws = read_object(body)
    return _encode({name: raw for name, raw in raws.items() if name not in _OF_ANSWERS})


def _path(endpoint: Endpoint) -> str:
    plain, mark, query = endpoint.path.partition("?")
    return plain + METHOD + mark + query


def _total(body: bytes) -> int:
    return _decode(body, type=_Count).input_tokens


def _answer(count: int) -> bytes:
    return _encode(_Count(count))


COUNTS = Counts(
    DIALECT,
    tuple(path + METHOD for path in DIALECT.chat_paths()),
    _inner,
    _outer,
    _path,
    _total,
    _answer,
    differs=False,
)
