"""Counting: cached, thought, read by tools, spoken."""

import json

from msgspec import Raw

from understudy.chat.usage import Usage
from understudy.dialects.gemini_generate.schema import decode_raws
from understudy.dialects.gemini_generate.usage import read_usage, usage_rest, write_usage

WHOLE = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 60,
    "candidatesTokenCount": 9,
    "thoughtsTokenCount": 30,
    "toolUsePromptTokenCount": 5,
    "totalTokenCount": 144,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 80},
        {"modality": 4, "tokenCount": 20},
    ],
    "trafficType": "ON_DEMAND",
}


def test_counts_are_disjoint_and_add_up() -> None:
    usage = read_usage(decode_raws(json.dumps(WHOLE).encode()))
    assert usage == Usage(
        input_tokens=45,
        cache_read_tokens=60,
        output_tokens=39,
        reasoning_tokens=30,
        audio_input_tokens=20,
    )
    assert usage.prompt_tokens + usage.output_tokens == WHOLE["totalTokenCount"]


def test_what_is_read_is_written_again() -> None:
    raws = decode_raws(json.dumps(WHOLE).encode())
    written = json.loads(json.dumps(write_usage(read_usage(raws), usage_rest(raws)), default=_raw))
    assert written == WHOLE


def test_sound_is_said_where_nobody_said_it() -> None:
    written = write_usage(Usage(input_tokens=5, audio_input_tokens=3), None)
    assert written["promptTokensDetails"] == [{"modality": "AUDIO", "tokenCount": 3}]
    assert usage_rest(decode_raws(b'{"promptTokenCount":1}')) is None


def test_nonsense_counts_as_nothing() -> None:
    odd = b'{"promptTokenCount":-5,"candidatesTokenCount":"12","promptTokensDetails":[7]}'
    assert read_usage(decode_raws(odd)) == Usage(output_tokens=12)


def _raw(value: object) -> object:
    assert isinstance(value, Raw)
    return json.loads(bytes(value))
