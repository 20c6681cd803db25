"""What becomes of recorded exchanges in another dialect: the comparison, for tests and figures."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator

import msgspec
from tests.dialects.atoms import Atom, atoms
from tests.dialects.recordings import Exchange
from tests.dialects.tongues.all import TONGUES
from tests.dialects.tongues.heard import Heard

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.catalog import CHATS
from understudy.dialects.translating import translate

WAYS = list(itertools.permutations(TONGUES, 2))


JOINED = ("text", "reasoning")
"""Kinds of atoms that a dialect may say in one where another says several."""


class Difference(msgspec.Struct, frozen=True):
    """Something that is not the same afterwards. `is_declared`: a loss says so."""

    id: str
    what: str
    was: object
    now: object
    losses: tuple[Loss, ...]
    is_declared: bool


class Outcome(msgspec.Struct, frozen=True):
    """One exchange. `losses` are all that were declared."""

    differences: list[Difference]
    losses: tuple[Loss, ...]


def answers(source: str) -> Iterator[tuple[Exchange, list[Event]]]:
    """Every good answer of a dialect, as its own decoder reads it."""
    tongue = TONGUES[source]
    for chat in tongue.chats:
        if not chat.response or chat.status >= 300:
            continue
        decoder = CHATS[source].decoder(chat.head, stream=tongue.asks_stream(chat))
        items = [*decoder.receive_data(chat.response), *decoder.receive_eof()]
        events = [event for item in items for event in item.events]
        if not isinstance(events[-1], Failed):
            yield chat, events


def heard(source: str, target: str, *, stream: bool) -> Iterator[Outcome]:
    """Let the official client of `target` hear every answer of `source`."""
    tongue = TONGUES[target]
    for chat, events in answers(source):
        response = fold(events)
        encoder = CHATS[target].encoder(Request("m", (), stream=stream))
        said = events if TONGUES[source].asks_stream(chat) else list(unfold(response))
        body = b"".join(encoder.send(event) for event in said)
        kind = dict(encoder.head())[b"content-type"].decode()
        now, expected = tongue.hear(kind, body, stream), tongue.expect(response)
        losses = tuple(encoder.losses)
        yield Outcome(
            [
                Difference(chat.id, name, was, is_, losses, _excused(losses, name))
                for name in Heard.__struct_fields__
                if (was := getattr(expected, name)) != (is_ := getattr(now, name))
            ],
            losses,
        )


def _excused(losses: tuple[Loss, ...], name: str) -> bool:
    return any(_excuses(loss, name) for loss in losses)


def _excuses(loss: Loss, name: str) -> bool:
    """Whether a loss of an answer accounts for a difference in what is heard."""
    match name:
        case "stop" | "usage":
            return loss.path == name
        case "calls":
            return loss.path.endswith((".arguments", ".id"))
        case _:
            return loss.path.startswith("parts[") and not loss.path.endswith(".citations")


def endpoint(target: str, *, able: bool) -> Endpoint:
    """A model that can do everything, or one that can do and takes little."""
    model = Endpoint(target, "m", TONGUES[target].path, "someone")
    if able:
        return model
    rejects = frozenset({"sampling.temperature", "sampling.top_p", "stop", "user"})
    return msgspec.structs.replace(
        model, capabilities=frozenset({Capability.TOOLS}), rejects=rejects, max_output_tokens=1500
    )


def asked(source: str, target: str, *, able: bool) -> Iterator[Outcome]:
    """Ask every request of `source` of an endpoint that speaks `target`; valid ones only."""
    for chat in TONGUES[source].chats:
        if not chat.request:
            continue
        try:
            request = CHATS[source].parse_request(chat.request, chat.path)
        except InvalidRequest:
            continue
        goal = endpoint(target, able=able)
        written, losses, _ = translate(request, CHATS[target], goal)
        TONGUES[target].valid(json.loads(written.body))
        again = CHATS[target].parse_request(written.body, written.path)
        yield Outcome(
            [
                Difference(
                    chat.id, path, (kind, value), None, losses, alike(request, losses, kind, value)
                )
                for path, kind, value in missing(request, again)
                # where nobody thinks there is nothing to switch off
                if able or (kind, value) != ("reasoning enabled", False)
            ],
            losses,
        )


def missing(was: Request, now: Request) -> list[Atom]:
    """What the first says and the second does not."""
    left = Counter(repr((kind, value)) for _, kind, value in atoms(now))
    if now.reasoning is not None and now.reasoning.effort is not None:
        left[repr(("reasoning enabled", True))] += 1  # an effort says that, too
    out = []
    texts = [(kind, str(value)) for _, kind, value in atoms(now) if kind.endswith(JOINED)]
    for path, kind, value in atoms(was):
        key = repr((kind, value))
        if left[key]:
            left[key] -= 1
        elif not any(kind == found and str(value) in text for found, text in texts):
            out.append((path, kind, value))  # texts may have been joined, nothing else
    return out


def alike(request: Request, losses: tuple[Loss, ...], kind: str, value: object) -> bool:
    """Whether a loss speaks of one of the places where the same is said: which is missing?"""
    places = [path for path, what, said in atoms(request) if (what, said) == (kind, value)]
    return any(covered(losses, path) for path in places)


def covered(losses: tuple[Loss, ...], path: str) -> bool:
    """Whether a loss speaks of a place: of it, or of what it is in."""
    return any(_covers(loss, path) for loss in losses)


def _covers(loss: Loss, path: str) -> bool:
    if path == "reasoning.enabled" and loss.path.startswith("reasoning."):
        return True
    if path.endswith(".signature") and loss.path == path.removesuffix("signature") + "encrypted":
        return True  # one atom for both
    return path == loss.path or path.startswith((f"{loss.path}.", f"{loss.path}["))
