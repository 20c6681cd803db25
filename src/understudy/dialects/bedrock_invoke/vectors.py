"""Embeddings through InvokeModel: bodies of Titan and Cohere, which have a dialect of their own.

Titan's words for vectors are those of its texts; see `labs` for how they are told apart.
"""

import msgspec
from typing_extensions import override

from understudy.chat.request import Request
from understudy.dialects.aws import quote
from understudy.dialects.bedrock_invoke.body import Address, Body, Inside
from understudy.dialects.toplevel import Raws

_encode = msgspec.json.encode
_COHERE = frozenset({"texts", "images", "inputs"})
_TITAN = frozenset({"dimensions", "normalize", "embeddingTypes"})


class Vectors(Body):
    name = "vectors"

    @override
    def fits(self, raws: Raws, address: Address) -> bool:
        if "inputText" not in raws:
            return "input_type" in raws and not raws.keys().isdisjoint(_COHERE)
        return "embed" in address.model or not raws.keys().isdisjoint(_TITAN)

    @override
    def opened(self, raws: Raws, address: Address) -> Inside:
        return Inside(_encode(raws), f"/model/{quote(address.model)}/invoke", {})

    @override
    def answers(self, tree: Raws) -> bool:
        return "embedding" in tree or "embeddings" in tree

    @override
    def whole(self, body: bytes, request: Request) -> bytes:
        return body

    @override
    def heard_whole(self, body: bytes) -> bytes:
        return body
