"""Parts of other dialects as blocks, and what is lost of them."""

import msgspec
import pytest
from tests.dialects.bedrock_converse.talk import ENDPOINT, asking, built, paths

from understudy.chat.endpoint import Capability
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Citation,
    Inline,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Message, Role
from understudy.dialects.bedrock_converse.blocks import decode_json
from understudy.dialects.bedrock_converse.schema import PRODUCER, Raw

WHERE = "messages[1].parts[0]"
CACHES = msgspec.structs.replace(ENDPOINT, accepts=frozenset({"cache"}))
SIMPLE = msgspec.structs.replace(ENDPOINT, capabilities=frozenset())


def said(part: Part, role: Role = Role.ASSISTANT, endpoint=ENDPOINT):
    messages = (Message(Role.USER, (Text("a"),)), Message(role, (part, Text("end"))))
    body, losses = built(asking(*messages), endpoint)
    content = [each for message in body["messages"] for each in message["content"]]
    assert content[-1] == {"text": "end"}
    return content[1:-1], paths(losses)


@pytest.mark.parametrize(
    ("part", "block", "losses"),
    [
        (Refusal("no"), [{"text": "no"}], [WHERE]),
        (Refusal(" "), [], [WHERE]),
        (Audio(transcript="hm"), [{"text": "hm"}], [WHERE]),
        (Text("  "), [], [WHERE]),
        (Text("b", CacheHint()), [{"text": "b"}], [f"{WHERE}.cache"]),
        (Text("b", citations=(Citation(dialect="x"),)), [{"text": "b"}], [f"{WHERE}.citations"]),
        (Opaque("other", "thing", Raw(b"{}")), [], [WHERE]),
        (Reasoning("Hm"), [], [WHERE]),
        (Reasoning("Hm", "s", producer="anthropic"), [], [WHERE]),
        (Reasoning(encrypted="e", producer="openai"), [], [WHERE]),
        (Reasoning(), [], []),
    ],
)
def test_what_another_dialect_said(part: Part, block: list[object], losses: list[str]) -> None:
    assert said(part) == (block, losses)


def test_thoughts_go_back_to_who_signed_them() -> None:
    signed = Reasoning("Hm", "s", producer=PRODUCER)
    block = {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}}
    assert said(signed) == ([block], [])
    hidden = Reasoning(encrypted="aGk=", producer=PRODUCER)
    assert said(hidden) == ([{"reasoningContent": {"redactedContent": "aGk="}}], [])


def test_cache_points_go_to_models_that_are_known_to_take_them() -> None:
    point = {"cachePoint": {"type": "default"}}
    assert said(Text("b", CacheHint()), endpoint=CACHES) == ([{"text": "b"}, point], [])
    longer = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert said(Text("b", CacheHint("24h")), endpoint=CACHES) == (
        [{"text": "b"}, longer],
        [f"{WHERE}.cache.ttl"],
    )


def test_sound_goes_in_where_it_is_heard() -> None:
    sound = Audio(Inline("audio/x-wav", "aGk="))
    block = {"audio": {"format": "wav", "source": {"bytes": "aGk="}}}
    assert said(sound, Role.USER) == ([block], [])
    assert said(sound, Role.USER, SIMPLE) == ([], [WHERE])
    assert said(Audio(Inline("audio/odd", "aGk=")), Role.USER) == ([], [WHERE])
    assert Capability.AUDIO_INPUT in ENDPOINT.capabilities


def test_calls_and_results_keep_together() -> None:
    calls = (
        ToolCall("bad id", "f", "{}"),
        ToolCall("b", "g", "oops"),
        ToolCall("c", "h", "t", True),
    )
    results = tuple(ToolResult(call.id, (Text("1"),), is_error=True) for call in calls)
    messages = (
        Message(Role.USER, (Text("a"),)),
        Message(Role.ASSISTANT, calls),
        Message(Role.TOOL, results),
    )
    body, losses = built(asking(*messages))
    given = [block["toolUse"] for block in body["messages"][1]["content"]]
    taken = [block["toolResult"] for block in body["messages"][2]["content"]]
    assert [each["toolUseId"] for each in given] == [each["toolUseId"] for each in taken]
    assert [each["input"] for each in given] == [{}, {"arguments": "oops"}, {"input": "t"}]
    assert all(each["status"] == "error" for each in taken)
    assert paths(losses) == [
        f"{WHERE}.id",
        "messages[1].parts[1].arguments",
        "messages[1].parts[2].arguments",
        "messages[2].parts[0].call_id",
        "tools",
    ]


def test_a_result_of_another_name_says_so() -> None:
    messages = (
        Message(Role.USER, (Text("a"),)),
        Message(Role.ASSISTANT, (ToolCall("a", "f", "{}"),)),
        Message(Role.TOOL, (ToolResult("a", (Text("1", CacheHint()),), name="g"),)),
    )
    where = "messages[2].parts[0]"
    losses = paths(built(asking(*messages))[1])
    assert losses == [f"{where}.name", f"{where}.content[0].cache", "tools"]


def test_arguments() -> None:
    assert decode_json("[1, 2]") == Raw(b"[1, 2]")
    assert decode_json("[1") is None
