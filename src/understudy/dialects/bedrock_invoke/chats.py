"""Chat completions: OpenAI's gpt-oss, Qwen, DeepSeek V3, Jamba, and Mistral's chat models.

Mistral and DeepSeek say `stop_reason` where OpenAI says `finish_reason`; a route's name does not
tell whose client asks, so answers say both.

Sources: Amazon Bedrock user guide, "OpenAI models", "Mistral AI chat completion", "DeepSeek models"
(2026).
"""

import msgspec
from typing_extensions import override

from understudy.chat.request import Request
from understudy.dialects.bedrock_invoke.body import Address, Body, Inside, frames_of, written
from understudy.dialects.bedrock_invoke.chunks import METRICS
from understudy.dialects.toplevel import Raws

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(Raws).decode
_list = msgspec.json.Decoder(list[Raws]).decode
_ENDED = b'"finish_reason":"'
_NULL = b"null"


class Chats(Body):
    name = "chat"

    @override
    def fits(self, raws: Raws, address: Address) -> bool:
        """Claude's bodies look the same without the version that they must have."""
        return "messages" in raws and "claude" not in address.model

    @override
    def opened(self, raws: Raws, address: Address) -> Inside:
        fields = {name: raw for name, raw in raws.items() if name not in {"model", "stream"}}
        return Inside(written(fields, address), "", {})

    @override
    def answers(self, tree: Raws) -> bool:
        head = bytes(tree.get("choices", b""))
        return b'"message"' in head or b'"delta"' in head

    @override
    def whole(self, body: bytes, request: Request) -> bytes:
        return _both(body)

    @override
    def heard_whole(self, body: bytes) -> bytes:
        return _one(body)

    @override
    def events(self, said: bytes) -> list[bytes]:
        return [_both(event) for event in frames_of(said)]

    @override
    def framed(self, event: bytes) -> bytes:
        return super().framed(_one(event))


def _both(body: bytes) -> bytes:
    """Let an answer that ends say so by both names."""
    if _ENDED not in body:
        return body
    tree = _raws(body)
    for choice in (choices := _list(tree["choices"])):
        if bytes(choice.get("finish_reason", _NULL)) != _NULL:
            choice["stop_reason"] = choice["finish_reason"]
    return _encode({**tree, "choices": choices})


def _one(body: bytes) -> bytes:
    """Let it say so by OpenAI's name alone, and leave out what the envelope counted."""
    tree = {name: raw for name, raw in _raws(body).items() if name != METRICS}
    for choice in (choices := _list(tree["choices"])):
        reason = choice.pop("stop_reason", None)
        choice.setdefault("finish_reason", reason or msgspec.Raw(_NULL))
    return _encode({**tree, "choices": choices})
