"""Whole blocks as parts."""

import json

import pytest
from tests.dialects.bedrock_converse.talk import body, events

from understudy.chat.events import PartKind
from understudy.chat.request import Request
from understudy.chat.response import Piece, fold
from understudy.dialects.bedrock_converse import DIALECT
from understudy.dialects.bedrock_converse.block import Block
from understudy.dialects.bedrock_converse.schema import NAME

BLOCKS = [
    {"text": "a"},
    {"text": ""},
    {"text": "a", "type": "text"},
    {"toolUse": {"toolUseId": "a", "name": "f", "input": {"b": 1}}},
    {"toolUse": {"toolUseId": "a", "name": "f", "input": {}, "type": "tool_use"}},
    {"toolUse": {"toolUseId": "a", "name": "f", "input": {"b": 1}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "a", "content": [{"json": {}}], "status": "success"}},
    {"reasoningContent": {"reasoningText": {"text": "Hm"}}},
    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
    {"reasoningContent": {"redactedContent": "aGk="}},
    {"citationsContent": {"content": [{"text": "a"}], "citations": [{"title": "T"}]}},
    {"citationsContent": {"content": [{"text": "a"}], "citations": []}},
    {"image": {"format": "png", "source": {"bytes": "aGk="}}},
    {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://a/b"}}}},
    {"somethingNew": {"a": 1}},
]


def piece(block: object) -> Piece:
    (found,) = fold(events(body(block), stream=False)).pieces
    return found


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_is_written_as_it_was_read(block: object) -> None:
    encoder = DIALECT.encoder(Request("m", ()))
    said = b"".join(encoder.send(each) for each in events(body(block), stream=False))
    assert json.loads(said)["output"]["message"]["content"] == [block]
    assert encoder.losses == []


def test_kinds() -> None:
    kinds = [piece(block).start.kind for block in BLOCKS]
    assert kinds[:5] == [PartKind.TEXT] * 3 + [PartKind.TOOL_CALL] * 2
    assert kinds[5:10] == [PartKind.OPAQUE] * 2 + [PartKind.REASONING] * 3
    assert kinds[10:] == [PartKind.TEXT] * 2 + [PartKind.OPAQUE] * 3
    assert piece(BLOCKS[-1]).start.dialect == NAME


def test_an_open_block_counts_what_only_this_dialect_says() -> None:
    assert Block(1, PartKind.TEXT).others == 0
