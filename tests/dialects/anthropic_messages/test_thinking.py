"""How much to think, said to models that know budgets, efforts, both or neither."""

import msgspec
import pytest
from tests.dialects.anthropic_messages.talk import ENDPOINT, built, parsed, request

from understudy.chat.endpoint import Capability
from understudy.chat.parts import Text, ToolCall, ToolResult
from understudy.chat.request import (
    Choice,
    Message,
    ReasoningConfig,
    Request,
    Role,
    Tool,
    ToolChoice,
)

ADAPTIVE = {"type": "adaptive"}
OFF = {"type": "disabled"}
NO_BUDGET = "reasoning.budget_tokens"
NO_EFFORT = "reasoning.effort"


def budget(tokens: int) -> dict:
    return {"type": "enabled", "budget_tokens": tokens}


def asked(limit: int | None = 20_000, **config) -> Request:
    return request(Text("hi"), max_output_tokens=limit, reasoning=ReasoningConfig(**config))


def thought(wanted: Request, *rejects: str) -> tuple[object, object, set[str]]:
    """The thinking and the effort said, and what was lost."""
    body, lost = built(wanted, msgspec.structs.replace(ENDPOINT, rejects=frozenset(rejects)))
    return body.get("thinking"), body.get("output_config", {}).get("effort"), lost


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"budget_tokens": 2000}, (budget(2000), None, set())),
        ({"budget_tokens": 2000, "effort": "low"}, (budget(2000), "low", set())),
        ({"enabled": True}, (ADAPTIVE, None, set())),
        ({"effort": "high"}, (ADAPTIVE, "high", set())),
        ({"effort": "minimal"}, (ADAPTIVE, "low", {"~reasoning.effort"})),
        ({"effort": "wild"}, (ADAPTIVE, None, {"reasoning.effort"})),
        ({"effort": "none"}, (OFF, None, set())),
        ({"enabled": False, "effort": "low"}, (OFF, "low", set())),
        (
            {"enabled": True, "summary": "auto"},
            ({**ADAPTIVE, "display": "summarized"}, None, {"~reasoning.summary"}),
        ),
        (
            {"enabled": True, "summary": "omitted"},
            ({**ADAPTIVE, "display": "omitted"}, None, set()),
        ),
        ({"budget_tokens": 50_000}, (budget(19_999), None, {"~reasoning.budget_tokens"})),
        ({"budget_tokens": 5}, (budget(1024), None, {"~reasoning.budget_tokens"})),
    ],
)
def test_a_model_that_knows_everything(config, said):
    assert thought(asked(**config)) == said


def test_a_model_without_budgets_decides_by_itself():
    said = thought(asked(budget_tokens=9000), NO_BUDGET)
    assert said == (ADAPTIVE, "medium", {"~reasoning.budget_tokens"})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"effort": "low"}, (budget(2048), None, {"~reasoning.effort"})),
        ({"enabled": True}, (budget(8192), None, {"~reasoning.effort"})),
        ({"budget_tokens": 3000, "effort": "low"}, (budget(3000), None, {"reasoning.effort"})),
    ],
)
def test_a_model_without_efforts_gets_a_budget(config, said):
    assert thought(asked(**config), NO_EFFORT) == said


def test_an_answer_too_short_to_think_is_not_thought_about():
    found = thought(asked(limit=800, budget_tokens=2000))
    assert found == (None, None, {"reasoning.budget_tokens"})


def test_what_a_model_refuses_is_lost():
    assert thought(asked(effort="low"), "reasoning") == (None, None, {"reasoning"})
    assert thought(asked(enabled=False), "reasoning.enabled") == (None, None, {"reasoning.enabled"})


def test_a_model_that_does_not_think_is_not_asked_to():
    able = ENDPOINT.capabilities - {Capability.REASONING}
    endpoint = msgspec.structs.replace(ENDPOINT, capabilities=able)
    assert built(asked(effort="high"), endpoint)[1] == {"reasoning"}
    assert built(asked(effort="none"), endpoint)[1] == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"output_config": {"effort": "xhigh"}},
        {"thinking": {"type": "between_tools"}},
    ],
)
def test_what_was_said_in_this_dialect_stays(fields):
    body, lost = built(parsed(**fields, max_tokens=9000))
    assert {name: body[name] for name in fields} == fields
    assert lost == set()


def test_a_budget_excludes_a_forced_choice():
    forced = {"tools": (Tool("f"),), "tool_choice": ToolChoice(Choice.REQUIRED)}
    wanted = msgspec.structs.replace(asked(budget_tokens=2000), **forced)
    assert thought(wanted) == (None, None, {"reasoning.enabled", NO_BUDGET})
    wanted = msgspec.structs.replace(asked(effort="low"), **forced)
    assert thought(wanted) == (ADAPTIVE, "low", set())


def test_a_budget_excludes_calls_that_were_made_without_thoughts():
    wanted = asked(budget_tokens=2000)
    talk = (
        *wanted.messages,
        Message(Role.ASSISTANT, (ToolCall("1", "f", "{}"),)),
        Message(Role.TOOL, (ToolResult("1", (Text("r"),)),)),
    )
    wanted = msgspec.structs.replace(wanted, messages=talk, tools=(Tool("f"),))
    assert thought(wanted) == (None, None, {"reasoning.enabled", NO_BUDGET})
    adaptive = msgspec.structs.replace(wanted, reasoning=ReasoningConfig(True))
    assert thought(adaptive) == (ADAPTIVE, None, set())


def test_nothing_is_thought_before_a_prefill():
    begun = (Message(Role.USER, (Text("q"),)), Message(Role.ASSISTANT, (Text("So"),)))
    wanted = msgspec.structs.replace(asked(effort="low", summary="auto"), messages=begun)
    assert thought(wanted) == (None, "low", {"reasoning.enabled"})


def test_a_summary_of_nothing_is_lost():
    wanted = parsed(output_config={"effort": "low"})
    config = ReasoningConfig(effort="low", summary="auto")
    assert thought(msgspec.structs.replace(wanted, reasoning=config))[2] == {"reasoning.summary"}
