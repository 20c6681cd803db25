"""Seeds: inputs that are nearly right, made by the simulator and by hand."""

import json
from collections.abc import Sequence

from msgspec import Raw

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import Text
from understudy.chat.request import Message, Request, Role, Tool
from understudy.dialects.base import Dialect
from understudy.dialects.catalog import DIALECTS
from understudy.providers.taxonomy import load_taxonomy
from understudy.sim.fault_text import parse_faults
from understudy.sim.plan import plan
from understudy.sim.provider import Incoming, Provider, respond
from understudy.sim.rows import resolve
from understudy.wire.http import HttpRequest

TAXONOMY = load_taxonomy()
CHAT = DIALECTS["openai_chat"]
MESSAGES = DIALECTS["anthropic_messages"]
GEMINI = DIALECTS["gemini_generate"]
TOOL = Raw(b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}')
PROMPTS = (
    "hi [tokens=6]",
    "hi [tokens=3] [words=wide]",
    "hi [tool=f] [tokens=2]",
    "hi [reasoning=4] [tokens=2]",
    "hi [tokens=4] [refuse]",
)
FAULTS = ("", "missing_terminator", "malformed(after=1)", "in_stream_error(after=1)", "empty")
JSON_WORDS = (
    *(b"null", b"true", b"{}", b"[]", b'""', b"-1", b"0", b"1e999", b"[" * 600, b'{"a":' * 600),
    *(b'"\\ud800"', b'"\\u0000"', b"\xff", b"\xef\xbb\xbf", b'"type"', b'"content"', b'"role"'),
    *(b'"text"', b'"tool_use"', b'"tool_calls"', b'"delta"', b'"index"', b'"error"', b'"usage"'),
    *(b'"parts"', b'"functionCall"', b'"finishReason"', b'"thoughtSignature"', b'"usageMetadata"'),
    *(b'"finish_reason"', b'"stop_reason"', b'"choices"', b'"model"', b'"stream"', b"9" * 30),
)
SSE_WORDS = (b"\n\n", b"\r\n", b"\r", b"data: ", b"event: error\n", b":\n", b"data: [DONE]\n\n")
HTTP_WORDS = (
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"transfer-encoding: chunked\r\n",
        b"content-length: 5\r\n",
        b"0\r\n\r\n",
    ),
    *(b"HTTP/1.1 100 Continue\r\n\r\n", b"expect: 100-continue\r\n", b"upgrade: h2c\r\n", b"\0"),
    *(b"connection: close\r\n", b"host: x\r\n", b"POST / HTTP/1.1\r\n", b"HTTP/1.0", b"\x80"),
)


def asked(dialect: Dialect, prompt: str, *, stream: bool) -> HttpRequest:
    """A request with a tool, in any dialect."""
    request = Request(
        "m",
        (Message(Role.USER, (Text(prompt),)),),
        stream=stream,
        max_output_tokens=500,
        tools=(Tool("f", schema=TOOL),),
    )
    endpoint = Endpoint(dialect.name, "m", dialect.chat_paths()[0], "other")
    return dialect.build_request(request, endpoint)[0]


def answers(dialect: Dialect, *, stream: bool) -> list[bytes]:
    """Bodies of answers: good ones, and some that break."""
    said = [_body(dialect, prompt, "", stream=stream) for prompt in PROMPTS]
    said += [_body(dialect, PROMPTS[0], fault, stream=stream) for fault in FAULTS[1:]]
    if dialect is GEMINI and stream:
        said += [_array(each) for each in said]
    return [each for each in said if each]


def _array(events: bytes) -> bytes:
    """The same chunks as one JSON array, which is how Google streams without `alt=sse`."""
    lines = [line[6:] for line in events.splitlines() if line.startswith(b"data: ")]
    return b"[" + b",\r\n".join(lines) + b"]"


def requests(dialect: Dialect) -> list[bytes]:
    """Requests with everything in them that a dialect knows."""
    plain = [asked(dialect, PROMPTS[0], stream=stream).body for stream in (True, False)]
    full = {CHAT.name: _CHAT, MESSAGES.name: _MESSAGES, GEMINI.name: _GEMINI}.get(dialect.name)
    return plain if full is None else [*plain, full]


def raw_answers() -> list[bytes]:
    """Whole responses, with their heads."""
    found = []
    for stream in (True, False):
        steps = _steps(CHAT, "hi [tokens=2]", "", stream=stream)
        found.append(b"".join(step.data for step in steps))
    return [
        *found,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nt: 1\r\n\r\n",
    ]


def raw_requests(path: bytes, body: bytes) -> list[bytes]:
    """Whole requests, with their heads."""
    head = b"POST %b HTTP/1.1\r\nhost: x\r\n" % path
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return [
        head + b"content-length: %d\r\n\r\n%b" % (len(body), body),
        head + b"transfer-encoding: chunked\r\n\r\n" + chunked,
        head + b"expect: 100-continue\r\ncontent-length: 1\r\n\r\nx",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 3,
        b"GET http://x/y HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    ]


def errors() -> list[bytes]:
    """Error bodies of the taxonomy, as the target `errors` reads them: one for each provider."""
    found: dict[str, bytes] = {}
    for row in TAXONOMY.rows:
        example = row.example
        if example.status is not None:
            fields = ";".join(f"{name}={value}" for name, value in example.headers.items())
            head = f"{example.status} {fields or 'retry-after=3;x-should-retry=true'}\n"
            found[row.provider] = head.encode() + bytes(example.body)
    pages = [
        b"403 \n<html><title>Blocked</title>",
        b"502 retry-after=Wed, 21 Oct 2026 07:28:00 GMT\n",
    ]
    return [*found.values(), *pages]


def _body(dialect: Dialect, prompt: str, fault: str, *, stream: bool) -> bytes:
    raw = b"".join(step.data for step in _steps(dialect, prompt, fault, stream=stream))
    head, _, rest = raw.partition(b"\r\n\r\n")
    if b"chunked" not in head:
        return rest
    body = b""
    while rest and not rest.startswith(b"0\r\n"):
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


def _steps(dialect: Dialect, prompt: str, fault: str, *, stream: bool) -> Sequence:  # type: ignore[type-arg]
    effects = [item.effect for item in resolve(parse_faults(fault), TAXONOMY)]
    request = asked(dialect, prompt, stream=stream)
    incoming = Incoming("POST", request.path, (), request.body)
    return plan(dialect, respond(Provider("a", dialect.name), dialect, incoming), effects)


_CHAT = json.dumps(
    {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "t", "content": "done"},
        ],
        "response_format": {"type": "json_object"},
        "stop": ["a"],
        "stream_options": {"include_usage": True},
        "reasoning_effort": "low",
        "seed": 1,
        "modalities": ["text"],
    }
).encode()
_MESSAGES = json.dumps(
    {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                    {"type": "tool_use", "id": "t", "name": "f", "input": {"a": "x"}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]},
        ],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tool_choice": {"type": "auto"},
        "stop_sequences": ["a"],
        "metadata": {"user_id": "u"},
    }
).encode()
_GEMINI = json.dumps(
    {
        "system_instruction": {"parts": [{"text": "be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}, {"fileData": {"fileUri": "gs://a/b"}}]},
            {
                "role": "model",
                "parts": [
                    {"text": "hm", "thought": True},
                    {"functionCall": {"name": "f", "args": {"a": "x"}}, "thoughtSignature": "c2ln"},
                ],
            },
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "f", "response": {"output": "done"}}}],
            },
        ],
        "tools": [
            {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]},
            {"googleSearch": {}},
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {
            "temperature": 0.5,
            "candidateCount": 2,
            "stop_sequences": ["a"],
            "responseMimeType": "application/json",
            "responseSchema": {"type": 6, "nullable": True},
            "thinkingConfig": {"thinkingBudget": 128, "includeThoughts": True},
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        "cachedContent": "cachedContents/c",
    }
).encode()
