import pytest
from tests.dialects.openai_chat.talk import asked, dump

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.openai_chat.glance import glance

USER = {"role": "user", "content": "hi"}


def needs(**fields) -> frozenset[Capability]:
    return glance(asked(**fields)).needs.capabilities


def part(**fields) -> dict:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, fields]}]}


def test_the_little_that_routing_needs_is_read():
    body = asked(stream=True, max_tokens=9, stream_options={"include_usage": True})
    seen = glance(body)
    assert (seen.model, seen.stream, seen.wants_usage) == ("m", True, True)
    assert seen.needs == Needs(frozenset({Capability.STREAMING}), len(body) // 3, 9)


def test_a_plain_request_needs_nothing():
    seen = glance(asked())
    assert (seen.stream, seen.wants_usage, seen.needs.output_tokens) == (False, False, 0)
    assert seen.needs.capabilities == frozenset()


@pytest.mark.parametrize(
    ("fields", "capability"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, Capability.TOOLS),
        ({"functions": [{"name": "f"}]}, Capability.TOOLS),
        ({"response_format": {"type": "json_object"}}, Capability.JSON_MODE),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, Capability.JSON_SCHEMA),
        ({"modalities": ["text", "audio"]}, Capability.AUDIO_OUTPUT),
        (part(type="image_url", image_url={"url": "u"}), Capability.VISION),
        (part(type="input_audio", input_audio={}), Capability.AUDIO_INPUT),
        (part(type="file", file={}), Capability.DOCUMENTS),
        (part(type="document_url", document_url="u"), Capability.DOCUMENTS),
        ({"messages": [USER, {"role": "assistant", "content": "and"}]}, Capability.PREFILL),
    ],
)
def test_what_a_request_needs_is_seen(fields, capability):
    assert needs(**fields) == {capability}


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": []},
        {"tools": None, "response_format": None, "modalities": None, "stream": None},
        {"messages": [{"role": "user", "content": 'say "image_url" and {"type":"file"}'}]},
        {"messages": [{"role": "assistant", "content": "x"}, USER]},
        {"modalities": ["text"]},
        {"response_format": {"type": "text"}},
    ],
)
def test_what_only_looks_like_a_need_is_none(fields):
    assert needs(**fields) == frozenset()


def test_the_newer_limit_wins():
    assert glance(asked(max_tokens=5, max_completion_tokens=7)).needs.output_tokens == 7


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"model": ""}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [USER, {}]}, "messages[1].role"),
        ({"messages": [{"role": 1}]}, "messages[0].role"),
        ({"stream": "true"}, "stream"),
        ({"tools": {}}, "tools"),
        ({"functions": 1}, "functions"),
        ({"response_format": "json"}, "response_format"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"stream_options": []}, "stream_options"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
    ],
)
def test_wrong_types_are_refused_with_their_path(fields, path):
    with pytest.raises(InvalidRequest) as caught:
        glance(asked(**fields))
    assert caught.value.path == path
    assert caught.value.reason.startswith("expected")


def test_a_body_without_a_model_is_refused():
    with pytest.raises(InvalidRequest, match="model: expected a string, found nothing"):
        glance(dump({"messages": [USER]}))


def test_content_that_makes_no_sense_is_left_to_the_reader():
    assert needs(messages=[{"role": "user", "content": [1, 2]}]) == frozenset()
