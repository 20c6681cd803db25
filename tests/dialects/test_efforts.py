import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Loss
from understudy.chat.request import ReasoningConfig, Request
from understudy.dialects.efforts import with_known_effort

FIRST = frozenset({"low", "medium", "high"})
FIFTH = FIRST | {"minimal"}
LATER = FIRST | {"none", "xhigh"}


def said(
    config: ReasoningConfig, efforts: frozenset[str] = frozenset(), dialect: str = "openai_chat"
) -> tuple[ReasoningConfig | None, list[str]]:
    losses: list[Loss] = []
    endpoint = Endpoint(dialect, "m", "/", "someone", efforts=efforts)
    made = with_known_effort(Request("m", (), reasoning=config), endpoint, losses)
    return made.reasoning, [loss.token for loss in losses]


@pytest.mark.parametrize(
    ("efforts", "effort", "known"),
    [
        (FIRST, "minimal", "low"),
        (FIRST, "max", "high"),
        (FIRST, "none", "low"),
        (FIFTH, "minimal", "minimal"),
        (FIFTH, "none", "minimal"),
        (LATER, "minimal", "low"),
        (LATER, "max", "xhigh"),
        (LATER, "none", "none"),
        (frozenset(), "xhigh", "high"),
        (frozenset(), "minimal", "low"),
        (frozenset(), "none", "none"),
    ],
)
@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
def test_an_effort_is_one_that_the_model_knows(dialect, efforts, effort, known):
    config, tokens = said(ReasoningConfig(True, effort), efforts, dialect)
    assert config == ReasoningConfig(True, known)
    assert tokens == ([] if effort == known else ["~reasoning.effort"])


def test_a_word_of_some_host_alone_is_left_out():
    lost = (ReasoningConfig(), ["reasoning.effort"])
    assert said(ReasoningConfig(effort="default")) == lost
    assert said(ReasoningConfig(effort="default"), FIRST) == lost
    named = frozenset({"default"})
    assert said(ReasoningConfig(effort="default"), named)[1] == []


def test_who_cannot_stop_thinking_thinks_little():
    assert said(ReasoningConfig(False), FIRST) == (
        ReasoningConfig(None, "low"),
        ["~reasoning.enabled"],
    )
    assert said(ReasoningConfig(False), LATER) == (ReasoningConfig(False), [])


def test_other_dialects_have_words_of_their_own():
    config = ReasoningConfig(True, "max")
    assert said(config, FIRST, "anthropic_messages") == (config, [])
