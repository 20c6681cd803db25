"""What a running gateway tells those who ask wrongly, in each dialect's own shape, and that the
next request on the same connection is served where HTTP allows.
"""

import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.system.processes import Gateway, gateway, simulators

KEY = "us-refusals-caller-0123456789abcdef"
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
max_body_bytes = "64 KiB"
[journal]
enabled = false
[keys.tests]
key = "env:CALLER_KEY"
[providers.chat]
kind = "openai-compatible"
base_url = "CHAT/v1"
auth = "none"
models.m = {}
[routes.r]
targets = ["chat/m"]
"""


class Api(NamedTuple):
    """How one API is asked, who the caller says it is, and where an error has its words."""

    path: str
    carrier: str
    body: dict[str, Any]
    list_field: str
    words: tuple[str, ...]
    id_field: str | None = None


TURN = [{"role": "user", "content": "hi [tokens=2]"}]
PARTS = [{"role": "user", "parts": [{"text": "hi [tokens=2]"}]}]
BLOCKS = [{"role": "user", "content": [{"text": "hi [tokens=2]"}]}]
APIS = {
    "chat": Api(
        "/v1/chat/completions",
        "authorization",
        {"model": "r", "messages": TURN},
        "messages",
        ("error", "message"),
        "x-request-id",
    ),
    "responses": Api(
        "/v1/responses",
        "authorization",
        {"model": "r", "input": TURN},
        "input",
        ("error", "message"),
        "x-request-id",
    ),
    "completions": Api(
        "/v1/completions",
        "api-key",
        {"model": "r", "prompt": "hi [tokens=2]"},
        "prompt",
        ("error", "message"),
        "x-request-id",
    ),
    "anthropic": Api(
        "/v1/messages",
        "x-api-key",
        {"model": "r", "max_tokens": 9, "messages": TURN},
        "messages",
        ("error", "message"),
        "request-id",
    ),
    "gemini": Api(
        "/v1beta/models/r:generateContent",
        "x-goog-api-key",
        {"contents": PARTS},
        "contents",
        ("error", "message"),
    ),
    "bedrock": Api(
        "/model/r/converse",
        "authorization",
        {"messages": BLOCKS},
        "messages",
        ("message",),
        "x-amzn-requestid",
    ),
    "cohere": Api(
        "/v2/chat",
        "authorization",
        {"model": "r", "messages": TURN},
        "messages",
        ("message",),
        "x-debug-trace-id",
    ),
    "ollama": Api(
        "/api/chat",
        "authorization",
        {"model": "r", "messages": TURN, "stream": False},
        "messages",
        ("error",),
    ),
}
DEEP = b"[" * 20_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("refusals")
    with simulators(folder, "chat=openai_chat:0") as providers:
        text = CONFIG.replace('"CHAT/', f'"{providers.urls["chat"]}/')
        with gateway(folder / "understudy.toml", text, {"CALLER_KEY": KEY}) as made:
            yield made


class Line:
    """One connection of a client."""

    def __init__(self, running: Gateway, api: Api) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        self._api = api

    def ask(self, body: bytes, key: str = KEY, method: str = "POST", **fields: str) -> Any:
        carried = f"Bearer {key}" if self._api.carrier == "authorization" else key
        headers = {"content-type": "application/json", **fields}
        if key:
            headers[self._api.carrier] = carried
        self._line.request(method, self._api.path, body, headers)
        return self._line.getresponse()

    def close(self) -> None:
        self._line.close()


def bad_bodies(api: Api) -> dict[str, bytes]:
    """Bodies that are no request of that API."""
    return {
        "no JSON": b"{nope",
        "no object": b"[1]",
        "empty": b"",
        "UTF-16": json.dumps(api.body).encode("utf-16"),
        "a lone byte": b'{"model":"r\xff"}',
        "wrong type": json.dumps({**api.body, api.list_field: 5}).encode(),
        "nothing said": json.dumps({**api.body, api.list_field: []}).encode(),
        "NaN": json.dumps({**api.body, api.list_field: [float("nan")]}).encode(),
        "deep": b'{"model":"r","%b":%b' % (api.list_field.encode(), DEEP),
    }


def check(api: Api, answer: Any, statuses: set[int]) -> str:
    """One error in the API's own shape; returns its words."""
    body = answer.read()
    assert answer.status in statuses, (answer.status, body[:300])
    assert answer.getheader("content-type", "").startswith("application/json")
    if api.id_field is not None:
        assert answer.getheader(api.id_field), f"no {api.id_field}"
    said: Any = json.loads(body)
    for name in api.words:
        said = said[name]
    assert isinstance(said, str)
    assert said
    return said


@pytest.mark.parametrize("name", APIS)
def test_bad_bodies_are_refused_and_the_connection_lives_on(running: Gateway, name: str) -> None:
    api = APIS[name]
    line = Line(running, api)
    for what, body in bad_bodies(api).items():
        said = check(api, line.ask(body), {400})
        assert said, what
        good = line.ask(json.dumps(api.body).encode())
        assert (good.status, bool(good.read())) == (200, True), what
    line.close()


@pytest.mark.parametrize("name", APIS)
def test_who_is_unknown_is_told_so_in_their_own_way(running: Gateway, name: str) -> None:
    api = APIS[name]
    good = json.dumps(api.body).encode()
    denied = {403} if name == "bedrock" else {401}
    for key in ("", "us-somebody-else-0123456789abcdef"):
        line = Line(running, api)
        assert "key" in check(api, line.ask(good, key), denied)
        line.close()


@pytest.mark.parametrize("name", APIS)
def test_wrong_requests_of_http_are_refused_in_the_dialect(running: Gateway, name: str) -> None:
    api = APIS[name]
    good = json.dumps(api.body).encode()
    for fields, method, body, statuses in (
        ({}, "PUT", good, {405}),
        ({"content-encoding": "br"}, "POST", good, {415}),
        ({}, "POST", good + b" " * 70_000, {413}),
    ):
        line = Line(running, api)
        check(api, line.ask(body, method=method, **fields), statuses)
        line.close()


@pytest.mark.parametrize("name", APIS)
def test_an_unknown_route_is_named(running: Gateway, name: str) -> None:
    api = APIS[name]
    body = json.dumps({**api.body, "model": "elsewhere"}).encode()
    wrong = api._replace(path=api.path.replace("/r:", "/elsewhere:").replace("/r/", "/elsewhere/"))
    line = Line(running, wrong)
    assert "elsewhere" in check(api, line.ask(body), {404})
    line.close()


ELSEWHERE = {
    "chat": "/v1/foo",
    "responses": "/v1/responses/resp_1/foo",
    "completions": "/v1/completions/foo",
    "anthropic": "/v1/messages/batches",
    "gemini": "/v1beta/cachedContents",
    "bedrock": "/model/r/async-invoke",
    "cohere": "/v2/classify",
    "ollama": "/api/generate",
}


@pytest.mark.parametrize("name", APIS)
def test_where_nothing_is_served_the_path_says_whose_api_it_is(running: Gateway, name: str) -> None:
    """No header field tells it: the key comes as any API's may."""
    api = APIS[name]._replace(path=ELSEWHERE[name])
    line = Line(running, api)
    for method in ("POST", "GET", "DELETE"):
        said = check(api, line.ask(b"{}", method=method), {404})
        assert "nearest: " in said
    line.close()
