import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.openai_chat.talk import body, whole

from understudy.chat.events import Finished, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.openai_chat.skim import skim

USAGE: dict = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
TEXT: dict = {"content": "x", "refusal": None}


def test_a_plain_answer_is_skimmed():
    details = {"cached_tokens": 1, "audio_tokens": 0}
    usage = {**USAGE, "prompt_tokens_details": details}
    expected = Finished(StopReason.END, Usage(2, 1, 0, 2), "stop")
    assert skim(body(TEXT, usage=usage)) == expected
    assert whole(body(TEXT, usage=usage))[-1] == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        body(TEXT, usage=USAGE).replace(b'"x"', b'"\xff"'),
        body(TEXT),
        body({"content": ""}, usage=USAGE),
        body({"content": None}, usage=USAGE),
        body({**TEXT, "tool_calls": [{}]}, usage=USAGE),
        body({**TEXT, "refusal": "no"}, usage=USAGE),
        body(TEXT, None, usage=USAGE),
        body(TEXT, "tool_calls", usage=USAGE),
        body(TEXT, usage={**USAGE, "total_tokens": 9}),
        body(TEXT, usage={**USAGE, "prompt_cache_hit_tokens": 1}),
        body(TEXT, usage={**USAGE, "prompt_tokens_details": {"cached_tokens": 9}}),
        body(TEXT, usage=USAGE, error={"message": "x"}),
        body(TEXT, usage=USAGE, choices=[]),
    ],
)
def test_anything_else_takes_a_closer_look(data):
    assert skim(data) is None


COUNTS = st.integers(-3, 9)


@given(
    st.fixed_dictionaries(
        {"prompt_tokens": COUNTS, "completion_tokens": COUNTS, "total_tokens": COUNTS},
        optional={
            "cached_tokens": COUNTS,
            "prompt_tokens_details": st.dictionaries(
                st.sampled_from(["cached_tokens", "cache_write_tokens", "audio_tokens"]), COUNTS
            ),
            "completion_tokens_details": st.dictionaries(
                st.sampled_from(["reasoning_tokens", "audio_tokens"]), COUNTS
            ),
        },
    ),
    st.sampled_from(
        [{}, {"stop_reason": "###"}, {"stop_reason": 5}, {"logprobs": {"content": []}}]
    ),
)
def test_a_skim_says_what_the_decoder_says(usage, beside):
    data = body(TEXT, choice=beside, usage=usage)
    skimmed, last = skim(data), whole(data)[-1]
    if skimmed is not None:
        assert isinstance(last, Finished)
        assert (skimmed.stop, skimmed.usage) == (last.stop, last.usage)
