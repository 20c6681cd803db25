"""How hard to think, in words that a model of OpenAI's dialects knows; others get 400.

Which a model knows is among its facts (`Endpoint.efforts`). Where nobody knows, only those are said
that every model has that can be told at all (OpenAI "Reasoning models", November 2026).
"""

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request

ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_USUAL = frozenset({"none", "low", "medium", "high"})
_NAMING = frozenset({"openai_chat", "openai_responses"})


def with_known_effort(request: Request, endpoint: Endpoint, losses: list[Loss]) -> Request:
    """The request with an effort that `endpoint` knows. Adds to `losses` what changed."""
    wanted = request.reasoning
    if wanted is None or endpoint.dialect not in _NAMING:
        return request
    known = endpoint.efforts or _USUAL
    if wanted.effort is not None and wanted.effort not in ORDER and wanted.effort not in known:
        losses.append(Loss("reasoning.effort", f"no such effort here: {wanted.effort[:40]}"))
        config = msgspec.structs.replace(wanted, effort=None)
        return msgspec.structs.replace(request, reasoning=config)
    if wanted.effort in ORDER and wanted.effort not in known:
        path, effort = "reasoning.effort", _nearest(wanted.effort, known)
    elif wanted.enabled is False and wanted.effort is None and "none" not in known:
        path, effort = "reasoning.enabled", _nearest("none", known)
    else:
        return request
    losses.append(Loss(path, f"said as {effort}: the model knows no such word", Change.CHANGED))
    enabled = None if path == "reasoning.enabled" else wanted.enabled
    config = msgspec.structs.replace(wanted, effort=effort, enabled=enabled)
    return msgspec.structs.replace(request, reasoning=config)


def _nearest(effort: str, known: frozenset[str]) -> str:
    """The known effort next to one; of two as near, the lesser. Nobody is silenced or woken up."""
    place = ORDER.index(effort)
    thinking = [each for each in ORDER if each in known and each != "none"]
    return min(thinking, key=lambda each: abs(ORDER.index(each) - place))
