"""The little that routing needs."""

import pytest
from tests.dialects.ollama_chat.talk import asked, dump

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.ollama_chat import DIALECT

C = Capability


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({}, {C.STREAMING}),
        ({"stream": False}, set()),
        ({"stream": False, "tools": [{}]}, {C.TOOLS}),
        ({"stream": False, "tools": []}, set()),
        ({"stream": False, "format": "json"}, {C.JSON_MODE}),
        ({"stream": False, "format": {"type": "object"}}, {C.JSON_SCHEMA}),
        ({"stream": False, "format": ""}, set()),
        ({"stream": False, "think": "low"}, {C.REASONING}),
        ({"stream": False, "think": False}, set()),
    ],
)
def test_what_a_request_needs(fields: dict[str, object], needs: set[Capability]) -> None:
    assert DIALECT.glance(asked(**fields)).needs.capabilities == needs


def test_messages_tell_too() -> None:
    picture = {"role": "user", "content": "x", "images": ["/9j/"]}
    begun = {"role": "assistant", "content": "The"}
    body = asked(stream=False, messages=[picture, begun], options={"num_predict": 9})
    glance = DIALECT.glance(body)
    assert glance.needs.capabilities == {C.VISION, C.PREFILL}
    assert glance.needs.output_tokens == 9
    assert not glance.stream


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "x"}, "messages"),
        ({"messages": [{"role": "robot"}]}, "messages.0.role"),
        ({"messages": [{}]}, "messages.0.role"),
        ({"stream": "yes"}, "stream"),
        ({"options": []}, "options"),
    ],
)
def test_what_is_no_request_is_refused(fields: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DIALECT.glance(asked(**fields))
    assert caught.value.path == path


def test_a_limit_that_is_none_is_the_parsers_business() -> None:
    body = dump({"model": "m", "messages": [{"role": "user"}], "options": {"num_predict": "x"}})
    assert DIALECT.glance(body).needs.output_tokens == 0
