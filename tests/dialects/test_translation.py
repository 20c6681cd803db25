"""Every recorded chat in the other dialect: what is heard of it, and what is asked for it."""

import json
import re
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from tests.dialects.atoms import Atom, atoms
from tests.dialects.clients import Clients, Heard, loads
from tests.dialects.recordings import Exchange, exchanges, require
from tests.dialects.validity import VALID

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed, PartKind, StopReason
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Response, fold, unfold
from understudy.chat.usage import Usage
from understudy.dialects import gemini_generate
from understudy.dialects.anthropic_messages.ids import clean_id
from understudy.dialects.catalog import DIALECTS

HOSTS = frozenset(
    {"openai", "azure", "groq", "xai", "mistral", "deepseek", "openrouter", "together"}
)
KNOWN = {**DIALECTS, gemini_generate.DIALECT.name: gemini_generate.DIALECT}
"""Also the one that the catalogue does not offer yet."""

GOOGLE = frozenset({"gemini", "vertex"})
CHATS = {
    "openai_chat": exchanges("chat", HOSTS),
    "anthropic_messages": exchanges("messages", frozenset({"anthropic"})),
    "gemini_generate": exchanges("generateContent", GOOGLE)
    + exchanges("streamGenerateContent", GOOGLE),
}
WAYS = [
    ("openai_chat", "anthropic_messages"),
    ("anthropic_messages", "openai_chat"),
    ("gemini_generate", "openai_chat"),
    ("gemini_generate", "anthropic_messages"),
]

SPOKEN = frozenset({PartKind.TEXT, PartKind.REFUSAL, PartKind.AUDIO})
STOPS = {
    "anthropic_messages": {
        StopReason.END: "end_turn",
        StopReason.LENGTH: "max_tokens",
        StopReason.STOP_SEQUENCE: "stop_sequence",
        StopReason.TOOL_CALLS: "tool_use",
        StopReason.REFUSAL: "refusal",
        StopReason.PAUSE: "pause_turn",
    },
    "openai_chat": {
        StopReason.END: "stop",
        StopReason.LENGTH: "length",
        StopReason.STOP_SEQUENCE: "stop",
        StopReason.TOOL_CALLS: "tool_calls",
        StopReason.REFUSAL: "content_filter",
        StopReason.CONTENT_FILTER: "content_filter",
    },
}

pytestmark = pytest.mark.recordings


def answers(source: str) -> Iterator[tuple[Exchange, list[Event]]]:
    """Every good answer of a dialect, as its own decoder reads it."""
    for chat in CHATS[source]:
        if not chat.response or chat.status >= 300:
            continue
        decoder = KNOWN[source].decoder(chat.head, stream=chat.is_stream)
        items = [*decoder.receive_data(chat.response), *decoder.receive_eof()]
        events = [event for item in items for event in item.events]
        if not isinstance(events[-1], Failed):
            yield chat, events


@pytest.mark.timeout(120)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(("source", "target"), WAYS, ids=["_to_".join(way) for way in WAYS])
def test_the_official_client_hears_the_same(source, target, stream):
    require(CHATS[source], f"{source} to {target}")
    clients = Clients()
    counts: Counter[str] = Counter()
    for chat, events in answers(source):
        response = fold(events)
        encoder = KNOWN[target].encoder(Request("m", (), stream=stream))
        said = events if chat.is_stream else list(unfold(response))
        body = b"".join(encoder.send(event) for event in said)
        heard = clients.hear(target, encoder.head(), body, stream=stream)
        expected = expectation(response, target)
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


def expectation(response: Response, target: str) -> Heard:
    """What the first answer says, in the words of the target's client."""
    pieces = [piece for piece in response.pieces if piece.start.choice == 0]
    is_anthropic = target == "anthropic_messages"
    calls = []
    for piece in pieces:
        if piece.start.kind is PartKind.TOOL_CALL:
            call_id = piece.start.id or ""
            name = piece.start.name or ""
            calls.append((clean_id(call_id) if is_anthropic else call_id, name, loads(piece.text)))
    thoughts = [p.text for p in pieces if p.start.kind is PartKind.REASONING]
    return Heard(
        text="".join(piece.text for piece in pieces if piece.start.kind in SPOKEN),
        thoughts="".join(thoughts),
        calls=calls,
        stop=STOPS[target].get(response.stop),
        usage=counts_of(response.usage or Usage(), is_anthropic=is_anthropic),
    )


def counts_of(usage: Usage, *, is_anthropic: bool) -> dict[str, int | None]:
    if is_anthropic:
        return {
            "input": usage.input_tokens,
            "read": usage.cache_read_tokens,
            "written": usage.cache_write_tokens,
            "output": usage.output_tokens,
        }
    return {
        "prompt": usage.prompt_tokens,
        "read": usage.cache_read_tokens,
        "output": usage.output_tokens,
        "total": usage.prompt_tokens + usage.output_tokens,
    }


def excuses(loss: Loss, name: str) -> bool:
    """Whether a loss of an answer accounts for a difference in what is heard."""
    match name:
        case "stop" | "usage":
            return loss.path == name
        case "calls":
            return loss.path.endswith((".arguments", ".id"))
        case _:
            return loss.path.startswith("parts[") and not loss.path.endswith(".citations")


PATHS = {"openai_chat": "/v1/chat/completions", "anthropic_messages": "/v1/messages"}


def endpoint(target: str, *, able: bool) -> Endpoint:
    """A model that can do everything, or one that can do and takes little."""
    model = Endpoint(target, "m", PATHS[target], "someone")
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
    asked = [chat for chat in CHATS[source] if chat.request]
    require(asked, f"requests of {source} written as {target}")
    counts: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for chat in asked:
        try:
            request = KNOWN[source].parse_request(chat.request)
        except InvalidRequest:
            counts["invalid"] += 1
            continue
        written, losses = KNOWN[target].build_request(request, endpoint(target, able=able))
        VALID[target](json.loads(written.body))
        again = KNOWN[target].parse_request(written.body)
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
    for path, kind, value in atoms(was):
        key = repr((kind, value))
        if left[key]:
            left[key] -= 1
        else:
            missing.append((path, kind, value))
    return missing


def covers(loss: Loss, path: str) -> bool:
    """Whether a loss speaks of a place: of it, or of what it is in."""
    if path == "reasoning.enabled" and loss.path.startswith("reasoning."):
        return True
    return path == loss.path or path.startswith((f"{loss.path}.", f"{loss.path}["))
