"""Rerank through InvokeModel: bodies of Cohere and Amazon, which have a dialect of their own."""

import msgspec
from typing_extensions import override

from understudy.chat.request import Request
from understudy.dialects.aws import quote
from understudy.dialects.bedrock_invoke.body import Address, Body, Inside
from understudy.dialects.toplevel import Raws

_encode = msgspec.json.encode
_RANKS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


class Ranks(Body):
    name = "ranks"

    @override
    def fits(self, raws: Raws, address: Address) -> bool:
        return "query" in raws and "documents" in raws

    @override
    def opened(self, raws: Raws, address: Address) -> Inside:
        return Inside(_encode(raws), f"/model/{quote(address.model)}/invoke", {})

    @override
    def answers(self, tree: Raws) -> bool:
        """Titan's texts say `results`, too."""
        rows = _RANKS(tree.get("results", msgspec.Raw(b"[]")))
        return any("relevance_score" in row for row in rows)

    @override
    def whole(self, body: bytes, request: Request) -> bytes:
        return body

    @override
    def heard_whole(self, body: bytes) -> bytes:
        return body
