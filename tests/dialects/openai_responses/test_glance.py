import pytest
from tests.dialects.openai_responses.talk import dump, reasoning

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.dialects.openai_responses.glance import glance
from understudy.dialects.openai_responses.seal import seal


def look(**fields):
    return glance(dump({"model": "m", "input": "hi", **fields}))


def test_it_sees_what_routing_needs():
    seen = look(stream=True, max_output_tokens=20, tools=[{"type": "function"}])
    assert (seen.model, seen.stream, seen.needs.output_tokens) == ("m", True, 20)
    assert seen.needs.capabilities == {Capability.STREAMING, Capability.TOOLS}
    assert seen.wants_usage
    assert (seen.pinned_by, seen.must_change) == ("", False)


@pytest.mark.parametrize(
    ("fields", "capability"),
    [
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            Capability.VISION,
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file"}]}]},
            Capability.DOCUMENTS,
        ),
        (
            {"input": [{"type": "function_call_output", "output": [{"type": "input_image"}]}]},
            Capability.VISION,
        ),
        ({"text": {"format": {"type": "json_schema"}}}, Capability.JSON_SCHEMA),
        ({"text": {"format": {"type": "json_object"}}}, Capability.JSON_MODE),
    ],
)
def test_what_it_needs_of_a_target(fields, capability):
    assert look(**fields).needs.capabilities == {capability}


@pytest.mark.parametrize(
    ("fields", "pinned"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": {"id": "c"}}, "conversation"),
        ({"prompt": {"id": "p"}, "input": None}, "prompt"),
        ({"previous_response_id": None}, ""),
    ],
)
def test_what_a_provider_keeps_pins_a_request_to_it(fields, pinned):
    assert look(**fields).pinned_by == pinned


def test_thoughts_that_were_sealed_here_must_be_opened():
    sealed = reasoning(encrypted_content=seal("a", "b", "c", None))
    assert look(input=[sealed]).must_change


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": 5}, "model"),
        ({"model": ""}, "model"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 5}, "input"),
        ({"input": [5]}, "input[0]"),
        ({"input": [{"role": "x"}]}, "input[0].role"),
        ({"stream": "x"}, "stream"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"tools": {}}, "tools"),
        ({"text": 5}, "text"),
    ],
)
def test_what_is_no_request_is_refused(fields, path):
    with pytest.raises(InvalidRequest) as caught:
        look(**fields)
    assert caught.value.path == path
