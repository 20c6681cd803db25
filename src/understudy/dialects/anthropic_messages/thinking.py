"""How much the model shall think: budgets, efforts, and what excludes thinking.

Sources: Claude API docs, "Thinking", "Effort" (2026). Older models know budgets only, newer ones
efforts only; an endpoint says so by rejecting `reasoning.effort` or `reasoning.budget_tokens`.
"""

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Choice, ReasoningConfig, Request
from understudy.dialects.anthropic_messages.schema import NAME, Raw
from understudy.dialects.signed_turns import lacks_thoughts

MIN_BUDGET = 1024
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_BUDGETS = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32768,
    "max": 65536,
}
_DISPLAYS = frozenset({"summarized", "omitted"})
_OFF: dict[str, object] = {"type": "disabled"}


class Thinking(msgspec.Struct, frozen=True):
    """What to send: the `thinking` object and `output_config.effort`, either of them or none."""

    config: dict[str, object] | Raw | None = None
    effort: str | None = None
    losses: tuple[Loss, ...] = ()

    @property
    def is_on(self) -> bool:
        return isinstance(self.config, dict) and self.config is not _OFF


def write_thinking(request: Request, endpoint: Endpoint, limit: int, *, prefills: bool) -> Thinking:
    """Say `request.reasoning` to `endpoint`, which will write at most `limit` tokens."""
    config = request.reasoning
    if config is None or "reasoning" in endpoint.rejects:
        return Thinking(losses=() if config is None else (_rejected("reasoning"),))
    is_off = config.enabled is False or config.effort == "none"
    if Capability.REASONING not in endpoint.capabilities:
        if is_off:
            return Thinking()
        return Thinking(losses=(Loss("reasoning", "this target does not think"),))
    if is_off:
        return _switched_off(config, endpoint)
    own = request.extensions.get(NAME, {}).get("thinking")
    if own is not None:
        return Thinking(own, config.effort)
    is_asked = config.enabled or config.budget_tokens is not None or NAME not in request.extensions
    thinking = _switched_on(config, endpoint, limit) if is_asked else _effort_only(config, endpoint)
    obstacle = _obstacle(thinking, request, endpoint, prefills=prefills)
    if obstacle is not None:
        paths = ["reasoning.enabled"]
        if config.budget_tokens is not None:
            paths.append("reasoning.budget_tokens")
        lost = [Loss(path, f"thinking excludes {obstacle}") for path in paths]
        return Thinking(None, thinking.effort, (*thinking.losses, *lost))
    return _displayed(thinking, config.summary)


def _switched_off(config: ReasoningConfig, endpoint: Endpoint) -> Thinking:
    effort, losses = _effort(config, endpoint)
    if "reasoning.enabled" in endpoint.rejects:
        return Thinking(None, effort, (*losses, _rejected("reasoning.enabled")))
    return Thinking(_OFF, effort, losses)


def _obstacle(
    thinking: Thinking, request: Request, endpoint: Endpoint, *, prefills: bool
) -> str | None:
    """What forbids to think ("Extended thinking", feature compatibility).

    With a forced tool choice, adaptive thinking is taken (recording a61c989f75c6), a budget is not;
    nor is it amid calls whose turn has no thoughts ("a final assistant message must start with a
    thinking block", as older models answer with 400).
    """
    if not isinstance(thinking.config, dict):
        return None
    if prefills:
        return "an answer begun by the caller"
    choice = request.tool_choice
    is_forced = choice is not None and choice.mode in {Choice.REQUIRED, Choice.NAMED}
    if request.tools and is_forced and "budget_tokens" in thinking.config:
        return "a forced tool choice"
    has_budget = "budget_tokens" in thinking.config
    if has_budget and lacks_thoughts(request.messages, endpoint.producer):
        return "a turn of calls without thoughts"
    return None


def _switched_on(config: ReasoningConfig, endpoint: Endpoint, limit: int) -> Thinking:
    takes_budget = "reasoning.budget_tokens" not in endpoint.rejects
    takes_effort = "reasoning.effort" not in endpoint.rejects
    budget = config.budget_tokens
    if budget is None and (takes_effort or not takes_budget):
        effort, losses = _effort(config, endpoint)
        return Thinking({"type": "adaptive"}, effort, losses)
    if budget is not None and not takes_budget:
        near = config.effort or _nearest(budget)
        effort, losses = _effort(msgspec.structs.replace(config, effort=near), endpoint)
        reason = "this target decides by itself how much to think"
        changed = Loss("reasoning.budget_tokens", reason, Change.CHANGED)
        return Thinking({"type": "adaptive"}, effort, (*losses, changed))
    return _budgeted(config, endpoint, limit)


def _budgeted(config: ReasoningConfig, endpoint: Endpoint, limit: int) -> Thinking:
    losses: tuple[Loss, ...] = ()
    effort = None
    wanted = config.budget_tokens
    if wanted is None:
        wanted = _BUDGETS.get(config.effort or "medium", _BUDGETS["medium"])
        losses = (Loss("reasoning.effort", f"said as {wanted} tokens", Change.CHANGED),)
    else:
        effort, losses = _effort(config, endpoint)
    budget = max(MIN_BUDGET, min(wanted, limit - 1))
    if budget >= limit:
        reason = f"thinking takes {MIN_BUDGET} tokens, and the answer may have {limit}"
        return Thinking(None, effort, (*losses, Loss("reasoning.budget_tokens", reason)))
    if budget != wanted:
        said = Loss("reasoning.budget_tokens", f"{budget}, not {wanted}", Change.CHANGED)
        losses = (*losses, said)
    return Thinking({"type": "enabled", "budget_tokens": budget}, effort, losses)


def _effort_only(config: ReasoningConfig, endpoint: Endpoint) -> Thinking:
    effort, losses = _effort(config, endpoint)
    return Thinking(None, effort, losses)


def _effort(config: ReasoningConfig, endpoint: Endpoint) -> tuple[str | None, tuple[Loss, ...]]:
    effort = config.effort
    if effort is None or effort == "none":
        return None, ()
    if "reasoning.effort" in endpoint.rejects:
        return None, (_rejected("reasoning.effort"),)
    if effort in _EFFORTS:
        return effort, ()
    if effort == "minimal":
        return "low", (Loss("reasoning.effort", "said as low", Change.CHANGED),)
    return None, (Loss("reasoning.effort", f"no such effort here: {effort[:40]}"),)


def _displayed(thinking: Thinking, summary: str | None) -> Thinking:
    if summary is None:
        return thinking
    if not isinstance(thinking.config, dict):
        lost = Loss("reasoning.summary", "nothing is thought that could be shown")
        return msgspec.structs.replace(thinking, losses=(*thinking.losses, lost))
    display = summary if summary in _DISPLAYS else "summarized"
    losses = thinking.losses
    if display != summary:
        losses = (*losses, Loss("reasoning.summary", f"said as {display}", Change.CHANGED))
    return Thinking({**thinking.config, "display": display}, thinking.effort, losses)


def _nearest(budget: int) -> str:
    return min(_EFFORTS, key=lambda effort: abs(_BUDGETS[effort] - budget))


def _rejected(path: str) -> Loss:
    return Loss(path, "this model refuses it")
