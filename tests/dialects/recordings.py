"""Real exchanges with providers, read in place from ../shared/recordings (never copied here).

`exchanges("chat", frozenset({"openai"}))` gives every recorded exchange of that endpoint. Where the
folder is absent it gives none, and `require` skips the test, saying what that costs.
"""

import base64
import json
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from understudy.wire.http import ResponseHead

ROOT = Path(__file__).parents[2] / ".." / "shared" / "recordings"


class Exchange(msgspec.Struct, frozen=True):
    """One exchange. `request` and `response` are body bytes; b"" where nothing was recorded.

    `is_stream`: the answer came as events. `trimmed`: the recorder cut something.
    """

    id: str
    provider: str
    endpoint: str
    model: str
    path: str
    request: bytes
    status: int
    content_type: str
    response: bytes
    is_stream: bool
    features: tuple[str, ...]
    trimmed: bool

    @property
    def head(self) -> ResponseHead:
        return ResponseHead(self.status, ((b"content-type", self.content_type.encode()),))

    @property
    def asked(self) -> dict:
        """The request's JSON, {} where none was recorded."""
        return json.loads(self.request) if self.request else {}


@cache
def exchanges(endpoint: str, providers: frozenset[str]) -> tuple[Exchange, ...]:
    """Every exchange of `endpoint` with one of `providers`, in a stable order."""
    files = sorted(ROOT.glob(f"*/*.{endpoint}.jsonl"))
    wanted = [file for file in files if file.name.partition(".")[0] in providers]
    return tuple(exchange for file in wanted for exchange in _read(file))


def require(found: Collection[Exchange], what: str) -> None:
    """Skip where there are no recordings; otherwise print how many are about to be checked."""
    if not found:
        pytest.skip(f"recordings are absent: {what} not checked")
    print(f"{what}: {len(found)} exchanges")  # noqa: T201 - the count is the point


def _read(file: Path) -> Iterator[Exchange]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield _exchange(json.loads(line))


def _exchange(record: dict) -> Exchange:
    asked = record["request"] or {}
    answer = record["response"] or {}
    kind, data = _response_body(answer.get("body") or {})
    return Exchange(
        id=record["id"],
        provider=record["provider"],
        endpoint=record["endpoint"],
        model=record["model"] or "",
        path=asked.get("url", ""),
        request=_request_body(asked.get("body") or {}),
        status=answer.get("status", 200),
        content_type=kind,
        response=data,
        is_stream=kind == "text/event-stream",
        features=tuple(record.get("features") or ()),
        trimmed=bool(record.get("trimmed")),
    )


def _request_body(body: dict) -> bytes:
    return dump(body["json"]) if "json" in body else body.get("text", "").encode()


def _response_body(body: dict) -> tuple[str, bytes]:
    match body:
        case {"json": value}:
            return "application/json", dump(value)
        case {"sse": str(text)}:
            return "text/event-stream", text.encode()
        case {"chunks": list(chunks)}:
            return "text/event-stream", b"".join(map(_frame, chunks))
        case {"ndjson": str(text)}:
            return "application/x-ndjson", text.encode()
        case {"eventstream_b64": str(text)} | {"b64": str(text)}:
            return "application/octet-stream", base64.b64decode(text)
        case {"text": str(text)}:
            return "text/plain", text.encode()
        case _:
            return "", b""


def _frame(chunk: object) -> bytes:
    """Frame one event of a folder that kept no framing, as the provider would have."""
    name = chunk.get("type") if isinstance(chunk, dict) else None
    event = f"event: {name}\n".encode() if isinstance(name, str) else b""
    return event + b"data: " + dump(chunk) + b"\n\n"


def dump(value: object) -> bytes:
    """Compact JSON, as most clients write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
