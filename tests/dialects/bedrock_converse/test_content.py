"""Messages to parts: turns, cache points, results of tools."""

import pytest
from tests.dialects.bedrock_converse.talk import ASKED, parsed, said_by

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint, Opaque, Text, ToolResult
from understudy.chat.request import Role
from understudy.dialects.bedrock_converse.schema import NAME

POINT = {"cachePoint": {"type": "default"}}


def test_a_cache_point_belongs_to_the_block_before_it() -> None:
    message = said_by("user", {"text": "a"}, {"cachePoint": {"type": "default", "ttl": "1h"}})
    assert message.parts == (Text("a", CacheHint("1h")),)
    system = parsed(system=[{"text": "b"}, POINT]).messages[0]
    assert (system.role, system.parts) == (Role.SYSTEM, (Text("b", CacheHint()),))


def test_a_cache_point_that_follows_nothing_or_another_is_kept_as_it_is() -> None:
    first = said_by("user", POINT, {"text": "a"}, POINT, POINT)
    kinds = [part.kind if isinstance(part, Opaque) else part for part in first.parts]
    assert kinds == ["cachePoint", Text("a", CacheHint()), "cachePoint"]


def test_results_are_a_tools_message() -> None:
    result = {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}]}}
    messages = [*ASKED, {"role": "user", "content": [result, {"text": "and?"}]}]
    request = parsed(messages=messages)
    assert [message.role for message in request.messages[1:]] == [Role.TOOL, Role.USER]
    (part,) = request.messages[1].parts
    assert isinstance(part, ToolResult)


def test_a_system_message_in_the_middle_is_marked_as_this_dialects() -> None:
    message = said_by("system", {"text": "be brief"})
    assert (message.role, message.extensions) == (Role.SYSTEM, {NAME: {}})


def test_fields_beside_are_kept() -> None:
    messages = [{**ASKED[0], "mood": "good"}]
    assert set(parsed(messages=messages).messages[0].extensions[NAME]) == {"mood"}


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ({"content": []}, "messages.0.role"),
        ({"role": "user"}, "messages.0.content"),
        ({"role": "robot", "content": []}, "messages.0.role"),
        ({"role": "user", "content": [7]}, "messages.0.content.0"),
        ({"role": "user", "content": [{}]}, "messages.0.content.0"),
        ({"role": "user", "content": [{"text": 7}]}, "messages.0.content.0.text"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(message: object, where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed(messages=[message])
    assert caught.value.path == where
