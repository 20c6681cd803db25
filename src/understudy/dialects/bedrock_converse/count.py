"""How tokens are counted: CountTokens, `/model/{modelId}/count-tokens`.

Source: the service model of botocore (bedrock-runtime, 2023-09-30): a request as for an answer
stands in `input.converse`, without what is about the answer; `{"inputTokens": 11}` comes back.
"""

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.bedrock_converse.address import WHOLE, write_path
from understudy.dialects.bedrock_converse.dialect import DIALECT
from understudy.dialects.bedrock_converse.schema import decode_raws, encode
from understudy.dialects.counting import Counts
from understudy.dialects.reading import Reader
from understudy.dialects.toplevel import read_object

METHOD = "/count-tokens"
PATH = "/model/{model}/count-tokens"
_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")
"""What is counted, and all that a count takes."""

_decode = msgspec.json.decode


class _Count(msgspec.Struct):
    inputTokens: int  # noqa: N815 - the vendor's word


def _inner(body: bytes, path: str) -> tuple[bytes, str]:
    """The request inside. Raises: InvalidRequest, also for one of InvokeModel's."""
    given = Reader(read_object(body)).need_object("input")
    inside = given.take("converse")
    if inside is None or not bytes(inside).startswith(b"{"):
        reason = "expected an object (bodies of InvokeModel are not counted here), found none"
        raise InvalidRequest(given.at("converse"), reason)
    plain, mark, query = path.partition("?")
    return bytes(inside), plain.removesuffix(METHOD) + WHOLE + mark + query


def _outer(body: bytes, endpoint: Endpoint) -> bytes:  # noqa: ARG001 - everywhere the same
    raws = decode_raws(body)
    counted = {name: raw for name, raw in raws.items() if name in _COUNTED}
    return encode({"input": {"converse": counted}})


def _path(endpoint: Endpoint) -> str:
    path, mark, query = write_path(endpoint, stream=False).partition("?")
    return path.removesuffix(WHOLE) + METHOD + mark + query


def _total(body: bytes) -> int:
    return _decode(body, type=_Count).inputTokens


def _answer(count: int) -> bytes:
    return encode(_Count(count))


COUNTS = Counts(DIALECT, (PATH,), _inner, _outer, _path, _total, _answer, differs=False)
