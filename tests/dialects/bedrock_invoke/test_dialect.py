"""The dialect around another."""

import json
from typing import Any

import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Text
from understudy.chat.request import Message, Request, Role
from understudy.dialects.base import Edits
from understudy.dialects.catalog import DIALECTS
from understudy.dialects.paths import Paths

DIALECT = DIALECTS["bedrock_invoke"]
PATH = "/model/claude/invoke"
ASKED: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hello"}],
}
ENDPOINT = Endpoint("bedrock_invoke", "c:0", "/model/{model}/invoke", "aws")


def dump(**more: Any) -> bytes:
    return json.dumps({**ASKED, **more}).encode()


def test_routing_knows_model_stream_and_needs() -> None:
    glance = DIALECT.glance(dump(tools=[{"name": "f"}]), PATH + "-with-response-stream")
    assert (glance.model, glance.stream) == ("claude", True)
    assert glance.needs.capabilities == {Capability.TOOLS, Capability.STREAMING}
    with pytest.raises(InvalidRequest):
        DIALECT.glance(dump(messages=[]), PATH)


def test_a_request_of_another_dialect_is_written() -> None:
    request = Request(
        "m", (Message(Role.USER, (Text("hello"),)),), stream=True, max_output_tokens=9
    )
    written, losses = DIALECT.build_request(request, ENDPOINT)
    assert written.path == "/model/c%3A0/invoke-with-response-stream"
    assert written.headers == ((b"content-type", b"application/json"),)
    assert json.loads(written.body) == ASKED
    assert losses == ()


def test_betas_are_for_this_dialect_alone() -> None:
    request = DIALECT.parse_request(dump(anthropic_beta=["x"]), PATH)
    assert json.loads(DIALECT.build_request(request, ENDPOINT)[0].body)["anthropic_beta"] == ["x"]
    inside = DIALECTS["anthropic_messages"]
    endpoint = Endpoint(inside.name, "m", "/v1/messages", "anthropic")
    written, losses = inside.build_request(request, endpoint)
    assert "anthropic_beta" not in json.loads(written.body)
    assert [loss.path for loss in losses] == ["extensions.bedrock_invoke.anthropic_beta"]
    plain = inside.build_request(DIALECT.parse_request(dump(), PATH), endpoint)
    assert "anthropic_version" not in json.loads(plain[0].body)
    assert plain[1] == ()


def test_bytes_stay_in_edits() -> None:
    assert DIALECT.edit_request(dump(), Edits("another")) == dump()


def test_paths_and_models() -> None:
    assert Paths({DIALECT.name: DIALECT}).find(b"/model/a%2Fb/invoke") is DIALECT
    assert DIALECT.path(ENDPOINT, stream=False) == "/model/c%3A0/invoke"
    assert json.loads(DIALECT.render_models(["a"]))["modelSummaries"][0]["modelId"] == "a"
    assert json.loads(DIALECT.render_model("a"))["modelDetails"]["modelId"] == "a"
    assert DIALECT.forwarded_headers() == frozenset()
