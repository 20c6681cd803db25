"""Every chat that someone really had over this dialect, read, cut, said again, and sent again."""

import json
from collections import Counter

import msgspec
import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Event, Failed, Finished, PartKind
from understudy.chat.grammar import Grammar
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Response, fold, unfold
from understudy.dialects.base import Edits
from understudy.dialects.openai_chat import DIALECT
from understudy.wire.http import ResponseHead

MAIN = {"openai", "azure", "groq", "xai", "mistral", "deepseek", "openrouter", "together"}
OTHERS = {
    "zai",
    "huggingface",
    "local",
    "snowflake",
    "cerebras",
    "perplexity",
    "alibaba",
    "moonshot",
    "bedrock",
    "gemini",
    "ollama",
}
CHATS = exchanges("chat", frozenset(MAIN | OTHERS))
ANSWERS = tuple(chat for chat in CHATS if chat.response and chat.status < 300)
REQUESTS = tuple(chat for chat in CHATS if chat.request)
ERRORS = tuple(chat for chat in CHATS if chat.response and chat.status >= 400)

BROKEN = {
    "c4e84246d42d": "error_object_in_200",  # Azure: a content filter's 400 under status 200
    "724d9e53d24d": "error_object_in_data",  # Groq: a failed tool call in mid-stream
    "00554412bb34": "error_object_in_data",
    "c0be4d4342f1": "error_object_in_data",  # OpenRouter: the token limit, in mid-stream
    "89df10d39d20": "done_without_finish",  # Snowflake: no finish reason at all
}
REFUSED = {"6485f47ab467": "messages"}  # an empty list of messages; OpenAI said 400 as well

MADE_UP = "chatcmpl-0"

EVERY_BYTE = 4096
CUTS = 15
IN_FULL = 2

pytestmark = pytest.mark.recordings


def decode(data: bytes, *, stream: bool, step: int = 0, at: int = 0) -> list[Event]:
    """Decode in one piece, in pieces of `step` bytes, or in two cut `at` a place."""
    kind = b"text/event-stream" if stream else b"application/json"
    decoder = DIALECT.decoder(ResponseHead(200, ((b"content-type", kind),)), stream=stream)
    if at:
        pieces = [data[:at], data[at:]]
    else:
        pieces = [data[i : i + step] for i in range(0, len(data), step)] if step else [data]
    found = [item for piece in pieces for item in decoder.receive_data(piece)]
    found += decoder.receive_eof()
    assert_kept(found, data)
    return [event for item in found for event in item.events]


def read(chat: Exchange) -> list[Event]:
    return decode(chat.response, stream=chat.is_stream)


def good() -> list[tuple[Exchange, Response]]:
    return [(chat, fold(read(chat))) for chat in ANSWERS if chat.id not in BROKEN]


def test_every_answer_obeys_the_grammar():
    require(ANSWERS, "answers decoded")
    ends: Counter[str] = Counter()
    for chat in ANSWERS:
        found = read(chat)
        grammar = Grammar()
        for event in found:
            grammar.receive(event)
        last = found[-1]
        assert grammar.complete, chat.id
        if isinstance(last, Failed):
            assert BROKEN.get(chat.id) == last.signal.flag, (chat.id, last)
        else:
            response = fold(found)
            assert fold(unfold(response)) == response
        ends[f"{chat.provider} {type(last).__name__}"] += 1
    print(dict(ends))  # noqa: T201 - the count is the point


@pytest.mark.timeout(60)
def test_cutting_is_invisible():
    """Byte by byte, and in two: at every place for some streams of each provider, else at a few."""
    streams = [chat for chat in ANSWERS if chat.is_stream]
    require(streams, "streams cut")
    cuts = 0
    seen: Counter[str] = Counter()
    for chat in streams:
        data = chat.response
        expected = read(chat)
        assert decode(data, stream=True, step=1) == expected, chat.id
        is_short = len(data) <= EVERY_BYTE
        seen[chat.provider] += is_short
        step = 1 if is_short and seen[chat.provider] <= IN_FULL else max(1, len(data) // CUTS)
        for at in range(1, len(data), step):
            assert decode(data, stream=True, at=at) == expected, (chat.id, at)
            cuts += 1
    print(f"{len(streams)} streams cut at {cuts} places")  # noqa: T201


@pytest.mark.parametrize("stream", [True, False])
def test_said_again_it_says_the_same(stream):
    require(ANSWERS, f"answers said again (stream={stream})")
    for chat, response in good():
        encoder = DIALECT.encoder(Request(response.started.model, (), stream=stream))
        said = read(chat) if chat.is_stream and stream else list(unfold(response))
        data = b"".join(encoder.send(event) for event in said)
        again = fold(decode(data, stream=stream))
        assert encoder.losses == [], chat.id
        assert meaning(again) == meaning(response), chat.id
        if not stream and not chat.is_stream:
            ours, theirs = known(json.loads(data)), known(json.loads(chat.response))
            assert ours == theirs, chat.id


def meaning(response: Response) -> object:
    """Everything but a missing id, the finish reason's spelling, and when vendor fields came."""
    started, finished = response.started, response.finished
    fields = {**(started.fields or {}), **(finished.fields or {})}
    pieces = [
        msgspec.structs.replace(piece, text=piece.text or "{}")
        if piece.start.kind is PartKind.TOOL_CALL
        else piece
        for piece in response.pieces
    ]
    calm = msgspec.structs.replace(
        response,
        pieces=tuple(pieces),
        started=msgspec.structs.replace(started, id=started.id or MADE_UP, fields=None),
        finished=msgspec.structs.replace(finished, native=None, fields=None),
    )
    return json.loads(msgspec.json.encode([calm, fields]))


def known(body: dict) -> object:
    """What the official client reads of a whole body."""
    usage = body.get("usage") or {}
    usage = {"prompt_tokens": usage.get("prompt_tokens"), "total_tokens": usage.get("total_tokens")}
    top = {name: body.get(name) for name in ("model", "system_fingerprint", "service_tier")}
    choices = [message_of(choice) for choice in body["choices"]]
    return [{k: v for k, v in top.items() if v}, {k: v for k, v in usage.items() if v}, choices]


def message_of(choice: dict) -> dict:
    message = choice.get("message") or {}
    said = {
        name: message.get(name)
        for name in (
            "content",
            "refusal",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
            "annotations",
        )
    }
    said["tool_calls"] = [
        (_given(call.get("id")), _body(call.get("function") or call.get("custom")))
        for call in message.get("tool_calls") or []
        if (call.get("function") or call.get("custom") or {}).get("name")
    ]
    legacy = message.get("function_call") or {}
    said["function_call"] = legacy if legacy.get("name") else None
    finish = choice["finish_reason"]
    said["finish_reason"] = {"eos": "stop", "": "tool_calls" if said["tool_calls"] else "stop"}.get(
        finish, finish
    )
    return {name: value for name, value in said.items() if value}


def _body(body: dict) -> dict:
    return {**body, "arguments": body.get("arguments") or "{}"}


def _given(id_: str | None) -> str | None:
    return None if not id_ or id_.startswith("call_") else id_


def test_every_request_keeps_its_bytes():
    require(REQUESTS, "requests glanced at and edited")
    for chat in REQUESTS:
        if chat.id in REFUSED:
            continue
        glance = DIALECT.glance(chat.request)
        assert glance.model == chat.asked["model"]
        assert glance.stream is bool(chat.asked.get("stream"))
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request
        edited = DIALECT.edit_request(chat.request, Edits("other", ask_usage=glance.stream))
        options = {"include_usage": True}
        expected = {**chat.asked, "model": "other"}
        if glance.stream:
            expected["stream_options"] = {**(chat.asked.get("stream_options") or {}), **options}
        assert json.loads(edited) == expected, chat.id


def test_every_request_is_written_as_it_was_read():
    require(REQUESTS, "requests read and written")
    lossy = 0
    for chat in REQUESTS:
        if chat.id in REFUSED:
            continue
        request = DIALECT.parse_request(chat.request)
        written, losses = DIALECT.build_request(request, target_of(chat, request.model))
        lossy += bool(losses)
        for path, was, now in differences(plain(chat.asked), plain(json.loads(written.body))):
            assert any(explains(loss, path) for loss in losses), (chat.id, path, was, now)
    print(f"{lossy} of {len(REQUESTS)} requests lost something, and said so")  # noqa: T201


def target_of(chat: Exchange, model: str) -> Endpoint:
    """The same kind of host as the request was written for."""
    asked = chat.asked
    accepts = {
        "cache",
        "sampling.top_k",
        *(name for name in ("reasoning", "thinking") if name in asked),
    }
    if b'"document_url"' in chat.request:
        accepts.add("documents.url")
    return Endpoint("openai_chat", model, "/v1", "someone", accepts=frozenset(accepts))


def explains(loss: Loss, path: str) -> bool:
    """Whether a loss (a neutral path) accounts for a difference (a path in the body)."""
    where = loss.path.replace("sampling.", "").replace("extensions.openai_chat.", "")
    return path.startswith(where.partition(".parts")[0])


def plain(value: object) -> object:
    """One spelling where this dialect allows several, and no field that says nothing."""
    body = _bare(value)
    assert isinstance(body, dict)
    if "max_completion_tokens" in body:
        body["max_tokens"] = body.pop("max_completion_tokens")
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]
    if body.get("stream") is False:
        del body["stream"]
    body.get("stream_options", {}).pop("include_usage", None)
    if body.get("tool_choice") == "any":
        body["tool_choice"] = "required"
    for tool in body.get("tools", []):
        tool.setdefault("type", "function")
    for message in body.get("messages", []):
        _plain_message(message)
    return _bare(body)


def _plain_message(message: dict) -> None:
    content = message.get("content")
    for part in content if isinstance(content, list) else []:
        if isinstance(part.get("image_url"), str):
            part["image_url"] = {"url": part["image_url"]}
    if isinstance(content, list) and len(content) == 1 and content[0].keys() == {"type", "text"}:
        message["content"] = content[0]["text"]
    if not message.get("content"):
        message.pop("content", None)
    for call in message.get("tool_calls", []):
        call.pop("index", None)
        call.setdefault("type", "function")


def _bare(value: object) -> object:
    if isinstance(value, dict):
        inner = {name: _bare(each) for name, each in value.items() if each is not None}
        return {name: each for name, each in inner.items() if each not in ([], {})}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def differences(was: object, now: object, path: str = "") -> list[tuple[str, object, object]]:
    if isinstance(was, dict) and isinstance(now, dict):
        names = {**was, **now}
        return [
            found
            for name in names
            for found in differences(was.get(name), now.get(name), f"{path}.{name}".lstrip("."))
        ]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = enumerate(zip(was, now, strict=True))
        return [found for i, (a, b) in pairs for found in differences(a, b, f"{path}[{i}]")]
    return [] if was == now else [(path, was, now)]


def test_every_error_is_read():
    require(ERRORS, "errors read")
    for chat in ERRORS:
        signal = DIALECT.parse_failure(chat.head, chat.response)
        error = json.loads(chat.response)["error"]
        assert signal.status == chat.status
        assert signal.message == error["message"]
        assert signal.code == (None if error["code"] is None else str(error["code"]))


def test_a_good_answer_reports_its_usage():
    require(ANSWERS, "usage compared")
    for chat, response in good():
        if chat.is_stream:
            continue
        said = json.loads(chat.response).get("usage") or {}
        usage = response.usage
        if said.get("prompt_tokens") is None:
            continue
        assert usage is not None
        assert usage.prompt_tokens == said["prompt_tokens"], chat.id
        total = said.get("total_tokens", 0)
        assert usage.prompt_tokens + usage.output_tokens in (
            total,
            said["prompt_tokens"] + said["completion_tokens"],
        )


def test_a_skim_says_what_the_decoder_says():
    wholes = [chat for chat in ANSWERS if not chat.is_stream]
    require(wholes, "answers skimmed")
    skimmed = 0
    for chat in wholes:
        found = DIALECT.skim(chat.head, chat.response)
        last = read(chat)[-1]
        if found is not None:
            assert isinstance(last, Finished)
            assert (found.stop, found.usage) == (last.stop, last.usage), chat.id
            skimmed += 1
    print(f"{skimmed} of {len(wholes)} needed no closer look")  # noqa: T201


def test_the_broken_ones_are_still_there():
    require(ANSWERS, "broken answers looked for")
    finals = {chat.id: read(chat)[-1] for chat in ANSWERS}
    broken = {id_ for id_, last in finals.items() if not isinstance(last, Finished)}
    assert broken == set(BROKEN)
