"""Policy and capability: which targets may, and can, take a request at all, whoever is up.

Both come before ranking, on every hop, in panic too. A policy answers from the route and the
target alone; the capability check needs the request. Neither looks at health.
"""

from collections.abc import Sequence
from typing import Final

from understudy.chat.attached import too_much
from understudy.chat.endpoint import Capability, Needs
from understudy.routing.seat import Seat
from understudy.routing.topology import Policy, Target

MARGIN: Final = 2
"""How often the context window the estimate of a prompt must be before a target is refused.

`Needs.input_tokens` is bytes / 3, from above: English text is nearer to bytes / 4, indented code
or repeated words to bytes / 6. A prompt is refused only where half the estimate is too much, so
that no target is lost to a bad guess; one that is too long after all comes back as a
context-length failure, and goes on to a larger window.
"""

_OPAQUE: Final = frozenset({Capability.VISION, Capability.DOCUMENTS, Capability.AUDIO_INPUT})
"""What makes a body long in bytes but not in tokens: the estimate says nothing then."""

_WISHES: Final = frozenset({Capability.JSON_MODE})
"""What a request asks for but can do without: JSON without a schema is asked for in the prompt as
well (the dialects that have the mode demand it), so a target without the mode will mostly say it.
A schema is a promise to the caller, and stays a need.
"""


def denial(policy: Policy, target: Target) -> str | None:
    """Return why the policy forbids the target, None when it allows it.

    A price that is not known is not filtered on; a label that is not there is not allowed.
    """
    for label, allowed in policy.require.items():
        value = target.labels.get(label)
        if value not in allowed:
            found = "missing" if value is None else repr(value)
            return f"policy: {label} is {found}, allowed: {', '.join(allowed) or 'nothing'}"
    limit, price = policy.max_price_output, target.price.output
    if limit is not None and price is not None and price > limit:
        return f"policy: output costs {price:g} $ for a million tokens, allowed: {limit:g}"
    return None


def shortfall(seat: Seat, needs: Needs, *, larger_than: int = 0) -> str | None:
    """Return what the target lacks for the request, None when it can take it.

    `larger_than`: a context window, in tokens, that has proved too small for this request.
    """
    missing = needs.capabilities - seat.capabilities - _WISHES
    if missing:
        return f"cannot do: {', '.join(sorted(capability.value for capability in missing))}"
    window = seat.window
    if larger_than and (window is None or window <= larger_than):
        found = "unknown" if window is None else str(window)
        return f"context window is {found}, needed: more than {larger_than}"
    if window is not None and least_tokens(needs) > window:
        return f"context window is {window}, the prompt is about {needs.input_tokens} tokens"
    most = seat.target.endpoint.limits.files
    if needs.attached is not None and most is not None:
        return too_much(needs.attached, most)
    return None


def unfulfilled(seat: Seat, needs: Needs) -> frozenset[Capability]:
    """Return what the request wishes for and the target has not: it is asked after those that do.

    That it is left out is a loss, so `on_loss = "reject"` passes such a target over.
    """
    return (needs.capabilities & _WISHES) - seat.capabilities


def preferred(seats: Sequence[Seat], needs: Needs) -> Sequence[Seat]:
    """Return those of `seats` that have all that is wished for; all of them where none has."""
    if not needs.capabilities & _WISHES:
        return seats
    return [seat for seat in seats if not unfulfilled(seat, needs)] or seats


def least_tokens(needs: Needs) -> int:
    """Return the tokens that the prompt has at least: see MARGIN."""
    if needs.capabilities & _OPAQUE:
        return 0
    return needs.input_tokens // MARGIN
