"""How much to think, in the words of each lab."""

from typing import Any

import msgspec
import pytest
from tests.dialects.bedrock_converse.talk import ENDPOINT, asking, built, paths

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import Text, ToolCall, ToolResult
from understudy.chat.request import Choice, Message, ReasoningConfig, Role, Tool, ToolChoice


def knows(word: str, *rejects: str) -> Endpoint:
    return msgspec.structs.replace(ENDPOINT, accepts=frozenset({word}), rejects=frozenset(rejects))


CLAUDE = knows("thinking")
OLDER = knows("thinking", "reasoning.effort")
NEWER = knows("thinking", "reasoning.budget_tokens")
NOVA = knows("reasoning_config")
OPEN = knows("reasoning_effort")
DULL = msgspec.structs.replace(ENDPOINT, capabilities=frozenset())


def said(endpoint: Endpoint, config: ReasoningConfig, *messages: Message, **fields: Any):
    body, losses = built(asking(*messages, reasoning=config, **fields), endpoint)
    more = body.get("additionalModelRequestFields")
    return more, body.get("outputConfig", {}).get("effort"), paths(losses)


ADAPTIVE = {"thinking": {"type": "adaptive"}}
BUDGET = "reasoning.budget_tokens"
OFF = {"thinking": {"type": "disabled"}}


def budget(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


def levels(**fields: str) -> dict[str, Any]:
    return {"reasoningConfig": {"type": "enabled", **fields}}


def word(effort: str) -> dict[str, Any]:
    return {"reasoning_effort": effort}


@pytest.mark.parametrize(
    ("endpoint", "config", "more", "effort", "losses"),
    [
        (CLAUDE, ReasoningConfig(True, budget_tokens=2000), budget(2000), None, []),
        (CLAUDE, ReasoningConfig(effort="high"), None, "high", []),
        (CLAUDE, ReasoningConfig(True, "high"), ADAPTIVE, "high", []),
        (CLAUDE, ReasoningConfig(effort="minimal"), None, "low", ["reasoning.effort"]),
        (CLAUDE, ReasoningConfig(False), OFF, None, []),
        (CLAUDE, ReasoningConfig(effort="none"), OFF, None, []),
        (CLAUDE, ReasoningConfig(True, budget_tokens=9), budget(1024), None, [BUDGET]),
        (OLDER, ReasoningConfig(effort="low"), budget(2048), None, ["reasoning.effort"]),
        (OLDER, ReasoningConfig(True), budget(8192), None, []),
        (NEWER, ReasoningConfig(True, budget_tokens=2000), ADAPTIVE, "low", [BUDGET]),
        (NOVA, ReasoningConfig(effort="low"), levels(maxReasoningEffort="low"), None, []),
        (NOVA, ReasoningConfig(False), levels(type="disabled"), None, []),
        (NOVA, ReasoningConfig(True, budget_tokens=9), levels(), None, [BUDGET]),
        (OPEN, ReasoningConfig(effort="max"), word("high"), None, ["reasoning.effort"]),
        (OPEN, ReasoningConfig(False), word("low"), None, ["reasoning.enabled"]),
        (ENDPOINT, ReasoningConfig(effort="high"), None, None, ["reasoning"]),
        (DULL, ReasoningConfig(effort="high"), None, None, ["reasoning"]),
        (DULL, ReasoningConfig(False), None, None, []),
        (knows("thinking", "reasoning"), ReasoningConfig(True), None, None, ["reasoning"]),
    ],
)
def test_each_labs_words(
    endpoint: Endpoint,
    config: ReasoningConfig,
    more: object,
    effort: str | None,
    losses: list[str],
) -> None:
    assert said(endpoint, config) == (more, effort, losses)


def test_a_budget_leaves_something_of_the_limit() -> None:
    more, _, losses = said(CLAUDE, ReasoningConfig(budget_tokens=5000), max_output_tokens=3000)
    assert (more, losses) == (budget(2999), ["reasoning.budget_tokens"])


def test_an_answer_too_short_to_think_is_not_thought_about() -> None:
    more, _, losses = said(CLAUDE, ReasoningConfig(budget_tokens=5000), max_output_tokens=1024)
    assert (more, losses) == (None, ["reasoning.budget_tokens"])


def test_calls_that_were_made_without_thoughts_exclude_a_budget() -> None:
    talk = (
        Message(Role.USER, (Text("q"),)),
        Message(Role.ASSISTANT, (ToolCall("1", "f", "{}"),)),
        Message(Role.TOOL, (ToolResult("1", (Text("r"),)),)),
    )
    fields: dict[str, Any] = {"tools": (Tool("f"),)}
    more, _, losses = said(CLAUDE, ReasoningConfig(budget_tokens=5000), *talk, **fields)
    assert (more, losses) == (None, ["reasoning.enabled", BUDGET])
    assert said(CLAUDE, ReasoningConfig(True), *talk, **fields)[0] == ADAPTIVE


def test_a_forced_tool_excludes_it() -> None:
    fields = {"tools": (Tool("f"),), "tool_choice": ToolChoice(Choice.REQUIRED)}
    more, _, losses = said(CLAUDE, ReasoningConfig(True), **fields)
    assert (more, losses) == (None, ["reasoning.enabled"])


def test_how_it_is_shown() -> None:
    more, _, losses = said(CLAUDE, ReasoningConfig(True, summary="auto"))
    assert more == {"thinking": {"type": "adaptive", "display": "summarized"}}
    assert losses == ["reasoning.summary"]
    assert said(CLAUDE, ReasoningConfig(effort="low", summary="auto"))[2] == ["reasoning.summary"]
    assert Capability.REASONING in ENDPOINT.capabilities
