"""`additionalModelRequestFields`, read: what a model takes beyond Converse, as its lab spells it.

Sources: Amazon Bedrock user guide, "Inference request parameters" for Anthropic Claude, Amazon Nova
and OpenAI models (2026). What is read here has a neutral word; the rest stays as it is.
"""

from typing import NamedTuple

from understudy.chat.request import ReasoningConfig
from understudy.dialects.bedrock_converse.schema import (
    MALFORMED,
    Raw,
    Raws,
    decode_any,
    decode_raws,
    encode,
    said,
)

_THINKING = frozenset({"type", "budget_tokens", "display"})
_NOVA = frozenset({"type", "maxReasoningEffort"})


class More(NamedTuple):
    """What was understood, and what was not."""

    top_k: int | None
    reasoning: ReasoningConfig | None
    rest: Raws


def read_more(raw: Raw | None, effort: str | None) -> More:
    """Read the object. `effort`: what `outputConfig` says of it. Raises: MsgspecError."""
    fields = {} if raw is None else said(decode_raws(raw))
    top_k = _top_k(fields)
    config = _thinking(fields) or _nova(fields)
    found = effort or _effort(fields)
    if found is not None:
        enabled = None if config is None else config.enabled
        budget = None if config is None else config.budget_tokens
        summary = None if config is None else config.summary
        config = ReasoningConfig(enabled, found, budget, summary)
    return More(top_k, config, fields)


def _top_k(fields: Raws) -> int | None:
    for path in (("top_k",), ("inferenceConfig", "topK")):
        found = _look(fields, path)
        if isinstance(found, int) and not isinstance(found, bool):
            _take(fields, path)
            return found
    return None


def _thinking(fields: Raws) -> ReasoningConfig | None:
    """Claude's: a budget, or as much as it likes."""
    config = _look(fields, ("thinking",))
    if not isinstance(config, dict) or not config.keys() <= _THINKING:
        return None
    kind, budget, display = (config.get(name) for name in ("type", "budget_tokens", "display"))
    is_known = kind in {"enabled", "adaptive", "disabled"} and (kind == "enabled") == (
        isinstance(budget, int) and not isinstance(budget, bool)
    )
    if not is_known or not isinstance(display, str | None):
        return None
    _take(fields, ("thinking",))
    return ReasoningConfig(kind != "disabled", budget_tokens=budget, summary=display)


def _nova(fields: Raws) -> ReasoningConfig | None:
    """Nova's: on or off, with an effort."""
    config = _look(fields, ("reasoningConfig",))
    if not isinstance(config, dict) or not config.keys() <= _NOVA:
        return None
    kind, effort = config.get("type"), config.get("maxReasoningEffort")
    if kind not in {"enabled", "disabled"} or not isinstance(effort, str | None):
        return None
    _take(fields, ("reasoningConfig",))
    return ReasoningConfig(kind == "enabled", effort)


def _effort(fields: Raws) -> str | None:
    for path in (("output_config", "effort"), ("reasoning_effort",)):
        found = _look(fields, path)
        if isinstance(found, str):
            _take(fields, path)
            return found
    return None


def _look(fields: Raws, path: tuple[str, ...]) -> object:
    raw = fields.get(path[0])
    if raw is None:
        return None
    try:
        value = decode_any(raw)
    except MALFORMED:
        return None
    for name in path[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _take(fields: Raws, path: tuple[str, ...]) -> None:
    """Remove a field, and the object that it was alone in."""
    if len(path) == 1:
        del fields[path[0]]
        return
    rest = {name: each for name, each in decode_raws(fields[path[0]]).items() if name != path[1]}
    if rest:
        fields[path[0]] = Raw(encode(rest))
    else:
        del fields[path[0]]
