"""What the gateway itself says to a client: refusals of its own, and failures made presentable."""

import math
from collections.abc import Sequence
from types import MappingProxyType

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.failure import Failure, Fault, Progress, Quota, Scope
from understudy.dialects.complaints import timed_out
from understudy.journal.entry import AttemptEntry
from understudy.routing.allowance import Limit, Over
from understudy.routing.steps import NoTarget

MAX_MESSAGE = 2000
MAX_REASONS = 8
"""Targets named in one message; the journal names them all."""

_LASTING = frozenset({"until_human", "permanent"})
_OURS = MappingProxyType(
    {
        Scope.KEY: "its key for that provider",
        Scope.ACCOUNT: "its account with that provider",
        Scope.MODEL: "the model that it asks that provider for",
    }
)
"""What of ours an upstream may find fault with."""

_MONEY = frozenset({Limit.USD_A_DAY, Limit.USD_A_MONTH})
_TOKENS = frozenset({Limit.TOKENS, Limit.TOKENS_A_DAY})

SOON = 1.0
"""Seconds after which to come back where all targets are too busy and none has said until when."""


def _own(kind: str, status: int, message: str, *, code: str, fault: Fault) -> Failure:
    return Failure(
        kind=kind,
        fault=fault,
        domain="request" if fault is Fault.CLIENT else "gateway",
        charge=Scope.NONE,
        progress=Progress.NOT_SENT,
        message=message,
        permanence="none",
        status=status,
        code=code,
    )


def invalid(error: InvalidRequest) -> Failure:
    """The caller's request cannot be read."""
    code = error.code or "invalid_request"
    return _own("gateway.client_bad_input", error.status, str(error), code=code, fault=Fault.CLIENT)


def unknown_model(model: str, close: Sequence[str]) -> Failure:
    """No route has that name. `close` are names like it."""
    hint = f", did you mean {' or '.join(repr(name) for name in close)}" if close else ""
    message = f"no route is named {model[:200]!r}{hint} (GET /v1/models lists them)"
    return _own("gateway.unknown_model", 404, message, code="model_not_found", fault=Fault.CLIENT)


def other_operation(route: str, serves: str, asked: str) -> Failure:
    """The route is for another operation."""
    message = f"route {route!r} serves {serves}, not {asked}; name a route that serves {asked}"
    return _own(
        "gateway.other_operation", 400, message, code="unsupported_by_route", fault=Fault.CLIENT
    )


def nobody(refusal: NoTarget) -> Failure:
    """No target can take the request: never, or not now."""
    named = list(refusal.reasons.items())[:MAX_REASONS]
    reasons = "; ".join(f"{target}: {reason}" for target, reason in named)
    if refusal.fault_is_callers:
        message = (
            f"no target of this route can serve this request ({reasons}); "
            "ask for less, or give this route a target that can"
        )
        return _own(
            "gateway.no_capable_target",
            400,
            message,
            code="context_length_exceeded" if refusal.is_too_long else "unsupported_by_route",
            fault=Fault.CLIENT,
        )
    what = "every target is out of quota" if refusal.is_spent else "no target is available"
    failure = _own(
        "gateway.no_target",
        429 if refusal.is_spent else 503,
        f"{what} now ({reasons}); {_waiting(refusal.retry_after)}",
        code="rate_limit_exceeded" if refusal.is_spent else "no_target_available",
        fault=Fault.GATEWAY,
    )
    return msgspec.structs.replace(failure, retry_after=refusal.retry_after)


def too_late() -> Failure:
    """The files that a request names did not come before its deadline."""
    message = (
        "the files that the request names by their address did not come in time; "
        "send their bytes in the request"
    )
    return _own(
        "gateway.client_bad_input", 400, message, code="invalid_request", fault=Fault.CLIENT
    )


def lossy(reasons: Sequence[str]) -> Failure:
    """Every target would lose something, and that must not be: the route refuses losses, or it is
    a file.
    """
    message = (
        f"no target can take all of this request: {'; '.join(reasons[:MAX_REASONS])}; "
        "leave that out, or give this route a target that takes it"
    )
    return _own("gateway.loss_rejected", 400, message, code="loss_rejected", fault=Fault.CLIENT)


def over_limit(over: Over, request_id: str, wall: float) -> Failure:
    """A caller has used up what it may use. `wall` is what time it is (Unix seconds).

    Codes and types are OpenAI's (API reference, "Error codes"; seen in 2026); an API that has no
    such words has its own for 429.
    """
    limit = over.limit
    is_money = limit in _MONEY
    kind = "insufficient_quota" if is_money else "tokens" if limit in _TOKENS else "requests"
    wait = max(SOON, over.wait)
    quota = None
    if limit is Limit.REQUESTS or limit is Limit.TOKENS:
        left = max(0, int(over.allowed - over.used))
        quota = Quota(kind, int(over.allowed), left, wait, wall + wait)
    used, allowed = (
        f"{each:,.6g}" if is_money else f"{math.ceil(each):,}" for each in (over.used, over.allowed)
    )
    failure = _own(
        f"gateway.caller_limit.{limit.value}",
        429,
        f"this key is over its limit {limit.value}: {used} of {allowed} used; "
        f"come again in {math.ceil(wait)} s",
        code="insufficient_quota" if is_money else "rate_limit_exceeded",
        fault=Fault.CLIENT,
    )
    return msgspec.structs.replace(
        failure, type=kind, retry_after=wait, request_id=request_id, quota=quota
    )


def is_callers(failure: Failure) -> bool:
    """Whether a provider (not a clock of ours) said that the request itself is at fault."""
    return failure.fault is Fault.CLIENT and failure.status is not None


def public(
    failure: Failure, attempts: Sequence[AttemptEntry], retry_after: float | None
) -> Failure:
    """What the client may hear of an upstream's failure: never our credentials' trouble as its own.

    A client's own mistake keeps its status. The rest becomes 429 (every target was out of quota),
    504 (too slow) or 502/503, with the attempts named, and what to do.
    """
    if is_callers(failure):
        return failure
    tried = "; ".join(f"{entry.target}: {entry.outcome}" for entry in attempts[-MAX_REASONS:])
    if attempts and all(entry.status == 429 for entry in attempts):
        status = 429
    elif timed_out(failure):
        status = 504
    else:
        status = 503 if failure.status in {429, 503, 529} else 502
    if retry_after is None:
        retry_after = failure.retry_after
    if retry_after is None and status in {429, 503}:
        retry_after = SOON
    began = f"{len(attempts)} of {len(attempts)} attempts failed ({tried}): {failure.message}"
    advice = f"; {_advice(failure, retry_after)}"
    return msgspec.structs.replace(
        failure,
        status=status,
        code=None if status == 429 else "upstream_failed",
        type=None,
        message=began[: MAX_MESSAGE - len(advice)].rstrip(".; ") + advice,
        retry_after=retry_after,
    )


def _advice(failure: Failure, retry_after: float | None) -> str:
    """What to do about it: waiting does not mend a lasting trouble, nor can the caller."""
    if failure.permanence in _LASTING:
        return f"whoever runs this gateway has to see to {_OURS.get(failure.charge, 'that target')}"
    return _waiting(retry_after)


def _waiting(retry_after: float | None) -> str:
    wait = "later" if retry_after is None else f"in {max(1, math.ceil(retry_after))} s"
    return f"try again {wait}, or give this route another target"
