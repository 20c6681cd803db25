"""What routing learns of a request, and what is refused at the door."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.anthropic_messages.talk import dump

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.anthropic_messages.glance import glance

ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://x"}}
DOCUMENT = {"type": "document", "source": {"type": "text", "data": "x"}}


def needs(**fields) -> set[Capability]:
    return set(glance(dump({**ASKED, **fields})).needs.capabilities)


def talk(*blocks: dict) -> dict:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def test_the_little_that_routing_needs():
    body = dump({**ASKED, "stream": True})
    seen = glance(body)
    assert (seen.model, seen.stream, seen.wants_usage) == ("m", True, True)
    assert (seen.needs.input_tokens, seen.needs.output_tokens) == (len(body) // 3, 9)
    assert seen.needs.capabilities == {Capability.STREAMING}


@pytest.mark.parametrize(
    ("fields", "capability"),
    [
        ({"tools": [{"name": "f"}]}, Capability.TOOLS),
        ({"output_format": {"type": "json_schema"}}, Capability.JSON_SCHEMA),
        ({"output_config": {"format": {"type": "json_schema"}}}, Capability.JSON_SCHEMA),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, Capability.REASONING),
        ({"thinking": {"type": "adaptive"}}, Capability.REASONING),
        (talk(IMAGE), Capability.VISION),
        (talk(DOCUMENT), Capability.DOCUMENTS),
        (talk({"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}), Capability.VISION),
        ({"messages": [{"role": "assistant", "content": "So"}]}, Capability.PREFILL),
    ],
)
def test_what_a_request_needs(fields, capability):
    assert needs(**fields) == {capability}


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "thinking": {"type": "disabled"}, "output_config": {"effort": "low"}},
        {"tools": None, "thinking": None, "output_config": {"format": None}, "stream": None},
        talk({"type": "text", "text": 'an "image" of a "document"'}),
        talk({"type": "tool_result", "tool_use_id": "t", "content": "image"}),
    ],
)
def test_what_a_request_does_not_need(fields):
    assert needs(**fields) == set()


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": None}, "model"),
        ({"model": 3}, "model"),
        ({"model": ""}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["hi"]}, "messages.0"),
        ({"messages": [{"content": "hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"stream": "yes"}, "stream"),
        ({"tools": {}}, "tools"),
        ({"thinking": "hard"}, "thinking"),
        ({"thinking": {"type": 3}}, "thinking.type"),
    ],
)
def test_what_is_wrong_is_named(fields, path):
    with pytest.raises(InvalidRequest) as error:
        glance(dump({**ASKED, **fields}))
    assert error.value.path == path


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"model":"m"',
        b'{"model":"\xff"}',
        b'{"model":"m","model":"n","max_tokens":1,"messages":[{"role":"user","content":"x"}]}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"model":"m","max_tokens":1,"messages":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_what_is_no_request_at_all_is_refused(body):
    with pytest.raises(InvalidRequest):
        glance(body)


@given(st.integers(0, 120), st.binary(max_size=4), st.integers(0, 6))
def test_mutations_are_read_or_refused(at, new, cut):
    body = dump({**ASKED, **talk(IMAGE), "thinking": {"type": "adaptive"}})
    with contextlib.suppress(InvalidRequest):
        glance(body[:at] + new + body[at + cut :])
