"""Rows of every surface over real sockets: simulated providers, a real gateway and its journal."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.system.processes import Gateway, gateway, simulators, until
from understudy.chat.response import fold
from understudy.dialects.catalog import DIALECTS
from understudy.providers.taxonomy import load_taxonomy
from understudy.sim.provider import expected_answer
from understudy.wire.http import ResponseHead

ROWS = {row.id: row for row in load_taxonomy().rows}
CHAT, MESSAGES = "openai_chat", "anthropic_messages"
KINDS = {"openai": CHAT, "anthropic": MESSAGES, "vllm": CHAT, "mistral": CHAT, "groq": CHAT}
STREAMED = {
    "openai.429.rpm": "openai",
    "openai.401.invalid_api_key": "openai",
    "openai.500.server_error": "openai",
    "openai.stream.chat_error_chunk": "openai",
    "anthropic.529": "anthropic",
    "anthropic.stream.overloaded": "anthropic",
    "anthropic.stream.rate_limit": "anthropic",
    "vllm.stream.error_data": "vllm",
    "any.http.200_html": "mistral",
    "any.semantic.empty_200": "groq",
    "any.stream.eof_without_terminator": "vllm",
    "any.stream.done_without_finish": "openai",
    "any.stream.unparsable_chunk": "groq",
    "any.http.decode_error": "openai",
    "any.transport.connect_refused": "anthropic",
    "any.transport.reset_before_headers": "mistral",
    "any.transport.reset_mid_stream": "anthropic",
    "any.transport.protocol_error": "openai",
    "any.transport.ttfb_timeout": "groq",
    "any.transport.headers_then_silence": "anthropic",
    "any.transport.idle_mid_stream": "openai",
}
WHOLE = {
    "openai.503.overloaded": "openai",
    "anthropic.402": "anthropic",
    "mistral.429": "mistral",
    "any.http.200_invalid_json": "openai",
    "any.transport.reset_mid_stream": "vllm",
}
CASES = [*((row, True) for row in STREAMED), *((row, False) for row in WHOLE)]
ANSWERED = [("any.stream.finish_without_done", kind) for kind in ("openai", "anthropic")]
HEAD = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
path = "JOURNAL"
[defaults]
on_break = "resume"
deadline = 15
[defaults.timeouts]
first_token = 1
idle = 1
[providers.spare]
kind = "openai-compatible"
base_url = "SPARE/v1"
[providers.spare.models.m]
capabilities = {json.dumps(["tools", "prefill", "streaming"])}
"""


def names() -> Iterator[tuple[str, str, str]]:
    """A provider of its own for each case, so that no case knows of another's failures."""
    for number, (row, stream) in enumerate(CASES):
        yield f"p{number}", (STREAMED if stream else WHOLE)[row], row
    for number, (row, kind) in enumerate(ANSWERED):
        yield f"a{number}", kind, row


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("taxonomy")
    stations = [f"{name}={KINDS[kind]}:0" for name, kind, _ in names()]
    with simulators(folder, *stations, f"spare={CHAT}:0") as providers:
        text = HEAD.replace("JOURNAL", str(folder / "journal.db"))
        text = text.replace("SPARE", providers.urls["spare"])
        for name, kind, row in names():
            providers.fault(name, f"row({row})")
            base = providers.urls[name] + ("/v1" if KINDS[kind] == CHAT else "")
            text += f'[providers.{name}]\nkind = "{kind}"\nbase_url = "{base}"\nkey = "env:K"\n'
            text += f"[providers.{name}.models.m]\nmax_output_tokens = 900\n"
            text += f'[routes.{name}]\ntargets = ["{name}/m", "spare/m"]\n'
        with gateway(folder / "understudy.toml", text, {"K": "sk-of-a-test-0123456789"}) as server:
            yield server


def ask(gateway_: Gateway, name: str, dialect: str, *, stream: bool) -> tuple[bytes, bytes]:
    """One request; returns its body and the answer's."""
    messages = [{"role": "user", "content": f"{name}, go on [tokens=20]"}]
    asked = {"model": name, "max_tokens": 800, "stream": stream, "messages": messages}
    body = json.dumps(asked).encode()
    connection = http.client.HTTPConnection("127.0.0.1", gateway_.port, timeout=15)
    connection.request("POST", DIALECTS[dialect].chat_paths()[0], body)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 200, said
    return body, said


def text_of(dialect: str, said: bytes, *, stream: bool) -> str:
    kind = b"text/event-stream" if stream else b"application/json"
    decoder = DIALECTS[dialect].decoder(
        ResponseHead(200, ((b"content-type", kind),)), stream=stream
    )
    items = [*decoder.receive_data(said), *decoder.receive_eof()]
    events = [event for item in items for event in item.events]
    return fold(events).text


def entry(gateway_: Gateway, name: str) -> dict:
    """The journal's entry for the only request to a route."""
    journal = gateway_._log.with_name("journal.db")
    command = [sys.executable, "-m", "understudy", "journal", "--journal", str(journal)]

    def found() -> dict | None:
        shown = subprocess.run(
            [*command, "tail", "-n", "200", "--json"], check=True, capture_output=True, text=True
        )
        entries = [json.loads(line) for line in shown.stdout.splitlines()]
        return next((one for one in entries if one["route"] == name), None)

    shown: dict = until(found)
    return shown


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{row}-{s}" for row, s in CASES])
def test_a_row_is_named_charged_and_survived(running: Gateway, number: int) -> None:
    row, stream = CASES[number]
    dialect = (CHAT, MESSAGES)[number % 2]
    body, said = ask(running, f"p{number}", dialect, stream=stream)
    assert text_of(dialect, said, stream=stream) == expected_answer(DIALECTS[dialect], body)
    first, second = entry(running, f"p{number}")["attempts"]
    assert (first["outcome"], first["charge"]) == (row, ROWS[row].counts_against)
    assert (second["outcome"], second["target"]) == ("ok", "spare/m")


@pytest.mark.parametrize("number", range(len(ANSWERED)), ids=[kind for _, kind in ANSWERED])
def test_an_answer_that_lacks_only_its_end_is_one(running: Gateway, number: int) -> None:
    dialect = KINDS[ANSWERED[number][1]]
    body, said = ask(running, f"a{number}", dialect, stream=True)
    assert text_of(dialect, said, stream=True) == expected_answer(DIALECTS[dialect], body)
    assert said.endswith((b"data: [DONE]\n\n", b'data: {"type":"message_stop"}\n\n'))
    assert [one["outcome"] for one in entry(running, f"a{number}")["attempts"]] == ["ok"]
