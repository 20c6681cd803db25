"""Numbers of a request, each within what a vendor takes; what lies outside is put at the bound.

Sources (November 2026): OpenAI API reference, "Create chat completion" and "Create a model
response"; Claude API reference, "Messages"; Gemini API reference, "GenerationConfig" (its numbers
are 32 bits wide) and "Thinking" (budgets of the 2.5 models); botocore's InferenceConfiguration.
Cohere's other bounds are beside its dialect.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request, Sampling

_SIGNED = (-2.0, 2.0)
_SHARE = (0.0, 1.0)
_INT64 = (-(2**63), 2**63 - 1)
_OPENAI: Mapping[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": _SHARE,
    "frequency_penalty": _SIGNED,
    "presence_penalty": _SIGNED,
    "n": (1, 128),
    "top_logprobs": (0, 20),
    "seed": _INT64,
}
_CLAUDE: Mapping[str, tuple[float, float]] = {
    "temperature": _SHARE,
    "top_p": _SHARE,
    "top_k": (0, 2**31 - 1),
}
BOUNDS: Mapping[str, Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "openai_chat": _OPENAI,
        "openai_responses": _OPENAI,
        "vertex_mistral": _OPENAI,
        "openai_completions": _OPENAI,
        "anthropic_messages": _CLAUDE,
        "bedrock_invoke": _CLAUDE,
        "vertex_anthropic": _CLAUDE,
        "bedrock_converse": {"temperature": _SHARE, "top_p": _SHARE},
        "gemini_generate": {
            "temperature": (0.0, 2.0),
            "top_p": _SHARE,
            "top_k": (1, 64),
            "frequency_penalty": (-2.0, 1.99),
            "presence_penalty": (-2.0, 1.99),
            "n": (1, 8),
            "top_logprobs": (0, 20),
        },
        "cohere_chat": {"temperature": _SHARE, "seed": (0, 2**64 - 1)},
    }
)
"""From where to where a dialect takes a field of `Sampling`; both ends are taken."""

_SEEDS = {"gemini_generate": 2**31, "ollama_chat": 2**31}
"""So many seeds there are; any other is said as one of them, always the same."""

_BUDGETS = {"gemini_generate": (512, 24576)}
"""Tokens for thinking that every model with budgets takes; 0 and -1 mean something else."""


def within_bounds(request: Request, dialect: str, losses: list[Loss]) -> Request:
    """The request with numbers that `dialect` takes. Adds to `losses` what changed."""
    sampling = _sampled(request.sampling, dialect, losses)
    limit, reasoning = request.max_output_tokens, request.reasoning
    if limit is not None and limit < 1:
        losses.append(Loss("max_output_tokens", f"1, not {limit}", Change.CHANGED))
        limit = 1
    budget = None if reasoning is None else reasoning.budget_tokens
    if reasoning is not None and budget is not None and dialect in _BUDGETS and budget > 0:
        least, most = _BUDGETS[dialect]
        fitting = min(max(budget, least), most)
        if fitting != budget:
            reason = f"{fitting}, not {budget}: from {least} to {most}"
            losses.append(Loss("reasoning.budget_tokens", reason, Change.CHANGED))
            reasoning = msgspec.structs.replace(reasoning, budget_tokens=fitting)
    is_same = sampling is request.sampling and reasoning is request.reasoning
    if is_same and limit == request.max_output_tokens:
        return request
    return msgspec.structs.replace(
        request, sampling=sampling, max_output_tokens=limit, reasoning=reasoning
    )


def _sampled(sampling: Sampling, dialect: str, losses: list[Loss]) -> Sampling:
    changed: dict[str, float] = {}
    for name, (least, most) in BOUNDS.get(dialect, {}).items():
        value = getattr(sampling, name)
        if value is not None and not least <= value <= most:
            changed[name] = min(max(value, least), most)
            reason = f"{changed[name]}, not {value}: from {least} to {most}"
            losses.append(Loss(f"sampling.{name}", reason, Change.CHANGED))
    seeds = _SEEDS.get(dialect)
    if seeds is not None and sampling.seed is not None and not 0 <= sampling.seed < seeds:
        changed["seed"] = sampling.seed % seeds
        reason = f"said as {changed['seed']}, was {sampling.seed}"
        losses.append(Loss("sampling.seed", reason, Change.CHANGED))
    return msgspec.structs.replace(sampling, **changed) if changed else sampling
