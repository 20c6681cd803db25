"""Every recorded chat in every other dialect: what is heard of it, and what is asked for it."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from tests.dialects.atoms import Atom, atoms
from tests.dialects.recordings import Exchange, require
from tests.dialects.tongues.all import TONGUES
from tests.dialects.tongues.heard import Heard

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects import gemini_generate
from understudy.dialects.catalog import DIALECTS

KNOWN = {**DIALECTS, gemini_generate.DIALECT.name: gemini_generate.DIALECT}
"""Also the one that the catalogue does not offer yet."""

WAYS = list(itertools.permutations(TONGUES, 2))

pytestmark = pytest.mark.recordings


def answers(source: str) -> Iterator[tuple[Exchange, list[Event]]]:
    """Every good answer of a dialect, as its own decoder reads it."""
    tongue = TONGUES[source]
    for chat in tongue.chats:
        if not chat.response or chat.status >= 300:
            continue
        decoder = KNOWN[source].decoder(chat.head, stream=tongue.asks_stream(chat))
        items = [*decoder.receive_data(chat.response), *decoder.receive_eof()]
        events = [event for item in items for event in item.events]
        if not isinstance(events[-1], Failed):
            yield chat, events


@pytest.mark.timeout(120)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(("source", "target"), WAYS, ids=["_to_".join(way) for way in WAYS])
def test_the_official_client_hears_the_same(source, target, stream):
    tongue = TONGUES[target]
    require(TONGUES[source].chats, f"{source} to {target}")
    counts: Counter[str] = Counter()
    for chat, events in answers(source):
        response = fold(events)
        encoder = KNOWN[target].encoder(Request("m", (), stream=stream))
        said = events if TONGUES[source].asks_stream(chat) else list(unfold(response))
        body = b"".join(encoder.send(event) for event in said)
        kind = dict(encoder.head())[b"content-type"].decode()
        heard, expected = tongue.hear(kind, body, stream), tongue.expect(response)
        for name in Heard.__struct_fields__:
            was, now = getattr(expected, name), getattr(heard, name)
            if was != now:
                assert any(excuses(loss, name) for loss in encoder.losses), (
                    chat.id,
                    name,
                    was,
                    now,
                    encoder.losses,
                )
                counts[f"declared: {name}"] += 1
        counts["answers"] += 1
    assert counts["answers"]
    print(dict(counts))  # noqa: T201 - the count is the point


def excuses(loss: Loss, name: str) -> bool:
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


@pytest.mark.timeout(60)
@pytest.mark.parametrize("able", [True, False], ids=["able", "unable"])
@pytest.mark.parametrize(("source", "target"), WAYS, ids=["_to_".join(way) for way in WAYS])
def test_every_request_is_asked_minus_what_is_declared(source, target, able):
    asked = [chat for chat in TONGUES[source].chats if chat.request]
    require(asked, f"requests of {source} written as {target}")
    counts: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for chat in asked:
        try:
            request = KNOWN[source].parse_request(chat.request, chat.path)
        except InvalidRequest:
            counts["invalid"] += 1
            continue
        written, losses = KNOWN[target].build_request(request, endpoint(target, able=able))
        TONGUES[target].valid(json.loads(written.body))
        again = KNOWN[target].parse_request(written.body, written.path)
        for path, kind, value in difference(request, again):
            if not able and (kind, value) == ("reasoning enabled", False):
                continue  # there is nothing to switch off
            assert any(covers(loss, path) for loss in losses), (chat.id, path, kind, value, losses)
        counts["exact" if not losses else "with losses"] += 1
        tokens.update(re.sub(r"\d+", "", loss.token) for loss in losses)
    print(dict(counts), tokens.most_common(12))  # noqa: T201 - the count is the point


def difference(was: Request, now: Request) -> list[Atom]:
    """What the first says and the second does not."""
    left = Counter(repr((kind, value)) for _, kind, value in atoms(now))
    if now.reasoning is not None and now.reasoning.effort is not None:
        left[repr(("reasoning enabled", True))] += 1  # an effort says that, too
    missing = []
    texts = [(kind, str(value)) for _, kind, value in atoms(now) if kind.endswith("text")]
    for path, kind, value in atoms(was):
        key = repr((kind, value))
        if left[key]:
            left[key] -= 1
        elif not any(kind == found and str(value) in text for found, text in texts):
            missing.append((path, kind, value))  # texts may have been joined, nothing else
    return missing


def covers(loss: Loss, path: str) -> bool:
    """Whether a loss speaks of a place: of it, or of what it is in."""
    if path == "reasoning.enabled" and loss.path.startswith("reasoning."):
        return True
    return path == loss.path or path.startswith((f"{loss.path}.", f"{loss.path}["))
