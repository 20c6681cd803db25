"""Usage: what is counted at full price, and what a cache did."""

import json

import pytest
from tests.dialects.bedrock_converse.talk import dump

from understudy.chat.usage import Usage
from understudy.dialects.bedrock_converse.schema import Raw, decode_raws
from understudy.dialects.bedrock_converse.usage import (
    read_usage,
    rest_of,
    usage_losses,
    write_usage,
)

SAID = {
    "inputTokens": 3,
    "outputTokens": 61,
    "totalTokens": 2435,
    "cacheReadInputTokens": 2074,
    "cacheWriteInputTokens": 297,
    "cacheDetails": [{"ttl": "1h", "inputTokens": 200}, {"ttl": "5m", "inputTokens": 97}],
    "serverToolUsage": {},
}
COUNTED = Usage(3, 2074, 297, 61, cache_write_1h_tokens=200)


def test_counts_are_disjoint_and_add_up_to_the_total() -> None:
    raws = decode_raws(dump(SAID))
    usage = read_usage(raws)
    assert usage == COUNTED
    assert usage.prompt_tokens + usage.output_tokens == SAID["totalTokens"]


def test_all_is_written_as_it_was_read() -> None:
    rest = rest_of(decode_raws(dump(SAID)))
    assert json.loads(json.dumps(decode(write_usage(COUNTED, rest["usage"])))) == SAID
    assert write_usage(COUNTED, None)["cacheDetails"] == SAID["cacheDetails"]


def decode(tree: dict[str, object]) -> dict[str, object]:
    return {k: json.loads(bytes(v)) if isinstance(v, Raw) else v for k, v in tree.items()}


def test_what_nobody_counted_is_said_as_nothing_with_a_loss() -> None:
    assert read_usage({}) is None
    assert write_usage(None, None)["totalTokens"] == 0
    assert [loss.path for loss in usage_losses(None)] == ["usage"]


def test_shares_that_have_no_word_are_lost() -> None:
    usage = Usage(1, output_tokens=9, reasoning_tokens=5, audio_input_tokens=1)
    lost = [loss.path for loss in usage_losses(usage)]
    assert lost == ["usage.reasoning_tokens", "usage.audio_input_tokens"]


@pytest.mark.parametrize("odd", [None, "7", True, -3, [], {}])
def test_what_is_no_number_counts_as_nothing(odd: object) -> None:
    raws = decode_raws(dump({"inputTokens": odd, "outputTokens": 2.0, "cacheDetails": odd}))
    assert read_usage(raws) == Usage(output_tokens=2)
