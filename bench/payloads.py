"""What benchmark clients send and simulated providers answer. No import of the project: a fair
yardstick.
"""

import json

MODEL = "bench"
UPSTREAM_MODEL = "up-bench"
UPSTREAM_KEY = "sk-upstream-0123456789"
CALLER_KEY = "sk-caller-0123456789abcdef"

_SENTENCE = (
    "A reverse proxy takes requests on behalf of the servers behind it, passes each on to one of "
    "them, and hands the answer back."
)
_SYSTEM = (
    "You help the operations team of a mid-sized company. Answer in plain words, name the section "
    "of the runbook where you know it, never make up host names, and ask back when a request can "
    "be read in two ways. Stay below 120 words unless more is asked for. "
) * 2

CHAT_ANSWER = json.dumps(
    {
        "id": "chatcmpl-0123456789abcdef0123456789abcdef",
        "object": "chat.completion",
        "created": 1_763_900_000,
        "model": "up-bench-2026-01-01",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": _SENTENCE,
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 182,
            "completion_tokens": 31,
            "total_tokens": 213,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    },
    separators=(",", ":"),
).encode()

MESSAGES_ANSWER = json.dumps(
    {
        "id": "msg_0123456789abcdefghijkl",
        "type": "message",
        "role": "assistant",
        "model": "up-bench-20260101",
        "content": [{"type": "text", "text": _SENTENCE + " " + _SENTENCE}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 182,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 31,
            "service_tier": "standard",
        },
    },
    separators=(",", ":"),
).encode()


def chat_request(*, stream: bool, model: str = MODEL, pad_bytes: int = 0) -> bytes:
    """A request of about 1 KB, or padded by `pad_bytes` of conversation."""
    turn = "Which failures of such a proxy should we watch, and by which of its figures? "
    messages: list[dict[str, str]] = [{"role": "system", "content": _SYSTEM}]
    for _ in range(pad_bytes // 1024):
        messages.append({"role": "user", "content": (turn * 14)[:490]})
        messages.append({"role": "assistant", "content": (_SENTENCE * 5)[:490]})
    messages.append({"role": "user", "content": turn + "What does it do, in one sentence?"})
    body: dict[str, object] = {
        "model": model,
        "messages": messages,
        "temperature": 0.2,
        "max_tokens": 256,
        "stream": stream,
        "user": "user-48151623",
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    return json.dumps(body).encode()


def request_bytes(port: int, body: bytes) -> bytes:
    """The request as a client's whole HTTP message."""
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n"
        b"authorization: Bearer %b\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%b" % (port, CALLER_KEY.encode(), len(body), body)
    )
