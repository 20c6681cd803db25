"""Why an answer ended."""

import msgspec
import pytest

from understudy.chat.events import StopReason
from understudy.dialects.gemini_generate.stop import read_stop, reason_of, stop_loss, write_stop

S = StopReason


@pytest.mark.parametrize(
    ("native", "stop"),
    [
        ("STOP", S.END),
        ("MAX_TOKENS", S.LENGTH),
        ("SAFETY", S.CONTENT_FILTER),
        ("RECITATION", S.CONTENT_FILTER),
        ("MODEL_ARMOR", S.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", S.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", S.OTHER),
        ("OTHER", S.OTHER),
    ],
)
def test_their_words_are_kept(native: str, stop: StopReason) -> None:
    assert read_stop(native, called=False) is stop
    assert write_stop(stop, native) == native
    assert stop_loss(stop, native) is None


def test_calls_end_as_a_stop() -> None:
    assert read_stop("STOP", called=True) is S.TOOL_CALLS
    assert write_stop(S.TOOL_CALLS, "tool_calls") == "STOP"
    assert stop_loss(S.TOOL_CALLS, "tool_calls") is None


@pytest.mark.parametrize(
    ("raw", "word"), [(b'"STOP"', "STOP"), (b"1", "STOP"), (b"3", "SAFETY"), (b"9", "9"),
                      (b"null", ""), (b"0", ""), (b'"FINISH_REASON_UNSPECIFIED"', "")],
)  # fmt: skip
def test_reasons_may_be_numbers(raw: bytes, word: str) -> None:
    assert reason_of(msgspec.Raw(raw)) == word
    assert reason_of(None) == ""


@pytest.mark.parametrize(
    ("stop", "native", "said"),
    [
        (S.STOP_SEQUENCE, "stop_sequence", "STOP"),
        (S.PAUSE, "pause_turn", "STOP"),
        (S.REFUSAL, "refusal", "SAFETY"),
        (S.OTHER, "weird", "OTHER"),
    ],
)
def test_what_has_no_word_is_a_loss(stop: StopReason, native: str, said: str) -> None:
    assert write_stop(stop, native) == said
    loss = stop_loss(stop, native)
    assert loss is not None
    assert loss.token == "~stop"
    assert write_stop(S.CONTENT_FILTER, "content_filter") == "SAFETY"
