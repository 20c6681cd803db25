"""A whole body: one object, when all has been said."""

import json

from tests.dialects.bedrock_converse.test_encoder import ANSWER, FAILURE, finished, started, written

from understudy.chat.events import PartDelta, PartKind
from understudy.chat.request import Request
from understudy.dialects.bedrock_converse import DIALECT


def test_all_of_it_is_said_at_the_end() -> None:
    data, losses = written(ANSWER, stream=False)
    assert losses == []
    assert json.loads(data) == {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
                    {"text": "The sky is blue"},
                    {"toolUse": {"toolUseId": "call_x", "name": "f", "input": {"a": 1}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {"inputTokens": 7, "outputTokens": 9, "totalTokens": 16},
        "metrics": {"latencyMs": 0},
    }


def test_arguments_that_are_no_object_are_said_in_one() -> None:
    start = started(PartKind.TOOL_CALL, id="a", name="f")
    data, losses = written(finished(*start, PartDelta(0, "[1")), stream=False)
    (block,) = json.loads(data)["output"]["message"]["content"]
    assert block["toolUse"]["input"] == {"arguments": "[1"}
    assert losses == ["~parts[0].arguments"]


def test_an_error_is_an_object() -> None:
    encoder = DIALECT.encoder(Request("m", ()))
    assert json.loads(encoder.abort(FAILURE)) == {"message": "it died"}
    assert encoder.remark(b"a") == b""
