"""Amazon Nova: Converse's words, as JSON, each event in an object named by what it is.

Sources: Amazon Nova user guide, "Complete request schema"; Nova 2, "Request and response schema"
(2026): `topK` and `reasoningConfig` stand in `inferenceConfig`, where Converse has no place for
them; what a cache did is counted in `...TokenCount`.
"""

import msgspec
from typing_extensions import override

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import Request
from understudy.dialects.bedrock_invoke.body import Address, Body, Inside
from understudy.dialects.toplevel import Raws
from understudy.wire.eventstream import EventStreamDecoder, encode_headers, frame

_OWN = frozenset({"schemaVersion", "inferenceConfig", "toolConfig"})
_MORE = "additionalModelRequestFields"
_COUNTS = {
    "cacheReadInputTokens": "cacheReadInputTokenCount",
    "cacheWriteInputTokens": "cacheWriteInputTokenCount",
}
_HEARD = {said: word for word, said in _COUNTS.items()}
_EVENTS = frozenset({"messageStart", "contentBlockStart", "contentBlockDelta", "metadata"})

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(Raws).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Nova(Body):
    name = "nova"
    streamed_as = ((b"content-type", b"application/vnd.amazon.eventstream"),)

    @override
    def fits(self, raws: Raws, address: Address) -> bool:
        return bool(_OWN & raws.keys()) or ("messages" in raws and _has_blocks(raws["messages"]))

    @override
    def opened(self, raws: Raws, address: Address) -> Inside:
        fields: dict[str, object] = {
            name: raw for name, raw in raws.items() if name != "schemaVersion"
        }
        if "inferenceConfig" in raws:
            fields |= _inference(raws)
        last = "converse-stream" if address.stream else "converse"
        return Inside(_encode(fields), f"/model/m/{last}", {})

    @override
    def answers(self, tree: Raws) -> bool:
        return not tree.keys().isdisjoint(_EVENTS) or {"output", "stopReason"} <= tree.keys()

    @override
    def whole(self, body: bytes, request: Request) -> bytes:
        return _renamed(body, _COUNTS)

    @override
    def heard_whole(self, body: bytes) -> bytes:
        return _renamed(body, _HEARD)

    @override
    def events(self, said: bytes) -> list[bytes]:
        events = []
        for message in EventStreamDecoder().receive_data(said):
            name = message.header(":event-type")
            payload = message.payload
            if name == "metadata":
                payload = _renamed(payload, _COUNTS)
            events.append(b'{"%b":%b}' % (name.encode(), payload))
        return events

    @override
    def framed(self, event: bytes) -> bytes:
        name, payload = next(iter(_raws(event).items()))
        headers = encode_headers(
            (
                (":event-type", name),
                (":content-type", "application/json"),
                (":message-type", "event"),
            )
        )
        data = bytes(payload)
        return frame(headers, _renamed(data, _HEARD) if name == "metadata" else data)


def _has_blocks(raw: msgspec.Raw) -> bool:
    """Whether a message's content is blocks as Converse has them, which say no type."""
    try:
        blocks = [
            _raws(block) for each in _list(raw)[:1] for block in _list(_raws(each)["content"])[:1]
        ]
    except (msgspec.MsgspecError, KeyError):
        return False
    return bool(blocks) and "type" not in blocks[0]


def _inference(raws: Raws) -> dict[str, object]:
    """`inferenceConfig` as Converse has it, and what goes beside it."""
    try:
        config: dict[str, object] = {**_raws(raws["inferenceConfig"])}
        more: dict[str, object] = {**_raws(raws.get(_MORE, msgspec.Raw(b"{}")))}
    except msgspec.MsgspecError:
        raise InvalidRequest("inferenceConfig", "expected an object, found another") from None
    if "max_new_tokens" in config:  # as Nova's first documents had it
        config.setdefault("maxTokens", config.pop("max_new_tokens"))
    if "topK" in config:
        more["inferenceConfig"] = {"topK": config.pop("topK")}
    if "reasoningConfig" in config:
        more["reasoningConfig"] = config.pop("reasoningConfig")
    return {"inferenceConfig": config, **({_MORE: more} if more else {})}


def _renamed(body: bytes, names: dict[str, str]) -> bytes:
    """A body, or what an event says of usage, with counts of a cache by other names."""
    if b'"cache' not in body:
        return body
    tree = _raws(body)
    if "usage" in tree:
        usage = _raws(tree["usage"])
        said = {names.get(name, name): raw for name, raw in usage.items()}
        tree["usage"] = msgspec.Raw(_encode(said))
    return _encode(tree)
