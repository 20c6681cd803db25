"""Blocks that only this dialect can say: in pieces, and put together."""

import json
from typing import Any

from tests.dialects.bedrock_converse.talk import dump

from understudy.dialects.bedrock_converse.opaque import grown, opaque_events
from understudy.dialects.bedrock_converse.schema import Raw, encode

CALL = {"toolUse": {"toolUseId": "a", "name": "f", "type": "server_tool_use", "input": {"b": 1}}}
RESULT = {"toolResult": {"toolUseId": "a", "status": "success", "content": [{"text": "x"}]}}
IMAGE = {"image": {"format": "png", "source": {"bytes": "aGk="}}}


def test_a_block_is_said_in_pieces_and_put_together_again() -> None:
    for block in (CALL, RESULT, IMAGE):
        (_, start), (_, delta) = [json.loads(encode(each)) for each in opaque_events(raw(block))]
        text = delta["delta"].get("toolUse", {}).get("input", "")
        deltas = [] if text else [raw(delta["delta"])]
        assert loads(grown(raw(start["start"]), text, deltas)) == block


def loads(said: Raw) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(said))
    return found


def raw(value: object) -> Raw:
    return Raw(dump(value))


def test_one_that_is_whole_stays_as_it_is() -> None:
    assert grown(raw(CALL), "", []) == raw(CALL)


def test_a_call_without_input_has_an_empty_one() -> None:
    bare = {"toolUse": {"toolUseId": "a", "name": "f", "type": "server_tool_use"}}
    assert loads(grown(raw(bare), "", []))["toolUse"]["input"] == {}


def test_a_result_goes_on_where_it_ended() -> None:
    more = raw({"toolResult": [{"json": {"y": 2}}]})
    content = loads(grown(raw(RESULT), "", [more]))["toolResult"]["content"]
    assert content == [{"text": "x"}, {"json": {"y": 2}}]


def test_input_that_is_no_json_is_kept_as_text() -> None:
    assert loads(grown(raw(CALL), "{", []))["toolUse"]["input"] == {"arguments": "{"}


def test_what_streams_cannot_say() -> None:
    assert opaque_events(raw({"video": {}})) == []
