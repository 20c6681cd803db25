"""OpenAI's client counts the tokens of a conversation, and has one compacted."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai
import pytest
from typing_extensions import override

from tests.sdk.test_responses import CONFIG, ENVIRONMENT, KEY
from tests.system.processes import gateway, simulators

COMPACTED = {
    "id": "resp_1",
    "object": "response.compaction",
    "created_at": 1,
    "output": [{"id": "cmp_1", "type": "compaction", "encrypted_content": "sealed"}],
    "usage": {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 11,
    },
}
ROUTE = """
[providers.vendor]
kind = "openai-compatible"
dialect = "openai_responses"
base_url = "VENDOR/v1"
auth = "none"
[routes.compacts]
targets = ["messages/m", "vendor/m"]
"""


class Vendor(BaseHTTPRequestHandler):
    """Compacts, and remembers what it was asked."""

    asked: tuple[str, bytes] = ("", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).asked = (self.path, body)
        said = json.dumps(COMPACTED).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def vendor() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    folder: Path = tmp_path_factory.mktemp("counts")
    names = ("responses=openai_responses:0", "messages=anthropic_messages:0")
    with vendor() as url, simulators(folder, *names) as providers:
        text = (CONFIG + ROUTE).replace('"VENDOR', f'"{url}')
        for name, at in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{at}')
        with (
            gateway(folder / "understudy.toml", text, ENVIRONMENT) as running,
            openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as client,
        ):
            yield client


def test_a_provider_of_the_dialect_counts(client: openai.OpenAI) -> None:
    told = client.responses.input_tokens.with_raw_response.count(
        model="own", input="how many? " * 9
    )
    said = client.responses.create(model="own", input="how many? " * 9)
    assert said.usage is not None
    assert told.parse().input_tokens == said.usage.input_tokens
    assert "x-understudy-estimate" not in told.headers


def test_where_nobody_counts_it_is_guessed_and_said_so(client: openai.OpenAI) -> None:
    told = client.responses.input_tokens.with_raw_response.count(
        model="translated", input="hi " * 9
    )
    assert told.headers["x-understudy-estimate"] == "true"
    assert 3 < told.parse().input_tokens < 40


def test_a_conversation_that_is_kept_here_is_counted_whole(client: openai.OpenAI) -> None:
    first = client.responses.create(model="own", input="how many? " * 40)
    alone = client.responses.input_tokens.count(model="own", input="and now?")
    whole = client.responses.input_tokens.count(
        model="own", input="and now?", previous_response_id=first.id
    )
    assert whole.input_tokens > alone.input_tokens + 50


def test_a_conversation_is_compacted_by_who_can(client: openai.OpenAI) -> None:
    raw = client.responses.with_raw_response.compact(model="compacts", input="a long story")
    said = raw.parse()
    assert (said.object, said.output[0].type) == ("response.compaction", "compaction")
    assert raw.headers["x-understudy-target"] == "vendor/m"
    path, body = Vendor.asked
    assert path == "/v1/responses/compact"
    assert json.loads(body) == {"model": "m", "input": "a long story"}


def test_nobody_else_compacts(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="a compaction"):
        client.responses.compact(model="translated", input="a long story")
