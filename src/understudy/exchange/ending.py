"""Endings without a whole answer: whether it has to be one, what the client is told, and how the
books call it.
"""

import contextlib
import itertools
from collections.abc import Sequence

import msgspec

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished, StopReason
from understudy.chat.failure import Failure, Fault, Signal, Surface
from understudy.chat.request import Role
from understudy.dialects.base import Glance
from understudy.exchange import words
from understudy.exchange.attempt import Attempt
from understudy.exchange.delivery import Delivery
from understudy.exchange.messages import Command, SendData
from understudy.exchange.splice import can_continue, is_only_thought
from understudy.exchange.writing import Writer
from understudy.journal.entry import AttemptEntry
from understudy.routing.steps import NoTarget
from understudy.routing.topology import OnBreak, Route

PREFILL = frozenset({Capability.PREFILL})
REFUSED = frozenset({StopReason.REFUSAL, StopReason.CONTENT_FILTER})

MUTE = Failed(Signal(Surface.GATEWAY, flag="said_nothing", message="a good end without a word"))
"""What the first such answer of a request counts as: somebody else is asked, once."""


class Ending(msgspec.Struct, frozen=True):
    """`outcome` is the journal's word; not `clean`: the connection is cut, so that all can
    see it.
    """

    commands: Sequence[Command]
    outcome: str
    failure: str | None = None
    clean: bool = True


def refused(failure: Failure, delivery: Delivery) -> Ending:
    """End with an error of the gateway's own."""
    if delivery.committed:
        return Ending((), "cut", failure.kind, clean=False)
    outcome = "rejected" if failure.fault is Fault.CLIENT else "failed"
    return Ending(delivery.refuse(failure), outcome, failure.kind)


def unserved(refusal: NoTarget, lossy: Sequence[str], delivery: Delivery) -> Ending:
    """End a request that nobody could be asked: for its losses, or since nobody can or is there."""
    return refused(words.lossy(lossy) if lossy else words.nobody(refusal), delivery)


def given_up(
    failure: Failure,
    attempt: Attempt,
    tried: Sequence[AttemptEntry],
    delivery: Delivery,
    retry_after: float | None,
) -> Ending:
    """End with what the last attempt failed of: a provider's own words where they are the client's
    own mistake in its own dialect, else what may be said of all attempts.
    """
    is_callers = words.is_callers(failure)
    if is_callers and delivery.speaks(attempt) and attempt.error_body and attempt.head:
        commands = delivery.pass_on(attempt.head, attempt.error_body)
    else:
        commands = delivery.refuse(words.public(failure, tried, retry_after))
    return Ending(commands, "rejected" if is_callers else "failed", failure.kind)


def cut(
    failure: Failure,
    attempt: Attempt,
    tried: Sequence[AttemptEntry],
    delivery: Delivery,
    writer: Writer,
) -> Ending:
    """End an answer already begun so that nobody takes it for whole."""
    told = words.public(failure, tried, None)
    last = b""
    if attempt.is_stream and not attempt.is_unwatched:
        with contextlib.suppress(InvalidRequest):
            last = delivery.abort(told, writer.request())
    if not last:  # nothing says it, so the connection has to
        return Ending((), "cut", failure.kind, clean=False)
    return Ending((SendData(last),), "cut", failure.kind)


def judged(end: Finished | Failed, route: Route, delivery: Delivery) -> Finished | Failed:
    """A refusal is an answer, unless the route says otherwise and nothing has been shown."""
    if isinstance(end, Failed) or end.stop not in REFUSED or delivery.committed:
        return end
    if not route.policy.refusal_fails_over:
        return end
    return Failed(Signal(Surface.SEMANTIC, finish=end.native, message="refused"))


def is_mute(end: Finished | Failed | None, attempt: Attempt, writer: Writer) -> bool:
    """Whether a good end has no word before it, though the caller is owed one.

    A model may have nothing to add to results of tools, or to its own words (Claude docs,
    "Handling stop reasons"); of a continuation it means that the text was whole.
    """
    if type(end) is not Finished or end.stop is not StopReason.END or end.result is not None:
        return False
    if attempt.first_content is not None or attempt.splice is not None:
        return False
    try:
        messages = writer.request().messages
    except InvalidRequest:
        return False
    back = (message.role for message in reversed(messages))
    asked = set(itertools.takewhile(lambda role: role is not Role.ASSISTANT, back))
    return bool(asked) and Role.TOOL not in asked


def rest_needs(
    route: Route, glance: Glance, delivery: Delivery, writer: Writer
) -> frozenset[Capability] | None:
    """Return what a target must be able to do that goes on with an answer that broke.

    None where nobody can: nothing was said yet, the route does not want it, or the answer is of a
    kind that is never put together from two. An answer of which only reasoning was seen is begun
    anew.
    """
    if not delivery.committed or route.on_break is not OnBreak.RESUME or not glance.is_talk:
        return None
    pieces = delivery.pieces()
    if is_only_thought(pieces):
        return frozenset()
    try:
        return PREFILL if can_continue(pieces, writer.request()) else None
    except InvalidRequest:
        return None
