"""Raw predictions around Anthropic's messages and Mistral's chat."""

import json
from typing import Any

import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import (
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.parts import Text
from understudy.chat.request import Message, Request, Role
from understudy.dialects.base import Edits
from understudy.dialects.catalog import CHATS, DIALECTS
from understudy.dialects.paths import Paths
from understudy.wire.http import ResponseHead

CLAUDE, MISTRAL = CHATS["vertex_anthropic"], CHATS["vertex_mistral"]
BASE = "/v1/projects/p/locations/us-east5/publishers"
PATH = f"{BASE}/anthropic/models/claude-x@20260101:streamRawPredict"
ASKED: dict[str, Any] = {
    "anthropic_version": "vertex-2023-10-16",
    "max_tokens": 9,
    "stream": True,
    "messages": [{"role": "user", "content": "hello"}],
}
ENDPOINT = Endpoint(
    "vertex_anthropic",
    "claude-x@20260101",
    f"{BASE}/anthropic/models/{{model}}:rawPredict",
    "vertex",
)
OTHER = Endpoint(
    "vertex_mistral", "mistral-medium-3", f"{BASE}/mistralai/models/{{model}}:rawPredict", "vertex"
)
HELLO = (Message(Role.USER, (Text("hello"),)),)


def dump(**more: Any) -> bytes:
    return json.dumps({**ASKED, **more}).encode()


def test_the_path_says_model_and_streaming() -> None:
    glance = CLAUDE.glance(dump(tools=[{"name": "f"}]), PATH)
    assert (glance.model, glance.stream) == ("claude-x@20260101", True)
    assert glance.needs.capabilities == {Capability.TOOLS, Capability.STREAMING}
    paths = Paths({CLAUDE.name: CLAUDE, MISTRAL.name: MISTRAL})
    assert paths.find(PATH.encode()) is CLAUDE
    assert paths.find(PATH.removeprefix("/v1").encode()) is CLAUDE
    assert paths.find(f"{BASE}/mistralai/models/m:rawPredict".encode()) is MISTRAL
    assert CLAUDE.path(ENDPOINT, stream=True) == PATH
    with pytest.raises(InvalidRequest):
        CLAUDE.glance(dump(), "/v1/messages")
    with pytest.raises(InvalidRequest):
        CLAUDE.glance(dump(model="m"), PATH)


def test_claude_is_asked_without_a_model_and_with_a_version() -> None:
    request = Request("m", HELLO, stream=True, max_output_tokens=9)
    written, losses = CLAUDE.build_request(request, ENDPOINT)
    assert (written.path, json.loads(written.body), losses) == (PATH, ASKED, ())
    whole, _ = CLAUDE.build_request(Request("m", HELLO, max_output_tokens=9), ENDPOINT)
    assert whole.path.endswith(":rawPredict")
    assert CLAUDE.parse_request(written.body, PATH).messages == HELLO


def test_mistral_is_told_the_model_in_the_body_too() -> None:
    written, _ = MISTRAL.build_request(Request("m", HELLO), OTHER)
    assert written.path == f"{BASE}/mistralai/models/mistral-medium-3:rawPredict"
    assert json.loads(written.body)["model"] == "mistral-medium-3"
    assert MISTRAL.parse_request(written.body, written.path).model == "mistral-medium-3"
    edited = MISTRAL.edit_request(b'{"messages":[]}', Edits("mistral-medium-3"))
    assert json.loads(edited)["model"] == "mistral-medium-3"


def test_a_callers_own_body_goes_on_with_the_version_of_this_api() -> None:
    said = dump(anthropic_version="2023-06-01")
    assert json.loads(CLAUDE.edit_request(said, Edits("m"))) == ASKED
    assert CLAUDE.forwarded_headers() == {b"anthropic-beta"}


def test_answers_are_those_of_the_dialect_inside() -> None:
    events: list[Event] = [
        Started("id", "m"),
        PartStarted(0, PartKind.TEXT),
        PartDelta(0, "hi"),
        PartEnded(0),
        Finished(StopReason.END),
    ]
    inside = DIALECTS["anthropic_messages"]
    for stream in (True, False):
        request = Request("m", (), stream=stream)
        encoders = CLAUDE.encoder(request), inside.encoder(request)
        said, expected = (b"".join(each.send(event) for event in events) for each in encoders)
        assert said == expected
        kind = b"text/event-stream" if stream else b"application/json"
        head = ResponseHead(200, ((b"content-type", kind),))
        decoder = CLAUDE.decoder(head, stream=stream)
        heard = [*decoder.receive_data(said), *decoder.receive_eof()]
        assert isinstance(heard[-1].events[-1], Finished)
    assert CLAUDE.skim(ResponseHead(200, ((b"content-type", b"application/json"),)), b"{}") is None


def test_errors_are_read_in_both_shapes() -> None:
    head = ResponseHead(429, ())
    google = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}
    lab = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    signals = [CLAUDE.parse_failure(head, json.dumps(each).encode()) for each in (google, lab)]
    assert [(each.message, each.type or each.code) for each in signals] == [
        ("quota", "RESOURCE_EXHAUSTED"),
        ("busy", "overloaded_error"),
    ]
    failure = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "it died")
    assert CLAUDE.render_failure(failure) == DIALECTS["anthropic_messages"].render_failure(failure)
    assert b"a" in CLAUDE.render_models(["a"])
    assert b"a" in CLAUDE.render_model("a")
