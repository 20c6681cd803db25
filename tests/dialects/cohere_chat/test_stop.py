"""How answers end."""

import pytest

from understudy.chat.events import Finished, StopReason
from understudy.dialects.cohere_chat.stop import BROKEN, READ, stop_losses, write_stop


@pytest.mark.parametrize("native", sorted(READ))
def test_own_words_stay(native: str) -> None:
    finished = Finished(READ[native], native=native)
    assert write_stop(finished) == native
    assert stop_losses(finished) == []
    assert native not in BROKEN


@pytest.mark.parametrize("stop", [StopReason.REFUSAL, StopReason.PAUSE, StopReason.OTHER])
def test_what_has_no_word_is_said_to_be_changed(stop: StopReason) -> None:
    (loss,) = stop_losses(Finished(stop, native="pause_turn"))
    assert loss.token == "~stop"
    assert write_stop(Finished(stop)) == "COMPLETE"


def test_anothers_word_is_not_taken_over() -> None:
    assert write_stop(Finished(StopReason.LENGTH, native="length")) == "MAX_TOKENS"
