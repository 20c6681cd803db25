"""Mutated requests through the real server: always an answer, and never a bug of ours."""

import http.client
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.processes import Gateway, gateway, http_request, simulators
from tests.system.world import ENVIRONMENT, KEY, SECOND, STATIONS, World, ask, expected
from understudy.chat.endpoint import Capability

BUDGET = 700
"""Requests for each path and route: together a few seconds."""

TOOL = {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]}
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
)
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "be brief"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "t1",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"a":"x"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "done"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": TOOL, "strict": True}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": TOOL}},
    "max_completion_tokens": 40,
    "stop": ["a", "b"],
    "stream": False,
    "stream_options": {"include_usage": True},
    "temperature": 0.5,
    "logit_bias": {"1": 2},
    "metadata": {"a": "b"},
    "reasoning_effort": "low",
    "seed": 1,
    "user": "u",
}
MESSAGES: dict[str, Any] = {
    "max_tokens": 40,
    "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": PICTURE},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": "x"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "is_error": False,
                    "content": [{"type": "text", "text": "done"}],
                }
            ],
        },
    ],
    "tools": [{"name": "f", "description": "d", "input_schema": TOOL}],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "stop_sequences": ["a"],
    "metadata": {"user_id": "u"},
    "stream": False,
    "temperature": 1,
    "top_k": 3,
}
SHAPES = {"/v1/chat/completions": CHAT, "/v1/messages": MESSAGES}

PIECE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.]*|null|true|false|\{\}|\[\]')
WORDS: tuple[bytes, ...] = (
    *(b"null", b"true", b"{}", b"[]", b'""', b'"x"', b"-1", b"0", b"1.5", b"{", b"}", b"[", b"]"),
    *(b",", b":", b'"', b"\\", b"\0", b"\r\n", b"\xef\xbb\xbf", b"\xff", b'"\xed\xa0\x80"'),
    *(b"1e999999", b"-1e-999999", b"9" * 30, b"9" * 5000, b"NaN", b'"\\ud800"', b'"\\u0000"'),
    *(b"[" * 600 + b"]" * 600, b"[" * 100_000, b'{"a":' * 100_000, b'"' + b"[" * 100_000 + b'"'),
    *(b'{"a":{"b":[{}]}}', b'[{"type":"text"}]', b'[[["x"]]]', b'"model"', b'"mod\\u0065l"'),
    *(
        b'"type"',
        b'"content"',
        b'"role"',
        b'"assistant"',
        b'"system"',
        b'"tool_result"',
        b'"image"',
    ),
    *(b'"data:;base64,%%"', b'"a\\r\\nset-cookie: b"', b'"' + b"k" * 70_000 + b'"'),
)


def mutated(chance: random.Random, body: bytes) -> bytes:
    """A value or two replaced, or bytes put in, taken out, or said again."""
    for _ in range(chance.choice((1, 1, 2))):
        pieces = list(PIECE.finditer(body))
        kind = chance.random()
        if kind < 0.6 and pieces:
            piece = chance.choice(pieces)
            body = body[: piece.start()] + chance.choice(WORDS) + body[piece.end() :]
        elif kind < 0.8 and len(pieces) > 1:
            one, other = chance.choice(pieces), chance.choice(pieces)
            body = body[: one.start()] + other[0] + body[one.end() :]
        else:
            at = chance.randrange(len(body) + 1)
            body = body[:at] + chance.choice(WORDS) + body[at + chance.choice((0, 0, 1, 9, 99)) :]
    return body


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("fuzz")
    with simulators(folder, *STATIONS) as providers:
        yield World(folder, providers)


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Gateway]:
    able = json.dumps([each.value for each in Capability if each is not Capability.PREFILL])
    text = world.text().replace('targets = ["chat/m", "spare/m"]', 'targets = ["chat/m"]')
    text = text.replace(
        "[providers.spare.models.m]", f"[providers.spare.models.m]\ncapabilities = {able}"
    )
    text += SECOND.replace('targets = ["spare/m", "chat/m"]', 'targets = ["spare/m"]')
    text += f"[providers.chat.models.m]\ncapabilities = {able}\n"
    with gateway(world.config, text, ENVIRONMENT) as server:  # which fails if it logs a bug
        yield server


@pytest.mark.parametrize("route", ["first", "second"])
@pytest.mark.parametrize("path", SHAPES)
def test_every_mutation_gets_an_answer(running: Gateway, path: str, route: str) -> None:
    chance = random.Random(f"{path} {route}")  # noqa: S311
    statuses: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=15)
    for number in range(BUDGET):
        shape = {**SHAPES[path], "model": route, "stream": number % 3 == 0}
        optional = sorted(SHAPES[path].keys() - {"messages", "max_tokens"})
        for name in chance.sample(optional, chance.randint(0, len(optional))):
            del shape[name]
        body = mutated(chance, json.dumps(shape).encode())
        connection.request("POST", path, body, {"authorization": f"Bearer {KEY}"})
        answer = connection.getresponse()
        said = answer.read()
        statuses[answer.status] += 1
        if "text/event-stream" in (answer.getheader("content-type") or ""):
            assert answer.status == 200
            assert said.endswith(b"\n\n")
        else:
            assert ("error" in json.loads(said)) == (answer.status != 200), body[:2000]
        assert answer.status < 500, (body[:2000], said)
        if answer.status == 400:  # mistakes come among successes: else it is the provider's fault
            good = json.dumps({**SHAPES[path], "model": route, "stream": False}).encode()
            for _ in range(2):
                connection.request("POST", path, good, {"authorization": f"Bearer {KEY}"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
    connection.close()
    assert statuses[200] >= BUDGET // 20, statuses
    assert statuses[400] >= BUDGET // 20, statuses
    assert http_request(f"{running.url}/healthz").status == 200
    assert running.events("bug") == []
    assert ask(running, route, "still there") == expected("still there")
