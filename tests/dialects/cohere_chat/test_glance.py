"""What routing reads of a request."""

import pytest
from tests.dialects.cohere_chat.talk import asked, dump

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.cohere_chat import DIALECT

PICTURE = {"type": "image_url", "image_url": {"url": "https://x/a.png"}}


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({}, set()),
        ({"stream": True}, {Capability.STREAMING}),
        ({"tools": [{"type": "function"}]}, {Capability.TOOLS}),
        ({"thinking": {"type": "enabled"}}, {Capability.REASONING}),
        ({"thinking": {"type": "disabled"}}, set()),
        ({"response_format": {"type": "text"}}, set()),
        ({"response_format": {"type": "json_object"}}, {Capability.JSON_MODE}),
        ({"response_format": {"type": "json_object", "json_schema": {}}}, {Capability.JSON_SCHEMA}),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, {Capability.VISION}),
        ({"messages": [{"role": "user", "content": 'say "image_url"'}]}, set()),
        ({"messages": [{"role": "assistant", "content": "a"}]}, {Capability.PREFILL}),
    ],
)
def test_what_a_request_needs(fields: dict, needed: set[Capability]) -> None:
    assert DIALECT.glance(asked(**fields)).needs.capabilities == needed


def test_model_stream_and_sizes() -> None:
    body = asked(stream=True, max_tokens=7)
    glance = DIALECT.glance(body)
    assert (glance.model, glance.stream, glance.wants_usage) == ("command-a-03-2025", True, True)
    assert (glance.needs.input_tokens, glance.needs.output_tokens) == (len(body) // 3, 7)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"{", ""),
        (b"[]", ""),
        (dump({"messages": []}), "model"),
        (dump({"model": ""}), "messages"),
        (dump({"model": "", "messages": [{"role": "user"}]}), "model"),
        (dump({"model": "m", "messages": []}), "messages"),
        (asked(messages=[{"content": "a"}]), "messages.0.role"),
        (asked(messages=[{"role": "robot"}]), "messages.0.role"),
        (asked(stream=1), "stream"),
        (asked(tools=1), "tools"),
        (asked(max_tokens="x"), "max_tokens"),
        (asked(thinking=[]), "thinking"),
        (asked(response_format={"type": 1}), "response_format.type"),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(body: bytes, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        DIALECT.glance(body)
    assert refused.value.path == path
