"""The envelope of a request: what the path says and the body does not, and the other way round."""

from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.aws import quote
from understudy.dialects.bedrock_invoke.body import Address, written
from understudy.dialects.paths import matched
from understudy.dialects.toplevel import Raws, read_object

NAME = "bedrock_invoke"
VERSION = "anthropic_version"
CURRENT = b'"bedrock-2023-05-31"'
"""What every model takes here; the models of this API refuse later ones (Claude docs, "Claude on
Amazon Bedrock", 2026)."""

BETA = "anthropic_beta"
OUTSIDE = frozenset({VERSION, BETA})
"""Fields that the dialect inside knows as header fields, or not at all."""

_STREAM = "/invoke-with-response-stream"
_WHOLE = "/invoke"
PATHS = ("/model/{model}/invoke", "/model/{model}/invoke-with-response-stream")

_encode = msgspec.json.encode


class Opened(NamedTuple):
    """A body as the dialect inside has it, and what stood outside of that."""

    body: bytes
    outside: Raws


def read_path(path: str) -> Address:
    """The model, and whether to stream; nobody names one where there is no path.

    Raises: InvalidRequest for a path that names no model.
    """
    plain = path.partition("?")[0]
    found = matched(plain, PATHS)
    if found is None and "/model/" in plain:  # behind a base address of its own
        found = matched("/model/" + plain.partition("/model/")[2], PATHS)
    if found is None and path:
        raise InvalidRequest("modelId", "expected the name of a model in the path, found none")
    return Address("" if found is None else found["model"], plain.endswith(_STREAM))


def write_path(endpoint: Endpoint, *, stream: bool) -> str:
    """Fill the model into an endpoint's path, whatever operation it was written for."""
    path, mark, query = endpoint.path.partition("?")
    for operation in (_STREAM, _WHOLE):
        path = path.removesuffix(operation)
    path = path.replace("{model}", quote(endpoint.model))
    return path + (_STREAM if stream else _WHOLE) + mark + query


def opened(raws: Raws, address: Address) -> Opened:
    """Take an Anthropic body out of its envelope. Raises: InvalidRequest."""
    if VERSION not in raws:
        reason = (
            "expected the version of an Anthropic body, or a body of another lab: found neither"
        )
        raise InvalidRequest(VERSION, reason)
    for name in ("model", "stream"):
        if name in raws:
            raise InvalidRequest(name, "expected it in the path, found it in the body")
    outside = {name: raw for name, raw in raws.items() if name in OUTSIDE}
    rest = {name: raw for name, raw in raws.items() if name not in OUTSIDE}
    return Opened(written(rest, address), outside)


def closed(body: bytes, outside: Raws) -> bytes:
    """Put a body of the dialect inside into its envelope."""
    raws = read_object(body)
    for name in ("model", "stream"):
        raws.pop(name, None)
    return _encode({VERSION: msgspec.Raw(CURRENT), **outside, **raws})
