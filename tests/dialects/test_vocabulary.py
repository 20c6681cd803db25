"""Whatever an official SDK can say, one thing at a time: it is said in another dialect, too, or a
loss names it. What was asked or answered is compared as bytes, so that nothing is seen through the
neutral model's eyes.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from tests.dialects.tongues.all import TONGUES
from tests.dialects.vocabularies import ANSWERS, REQUESTS, SCHEMA
from tests.dialects.vocabulary import Vocabulary
from tests.dialects.vocabulary_streams import STREAMS, Framed

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.catalog import CHATS
from understudy.dialects.translating import translate
from understudy.wire.http import ResponseHead

Said = tuple[str, bytes, tuple[Loss, ...]]
Say = Callable[[str, Any, str], Said | None]

PATHS = {
    "gemini_generate": "/v1beta/models/m:generateContent",
    "bedrock_converse": "/model/m/converse",
}
FUNCTION = {"name": "f", "parameters": SCHEMA}
OPENAI_TOOLS = [{"type": "function", "function": FUNCTION}]
TOOLS: dict[str, Any] = {
    "openai_chat": OPENAI_TOOLS,
    "openai_responses": [{"type": "function", **FUNCTION}],
    "anthropic_messages": [{"name": "f", "input_schema": SCHEMA}],
    "gemini_generate": [{"functionDeclarations": [FUNCTION]}],
    "cohere_chat": OPENAI_TOOLS,
    "ollama_chat": OPENAI_TOOLS,
}
OF_TOOLS = re.compile(r"\.(tool_choice|parallel_tool|toolConfig|strict_tools)")

OTHER_WORDS = {
    "arguments": {"input", "function"},
    "cache": {"cachecontrol", "cachepoint"},
    "citations": {"annotations", "citation"},
    "content": {"documents", "document"},
    "custom": {"async", "allowedcallers", "deferloading", "format"},
    "encrypted": {"data", "encryptedcontent", "redactedcontent"},
    "maxoutputtokens": {"maxtokens"},
    "metadata": {"requestmetadata"},
    "reasoning": {"thinking", "effort", "think", "reasoningeffort"},
    "responseformat": {"text", "format", "jsonschema"},
    "signature": {"data", "redactedcontent", "encryptedcontent"},
    "stop": {"stopsequences"},
    "tools": {"functions", "toolconfig"},
    "title": {"name", "filename", "documentname"},
    "toolchoice": {"functioncall"},
    "usage": {"meta", "billedunits"},
    "user": {"userid", "safetyidentifier"},
}
"""What vendors call that which a loss names."""

PLACES = {
    "messages": (".messages", ".input[]", ".contents", ".system"),
    "parts": (".choices", ".output", ".content", ".candidates", ".message", ".item", ".delta"),
    "tools": (".tools", ".functions", ".toolConfig.tools", ".strict_tools"),
}
VAGUE = frozenset({"messages", "parts", "extensions", "tools"})
NOTHING = (
    (r"", r"\.(id|responseId|type|role)$", "names of things: everybody has their own"),
    (r"", r"\.(created|created_at|object|model|modelVersion)$", "not everybody says it"),
    (r"", r"\.(total_tokens|totalTokens)$", "a sum"),
    (r"openai_responses", r"\.(store|text)$", "the usual is meant"),
    (r"openai_responses", r"\.(incomplete_details.*|status|completed_at)$", "how it ended says it"),
    (r"mistral", r"\.response_format$", "the usual is meant"),
    (r"ollama_chat", r"\.stream$", "the usual is meant"),
    (r"gemini", r"\.index$", "of the only answer"),
    (r"gemini", r"willContinue$", "of arguments in pieces"),
    (r"chat chunk", r"\.(finish_reason|obfuscation)$", "a later one says it; padding"),
    (r"responses item", r"\.status$", "how it ended says it"),
    (r"", r"\.(encrypted_index|domain)$", "of a citation: for its own vendor, and in its URL"),
    (r"mistral", r"tool_calls\[\]\.index$", "the order says it"),
)
"""What says nothing to another dialect: of which API, where, and why."""


def _asked(source: str, body: Any, target: str) -> Said | None:
    try:
        request = CHATS[source].parse_request(json.dumps(body).encode(), PATHS.get(source, "/x"))
    except InvalidRequest:
        return None
    endpoint = Endpoint(target, "m", TONGUES[target].path, "someone")
    try:
        written, losses, _ = translate(request, CHATS[target], endpoint)
    except InvalidRequest:
        return None
    return written.path, written.body, losses


def _answered(source: str, body: Any, target: str) -> Said | None:
    return _told(source, json.dumps(body).encode(), target, b"application/json")


def _streamed(frame: Framed, source: str, body: Any, target: str) -> Said | None:
    return _told(source, frame(body), target, b"text/event-stream")


def _told(source: str, data: bytes, target: str, kind: bytes) -> Said | None:
    stream = kind == b"text/event-stream"
    decoder = CHATS[source].decoder(ResponseHead(200, ((b"content-type", kind),)), stream=stream)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    events = [event for item in items for event in item.events]
    if isinstance(events[-1], Failed):
        return None
    encoder = CHATS[target].encoder(Request("m", (), stream=stream))
    return "", b"".join(map(encoder.send, events)), tuple(encoder.losses)


def _words(path: str) -> set[str]:
    plain = re.sub(r"<[^>]*>", "", path)
    return {re.sub("[^a-z]", "", word.lower()) for word in re.findall(r"[A-Za-z_]+", plain)}


def _names(loss: Loss, path: str) -> bool:
    """Whether a loss speaks of a place: by a name of it, or of the whole that it is in."""
    said = _words(loss.path)
    said = said.union(*(OTHER_WORDS.get(word, set()) for word in said)) - VAGUE
    whole = re.fullmatch(
        r"(messages|tools|parts)\[\d+\](\.parts\[\d+\](\.content\[\d+\])?)?", loss.path
    )
    if whole is not None and (loss.change is Change.DROPPED or whole[1] == "parts"):
        return path.startswith(PLACES[whole[1]])
    return bool(said & _words(path))


def _silent(api: str, dialect: str, vocabulary: Vocabulary, say: Say) -> Iterator[str]:
    """Places of which no value makes a difference to another dialect, and of which no loss speaks.

    Each place is tried in two other dialects: they take turns.
    """
    places: dict[str, list[tuple[Any, Any]]] = {}
    for path, was, now in vocabulary.pairs():
        places.setdefault(path, []).append((was, now))
    others = [each for each in TONGUES if each != dialect]
    compared = 0
    for number, (path, pairs) in enumerate(places.items()):
        for target in (others[number % len(others)], others[(number + 3) % len(others)]):
            heard = list(_heard(pairs, path, dialect, target, say))
            compared += bool(heard)
            if heard and not any(heard) and not _is_nothing(api, path):
                yield f"{path} in {target}"
    assert compared > 1.6 * len(places), f"{compared / 2} of {len(places)} could be compared"


def _heard(
    pairs: list[tuple[Any, Any]], path: str, dialect: str, target: str, say: Say
) -> Iterator[bool]:
    """Of each pair that can be said, whether it makes a difference, or a loss speaks of it."""
    for pair in pairs:
        was, now = (say(dialect, _within(dialect, path, body), target) for body in pair)
        if now is not None:
            yield was != now or any(_names(loss, path) for loss in now[2])


def _within(dialect: str, path: str, body: Any) -> Any:
    """What a field needs beside it: tools, where it speaks of them; a call before its result."""
    if "<ToolResultBlockParam>" in path:
        asked = {"type": "tool_use", "id": "QzA", "name": "f", "input": {}}
        return {**body, "messages": [{"role": "assistant", "content": [asked]}, *body["messages"]]}
    if OF_TOOLS.match(path) and "tools" not in body and dialect in TOOLS:
        return {**body, "tools": TOOLS[dialect]}
    return body


def _is_nothing(api: str, path: str) -> bool:
    return any(re.match(where, api) and re.search(what, path) for where, what, _ in NOTHING)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("api", REQUESTS)
def test_whatever_is_asked_is_asked_of_others_or_lost_aloud(api: str) -> None:
    assert list(_silent(api, *REQUESTS[api], _asked)) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("api", ANSWERS)
def test_whatever_is_answered_is_heard_by_others_or_lost_aloud(api: str) -> None:
    assert list(_silent(api, *ANSWERS[api], _answered)) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", STREAMS)
def test_whatever_is_streamed_is_heard_by_others_or_lost_aloud(name: str) -> None:
    dialect, vocabulary, frame = STREAMS[name]
    assert list(_silent(name, dialect, vocabulary, partial(_streamed, frame))) == []
