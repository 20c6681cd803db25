"""Journal entries in the words of OpenTelemetry's semantic conventions for generative AI.

Source: OpenTelemetry semantic conventions 1.41, "Semantic conventions for generative client AI
spans" (status: development). What they have no word for is under `understudy.`.
"""

import msgspec

from understudy.chat.usage import Usage
from understudy.journal.entry import AttemptEntry, RequestEntry

Value = str | int | float | bool | tuple[str, ...]
Attributes = dict[str, Value]


class Span(msgspec.Struct, frozen=True):
    """One span. `start` and `end` are Unix seconds; `parent` is the place in the list, or None."""

    name: str
    kind: str
    start: float
    end: float
    is_error: bool
    attributes: Attributes
    parent: int | None = None


def spans(entry: RequestEntry) -> list[Span]:
    """Return the request's span (a server's), then one for each attempt (a client's)."""
    request = Span(
        name=f"{entry.operation} {entry.route}",
        kind="server",
        start=entry.at,
        end=entry.at + entry.duration,
        is_error=entry.outcome in {"failed", "cut"},
        attributes=request_attributes(entry),
    )
    return [request, *(_attempt_span(entry, attempt) for attempt in entry.attempts)]


def request_attributes(entry: RequestEntry) -> Attributes:
    """Return what is said of a request as the client sees it: `route` is the model it asked for."""
    found: Attributes = {
        "gen_ai.operation.name": entry.operation,
        "gen_ai.provider.name": "understudy",
        "gen_ai.request.model": entry.route,
        "gen_ai.request.stream": entry.stream,
        "http.response.status_code": entry.status,
        "understudy.request.id": entry.id,
        "understudy.caller": entry.caller,
        "understudy.dialect": entry.dialect,
        "understudy.outcome": entry.outcome,
        "understudy.attempts": len(entry.attempts),
    }
    if entry.target is not None:
        found["gen_ai.response.model"] = _model(entry.target)
        found["understudy.target"] = entry.target
    if entry.first_content is not None:
        found["gen_ai.response.time_to_first_chunk"] = entry.first_content
    if entry.failure is not None:
        found["error.type"] = entry.failure
    if entry.cost_usd is not None:
        found["understudy.cost_usd"] = entry.cost_usd
    if entry.losses:
        found["understudy.losses"] = entry.losses
    if entry.seam is not None:
        found["understudy.seam"] = entry.seam
    found.update(_usage(entry.usage))
    return found


def attempt_attributes(entry: RequestEntry, attempt: AttemptEntry) -> Attributes:
    """Return what is said of one attempt at one target."""
    found: Attributes = {
        "gen_ai.operation.name": entry.operation,
        "gen_ai.provider.name": attempt.target.partition("/")[0],
        "gen_ai.request.model": _model(attempt.target),
        "gen_ai.request.stream": entry.stream,
        "understudy.attempt": attempt.number,
        "understudy.target": attempt.target,
        "understudy.outcome": attempt.outcome,
    }
    if attempt.status is not None:
        found["http.response.status_code"] = attempt.status
    if attempt.first_content is not None:
        found["gen_ai.response.time_to_first_chunk"] = attempt.first_content - attempt.started
    if is_failure(attempt):
        found["error.type"] = attempt.outcome
    if attempt.charge is not None:
        found["understudy.charged_to"] = attempt.charge
    if attempt.cost_usd is not None:
        found["understudy.cost_usd"] = attempt.cost_usd
    found.update(_usage(attempt.usage))
    return found


def is_failure(attempt: AttemptEntry) -> bool:
    """Tell whether an attempt went wrong; one that was given up is nobody's fault."""
    return attempt.outcome not in {"ok", "abandoned"}


def _attempt_span(entry: RequestEntry, attempt: AttemptEntry) -> Span:
    return Span(
        name=f"{entry.operation} {_model(attempt.target)}",
        kind="client",
        start=entry.at + attempt.started,
        end=entry.at + attempt.ended,
        is_error=is_failure(attempt),
        attributes=attempt_attributes(entry, attempt),
        parent=0,
    )


def _usage(usage: Usage | None) -> Attributes:
    """Cached tokens are part of the input there; with us they stand beside it."""
    if usage is None:
        return {}
    found: Attributes = {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
    }
    for name, tokens in (
        ("cache_read.input_tokens", usage.cache_read_tokens),
        ("cache_creation.input_tokens", usage.cache_write_tokens),
        ("reasoning.output_tokens", usage.reasoning_tokens),
    ):
        if tokens:
            found[f"gen_ai.usage.{name}"] = tokens
    return found


def _model(target: str) -> str:
    """The part of a target's name that is the model: neither its provider nor the key's number."""
    _, _, model = target.partition("/")
    return (model or target).partition("#")[0]
