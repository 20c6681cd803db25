"""How tokens are counted, `/v1/responses/input_tokens`, and a conversation is made shorter,
`/v1/responses/compact`.

Source: OpenAI API reference, "Get input token counts" and "Compact a response", and the types of
its official client 2.x (November 2026). A count answers with its `object` and `input_tokens`; what
is compacted is hidden in an item that its maker alone can read, so nobody else can stand in.
"""

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.usage import Usage
from understudy.dialects.counting import Counts
from understudy.dialects.openai_responses.dialect import DIALECT
from understudy.dialects.openai_responses.usage import read_usage
from understudy.dialects.toplevel import read_object

_COUNT, _COMPACT = "/input_tokens", "/compact"
_OF_COUNTS = frozenset(
    {
        "conversation",
        "input",
        "instructions",
        "model",
        "parallel_tool_calls",
        "previous_response_id",
        "reasoning",
        "text",
        "tool_choice",
        "tools",
        "truncation",
    }
)
"""What a count takes of a request."""
_OF_COMPACTIONS = frozenset({"input", "instructions", "model", "previous_response_id"})
"""What a compaction takes of a request that had to be written anew."""

_encode = msgspec.json.encode
_decode = msgspec.json.decode


class _Count(msgspec.Struct):
    input_tokens: int
    object: str = "response.input_tokens"


class _Compaction(msgspec.Struct):
    output: list[msgspec.Raw]
    usage: msgspec.Raw = msgspec.Raw(b"null")


def _inner(body: bytes, path: str) -> tuple[bytes, str]:
    plain, mark, query = path.partition("?")
    return body, plain.rpartition("/")[0] + mark + query


def _count_of(body: bytes, endpoint: Endpoint) -> bytes:  # noqa: ARG001 - everywhere the same
    return _only(body, _OF_COUNTS)


def _compaction_of(body: bytes, endpoint: Endpoint) -> bytes:  # noqa: ARG001
    return _only(body, _OF_COMPACTIONS)


def _only(body: bytes, fields: frozenset[str]) -> bytes:
    return _encode({name: raw for name, raw in read_object(body).items() if name in fields})


def _count_path(endpoint: Endpoint) -> str:
    return _beneath(endpoint, _COUNT)


def _compact_path(endpoint: Endpoint) -> str:
    return _beneath(endpoint, _COMPACT)


def _beneath(endpoint: Endpoint, leaf: str) -> str:
    plain, mark, query = endpoint.path.partition("?")
    return plain + leaf + mark + query


def _total(body: bytes) -> int:
    return _decode(body, type=_Count).input_tokens


def _answer(count: int) -> bytes:
    return _encode(_Count(count))


def _items(body: bytes) -> int:
    return len(_decode(body, type=_Compaction).output)


def _usage(body: bytes) -> Usage | None:
    return read_usage(_decode(body, type=_Compaction).usage)


COUNTS = Counts(
    DIALECT,
    tuple(path + _COUNT for path in DIALECT.chat_paths()),
    _inner,
    _count_of,
    _count_path,
    _total,
    _answer,
    differs=False,
)

COMPACTS = Counts(
    DIALECT,
    tuple(path + _COMPACT for path in DIALECT.chat_paths()),
    _inner,
    _compaction_of,
    _compact_path,
    _items,
    None,
    differs=False,
    wanted="a compaction",
    usage=_usage,
)
