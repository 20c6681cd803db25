"""Blocks that only this dialect can say: a hosted tool's call and result, pictures, searches.

A stream says them in pieces and a whole body at once; either can be made of the other.
"""

from understudy.dialects.bedrock_converse.schema import (
    MALFORMED,
    Object,
    Raw,
    decode_any,
    decode_raws,
    encode,
    inner,
    is_null,
)

_STREAMED = {"toolUse": "input", "toolResult": "content", "image": "source"}
"""The members that streams have, and the field that comes in deltas."""


def opaque_events(raw: Raw) -> list[tuple[str, Object]]:
    """A whole block as events of a stream: name and body; none where streams cannot say it."""
    block = decode_raws(raw)
    name = next((each for each in _STREAMED if each in block), None)
    if name is None:
        return []
    said = inner(block[name])
    grows = said.pop(_STREAMED[name], None)
    events: list[tuple[str, Object]] = [("contentBlockStart", {"start": {name: said}})]
    if grows is not None and not is_null(grows):
        delta: object = grows
        if name == "toolUse":
            delta = {"input": bytes(grows).decode()}
        elif name == "image":
            delta = {"source": grows}
        events.append(("contentBlockDelta", {"delta": {name: delta}}))
    return events


def grown(raw: Raw, text: str, deltas: list[Raw]) -> Raw:
    """A whole block: its start, the text of its input, and its other deltas put together."""
    is_call = "toolUse" in decode_raws(raw)
    if not text and not deltas and not is_call:
        return raw
    block = decode_any(raw)
    if is_call:
        if "input" in block["toolUse"] and not text and not deltas:
            return raw
        block["toolUse"].setdefault("input", {})  # the start of a streamed one has none
    for delta in deltas:
        _grow(block, decode_any(delta))
    if text:
        try:
            given: object = decode_any(text.encode())
        except MALFORMED:
            given = {"arguments": text}
        block.setdefault("toolUse", {})["input"] = given
    return Raw(encode(block))


def _grow(block: Object, delta: Object) -> None:
    for name, value in delta.items():
        old = block.get(name)
        if isinstance(value, list):  # the deltas of a tool's result are its content
            result = old if isinstance(old, dict) else {}
            content = result.get(_STREAMED.get(name, "content"), [])
            block[name] = {**result, _STREAMED.get(name, "content"): [*content, *value]}
        elif isinstance(old, dict) and isinstance(value, dict):
            block[name] = {**old, **value}
        else:
            block[name] = value
