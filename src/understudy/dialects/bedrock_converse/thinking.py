"""How much the model shall think, in the words of the lab whose model it is.

`outputConfig.effort` is everybody's; budgets and the rest go into `additionalModelRequestFields`.
Which spelling a model knows is said by `Endpoint.accepts`: `thinking` (Claude), `reasoning_config`
(Nova), `reasoning_effort` (OpenAI's open models). Sources: Amazon Bedrock user guide, "Extended
thinking", "Adaptive thinking", "Nova: extended thinking", "OpenAI models" (2026).
"""

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Choice, ReasoningConfig, Request
from understudy.dialects.bedrock_converse.schema import NAME, Object
from understudy.dialects.signed_turns import lacks_thoughts

MIN_BUDGET = 1024
_BUDGETS = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32768,
    "max": 65536,
}
_LEVELS = ("low", "medium", "high")
_EFFORTS = (*_LEVELS, "xhigh", "max")
_DISPLAYS = frozenset({"summarized", "omitted"})


class Thinking(msgspec.Struct, frozen=True):
    """Fields to add to `additionalModelRequestFields`, and an effort for `outputConfig`."""

    fields: Object = {}
    effort: str | None = None
    losses: tuple[Loss, ...] = ()
    is_on: bool = False


def write_thinking(
    request: Request, endpoint: Endpoint, limit: int | None, *, prefills: bool
) -> Thinking:
    """Say `request.reasoning` to `endpoint`, which will write at most `limit` tokens."""
    config = request.reasoning
    if config is None:
        return Thinking()
    is_off = config.enabled is False or config.effort == "none"
    if "reasoning" in endpoint.rejects:
        return Thinking(losses=(Loss("reasoning", "this model refuses it"),))
    if Capability.REASONING not in endpoint.capabilities:
        lost = () if is_off else (Loss("reasoning", "this target does not think"),)
        return Thinking(losses=lost)
    is_own = NAME in request.extensions
    known = endpoint.accepts & {"thinking", "reasoning_config", "reasoning_effort"}
    if "reasoning_config" in known:
        return _as_levels(config, is_off=is_off)
    if "reasoning_effort" in known:
        return _as_word(config, is_off=is_off)
    if "thinking" not in known and not is_own:
        return Thinking(losses=(Loss("reasoning", "how this model is asked to is not known"),))
    thinking = _as_budget(config, endpoint, limit, is_off=is_off)
    obstacle = None if is_own else _obstacle(thinking, request, endpoint, prefills=prefills)
    if obstacle is not None:
        paths = ["reasoning.enabled"]
        if config.budget_tokens is not None:
            paths.append("reasoning.budget_tokens")
        excluded = [Loss(path, f"thinking excludes {obstacle}") for path in paths]
        return Thinking({}, thinking.effort, (*thinking.losses, *excluded))
    return thinking


def _as_levels(config: ReasoningConfig, *, is_off: bool) -> Thinking:
    """Nova's."""
    losses = _lost(config, "budget_tokens", "summary")
    if is_off:
        return Thinking({"reasoningConfig": {"type": "disabled"}}, losses=losses)
    said: Object = {"type": "enabled"}
    level, changed = _level(config)
    if level is not None:
        said["maxReasoningEffort"] = level
    return Thinking({"reasoningConfig": said}, losses=losses + changed)


def _as_word(config: ReasoningConfig, *, is_off: bool) -> Thinking:
    """OpenAI's open models cannot help thinking."""
    losses = _lost(config, "budget_tokens", "summary")
    if is_off:
        lost = Loss("reasoning.enabled", "this model always thinks: low", Change.CHANGED)
        return Thinking({"reasoning_effort": "low"}, losses=(*losses, lost))
    level, changed = _level(config)
    fields: Object = {} if level is None else {"reasoning_effort": level}
    return Thinking(fields, losses=losses + changed, is_on=False)


def _as_budget(
    config: ReasoningConfig, endpoint: Endpoint, limit: int | None, *, is_off: bool
) -> Thinking:
    """Claude's: a budget for older models, an effort and nothing else for newer ones."""
    if is_off:
        return Thinking({"thinking": {"type": "disabled"}}, losses=_lost(config, "summary"))
    effort = config.effort
    losses: tuple[Loss, ...] = ()
    takes_effort = "reasoning.effort" not in endpoint.rejects
    takes_budget = "reasoning.budget_tokens" not in endpoint.rejects
    if effort is not None and effort not in _EFFORTS and takes_effort:
        losses = (Loss("reasoning.effort", "said as low", Change.CHANGED),)
        effort = "low"
    budget = config.budget_tokens
    if budget is None and effort is not None and not takes_effort:
        budget = _BUDGETS.get(effort, _BUDGETS["medium"])
        losses = (*losses, Loss("reasoning.effort", f"said as {budget} tokens", Change.CHANGED))
    if budget is not None and not takes_budget:
        losses = (*losses, Loss("reasoning.budget_tokens", "said as an effort", Change.CHANGED))
        effort, budget = effort or _nearest(budget), None
    if not takes_effort:
        effort = None
    if budget is None and not config.enabled and effort is not None:
        return _shown({}, effort, config, losses)
    if budget is None and takes_effort:
        return _shown({"type": "adaptive"}, effort, config, losses)
    if limit is not None and limit <= MIN_BUDGET:
        reason = f"thinking takes {MIN_BUDGET} tokens, and the answer may have {limit}"
        return Thinking({}, effort, (*losses, Loss("reasoning.budget_tokens", reason)))
    fitting, shortened = _fitting(_BUDGETS["medium"] if budget is None else budget, limit)
    return _shown({"type": "enabled", "budget_tokens": fitting}, effort, config, losses + shortened)


def _fitting(budget: int, limit: int | None) -> tuple[int, tuple[Loss, ...]]:
    """A budget that is large enough, and leaves something of the limit."""
    fitting = max(budget, MIN_BUDGET)
    if limit is not None:
        fitting = min(fitting, max(MIN_BUDGET, limit - 1))
    if fitting == budget:
        return budget, ()
    reason = f"{fitting}, not {budget}: within the limit"
    return fitting, (Loss("reasoning.budget_tokens", reason, Change.CHANGED),)


def _shown(
    thinking: Object, effort: str | None, config: ReasoningConfig, losses: tuple[Loss, ...]
) -> Thinking:
    if config.summary is not None and thinking:
        display = config.summary if config.summary in _DISPLAYS else "summarized"
        if display != config.summary:
            lost = Loss("reasoning.summary", f"said as {display}", Change.CHANGED)
            losses = (*losses, lost)
        thinking = {**thinking, "display": display}
    elif config.summary is not None:
        losses = (*losses, Loss("reasoning.summary", "nothing is said of how to show it"))
    fields: Object = {"thinking": thinking} if thinking else {}
    return Thinking(fields, effort, losses, is_on=bool(thinking))


def _obstacle(
    thinking: Thinking, request: Request, endpoint: Endpoint, *, prefills: bool
) -> str | None:
    """What thinking cannot go with ("Extended thinking", considerations)."""
    if not thinking.is_on:
        return None
    choice = request.tool_choice
    if choice is not None and choice.mode in {Choice.REQUIRED, Choice.NAMED} and request.tools:
        return "a forced choice of tools"
    config = thinking.fields.get("thinking")
    has_budget = isinstance(config, dict) and "budget_tokens" in config
    if has_budget and lacks_thoughts(request.messages, endpoint.producer):
        return "a turn of calls without thoughts"
    return "an answer begun by the caller" if prefills else None


def _level(config: ReasoningConfig) -> tuple[str | None, tuple[Loss, ...]]:
    """One of three levels, near to what was asked for."""
    effort = config.effort
    if effort is None or effort in _LEVELS:
        return effort, ()
    level = "low" if effort == "minimal" else "high"
    return level, (Loss("reasoning.effort", f"said as {level}", Change.CHANGED),)


def _lost(config: ReasoningConfig, *names: str) -> tuple[Loss, ...]:
    return tuple(
        Loss(f"reasoning.{name}", "no word for it") for name in names if getattr(config, name)
    )


def _nearest(budget: int) -> str:
    return min(_EFFORTS, key=lambda effort: abs(_BUDGETS[effort] - budget))
