"""Every response that someone really had over this dialect: read, cut, said and sent again."""

import json
from collections import Counter

import msgspec
import pytest
from tests.dialects.kept import assert_kept
from tests.dialects.recordings import Exchange, exchanges, require

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.events import Event, Failed, Finished, StopReason
from understudy.chat.grammar import Grammar
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.base import Edits
from understudy.dialects.openai_responses import DIALECT
from understudy.dialects.openai_responses.memory import MEMORY
from understudy.wire.http import ResponseHead

HOSTS = frozenset(
    {"openai", "azure", "deepseek", "bedrock", "xai", "lmstudio", "local", "openrouter"}
)
CHATS = exchanges("responses", HOSTS)
ANSWERS = tuple(chat for chat in CHATS if chat.response and chat.status < 300)
REQUESTS = tuple(chat for chat in CHATS if chat.request)
ERRORS = tuple(chat for chat in CHATS if chat.response and chat.status >= 400)
STREAMS = tuple(chat for chat in ANSWERS if chat.is_stream)

BROKEN = {
    "35d661c2ce3c": "insufficient_quota",  # an error in the stream
    "41d96337ba74": "eof_without_terminator",  # its authors kept the items alone
}
EVERY_BYTE = 4096
CUTS = 61
ENDPOINT = Endpoint("openai_responses", "m", "/v1/responses", "openai")

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


def test_every_answer_obeys_the_grammar() -> None:
    require(ANSWERS, "answers decoded")
    ends: Counter[str] = Counter()
    for chat in ANSWERS:
        found = read(chat)
        grammar = Grammar()
        for event in found:
            grammar.receive(event)
        assert grammar.complete, chat.id
        last = found[-1]
        if isinstance(last, Failed):
            assert BROKEN[chat.id] in (last.signal.flag, last.signal.code), (chat.id, last)
            continue
        assert isinstance(last, Finished)
        response = fold(found)
        assert fold(unfold(response)) == response, chat.id
        ends[f"{'stream' if chat.is_stream else 'whole'} {response.finished.native}"] += 1
    print(dict(ends))  # noqa: T201 - the count is the point


@pytest.mark.timeout(120)
def test_cutting_is_invisible() -> None:
    require(STREAMS, "streams cut")
    cuts = 0
    for chat in STREAMS:
        data = chat.response
        expected = read(chat)
        step = 1 if len(data) <= EVERY_BYTE else max(1, len(data) // CUTS)
        for at in range(1, len(data), step):
            assert decode(data, stream=True, at=at) == expected, (chat.id, at)
            cuts += 1
        if len(data) < 100 * EVERY_BYTE:
            assert decode(data, stream=True, step=7) == expected, chat.id
    print(f"{len(STREAMS)} streams cut at {cuts} places")  # noqa: T201


@pytest.mark.timeout(60)
def test_no_beginning_of_a_stream_passes_for_an_answer() -> None:
    require(STREAMS, "streams truncated")
    for chat in STREAMS:
        if chat.id in BROKEN:
            continue
        data = chat.response
        end = data.index(b"response.completed")
        for at in {1, *range(1, end, max(1, end // CUTS)), end}:
            events = decode(data[:at], stream=True)
            assert isinstance(events[-1], Failed), (chat.id, at)
            assert events[-1].signal.flag, (chat.id, at)


def test_a_skim_says_what_the_decoder_says() -> None:
    wholes = [chat for chat in ANSWERS if not chat.is_stream]
    require(wholes, "answers skimmed")
    count = 0
    for chat in wholes:
        found = DIALECT.skim(chat.head, chat.response)
        if found is not None:
            count += 1
            assert found == read(chat)[-1], chat.id
    assert count > len(wholes) / 2
    print(f"{count} of {len(wholes)} skimmed")  # noqa: T201


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_said_again_it_says_the_same(stream: bool) -> None:
    require(ANSWERS, f"answers said again (stream={stream})")
    compared = 0
    for chat in ANSWERS:
        found = read(chat)
        if chat.id in BROKEN:
            continue
        response = fold(found)
        if stream and response.stop is StopReason.PAUSE:
            continue  # in the background nothing streams
        asked = Request("m", (), stream=stream)
        if chat.request and not chat.asked.get("previous_response_id"):
            parsed = DIALECT.parse_request(chat.request)
            asked = msgspec.structs.replace(parsed, stream=stream)
        encoder = DIALECT.encoder(asked)
        said = found if chat.is_stream and stream else list(unfold(response))
        data = b"".join(encoder.send(event) for event in said)
        assert encoder.losses == [], (chat.id, encoder.losses)
        assert fold(decode(data, stream=stream)) == response, chat.id
        if not stream and not chat.is_stream:
            assert plain(json.loads(data)["output"]) == plain(
                json.loads(chat.response)["output"]
            ), chat.id
            compared += 1
    print(f"{compared} outputs compared field by field")  # noqa: T201


def plain(value: object) -> object:
    """JSON without what says nothing or goes without saying: nulls, empty lists, the status."""
    if isinstance(value, dict):
        simpler = {name: plain(each) for name, each in value.items() if name != "status"}
        return {name: each for name, each in simpler.items() if each not in (None, [], {}, "")}
    return [plain(each) for each in value] if isinstance(value, list) else value


def test_every_request_is_glanced_at_and_edited_in_place() -> None:
    require(REQUESTS, "requests glanced at")
    needed = {"vision": Capability.VISION, "tools": Capability.TOOLS}
    for chat in REQUESTS:
        glance = DIALECT.glance(chat.request)
        assert glance.model == chat.asked["model"]
        assert glance.stream == bool(chat.asked.get("stream"))
        assert bool(glance.pinned_by) == any(
            chat.asked.get(name) for name in ("previous_response_id", "conversation", "prompt")
        )
        for feature, capability in needed.items():
            if feature in chat.features and chat.asked.get("tools", True):
                assert capability in glance.needs.capabilities, (chat.id, feature)
        assert DIALECT.edit_request(chat.request, Edits(glance.model)) == chat.request, chat.id
        other = DIALECT.edit_request(chat.request, Edits("another"))
        assert json.loads(other) == {**chat.asked, "model": "another"}, chat.id


def test_every_request_survives_its_own_dialect() -> None:
    require(REQUESTS, "requests rebuilt")
    for chat in REQUESTS:
        request = DIALECT.parse_request(chat.request)
        written, losses = DIALECT.build_request(request, ENDPOINT)
        assert losses == (), (chat.id, losses)
        found = json.loads(written.body)
        assert usual({**found, "model": chat.asked["model"]}) == usual(chat.asked), chat.id
        again = DIALECT.parse_request(written.body)
        assert DIALECT.build_request(again, ENDPOINT) == (written, ()), chat.id


def usual(body: dict) -> object:
    """A request in one spelling, with whatever may be said in two ways said in one."""
    items = body.get("input") or []
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    if body.get("instructions"):
        items = [{"role": "system", "content": body["instructions"]}, *items]
    shaped = [shape(item) for item in items]
    rest = {name: value for name, value in body.items() if name not in ("input", "instructions")}
    defaults = {"background": False, "stream": False, "truncation": "disabled", "store": True}
    for name, default in defaults.items():
        if rest.get(name) == default:
            del rest[name]
    return plain({**rest, "input": shaped})


def shape(item: dict) -> dict:
    made = {name: value for name, value in item.items() if (name, value) != ("type", "message")}
    for name in ("content", "output"):
        if name in made and not isinstance(made[name], list):
            made[name] = [{"text": made[name]}]
        if isinstance(made.get(name), list):
            made[name] = [text(part) for part in made[name]]
    return made


def text(part: dict) -> dict:
    words = ("input_text", "output_text")
    return {name: value for name, value in part.items() if value not in words}


def test_every_error_is_read() -> None:
    require(ERRORS, "errors read")
    for chat in ERRORS:
        signal = DIALECT.parse_failure(ResponseHead(chat.status, ()), chat.response)
        error = json.loads(chat.response)["error"]
        assert (signal.status, signal.type) == (chat.status, error["type"])
        assert signal.message.startswith(error["message"][:100])


def test_every_answer_can_be_gone_on_with() -> None:
    require(ANSWERS, "answers kept")
    count = 0
    for chat in ANSWERS:
        found = MEMORY.answer(chat.response, stream=chat.is_stream)
        if found is None:
            continue
        count += 1
        response = json.loads(found[1])
        assert response["id"] == found[0]
        assert response["output"]
    assert count > len(ANSWERS) * 0.9
    print(count, "answers kept")  # noqa: T201
