"""Amazon Bedrock's Converse, as boto3 hears it: its client runs, its connection does not."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]
import msgspec
from botocore.awsrequest import AWSRequest, AWSResponse  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.validate import ParamValidator  # type: ignore[import-untyped]
from tests.dialects.manners import (
    Said,
    answered,
    enforced,
    few_marks,
    marks,
    named,
    once,
    takes_object,
)
from tests.dialects.recordings import Exchange, exchanges
from tests.dialects.tongues.heard import Heard, Tongue, expected, loads, used
from tests.dialects.validity import CLAUDES

from understudy.chat.events import StopReason
from understudy.chat.response import Piece, Response
from understudy.dialects.bedrock_converse.speech import call_id
from understudy.wire.eventstream import encode_message

HOSTS = frozenset({"bedrock"})
PATH = "/model/{model}/converse"
STREAM = "converse-stream"
EVENTS = "application/vnd.amazon.eventstream"
ASKED: list[Any] = [{"role": "user", "content": [{"text": "hello"}]}]
STOPS = {
    StopReason.END: "end_turn",
    StopReason.TOOL_CALLS: "tool_use",
    StopReason.LENGTH: "max_tokens",
    StopReason.STOP_SEQUENCE: "stop_sequence",
    StopReason.CONTENT_FILTER: "content_filtered",
}
DOCUMENT = re.compile(r"[a-zA-Z0-9 ()\[\]-]{1,200}")
CALL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")


class Raw:
    """A body as urllib3 has it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield from (self._body[at : at + 1000] for at in range(0, len(self._body), 1000))

    def close(self) -> None:
        return None


class Session:
    """The connection of a client that lives on: `answer` is what it hears next."""

    def __init__(self) -> None:
        self.kind, self.body = "", b""

    def send(self, request: AWSRequest) -> AWSResponse:
        headers = {"content-type": self.kind}
        return AWSResponse(request.url, 200, headers, Raw(self.body))

    def close(self) -> None:
        return None


SESSION = Session()
CLIENT = boto3.client(
    "bedrock-runtime",
    region_name="us-east-1",
    aws_access_key_id="none",
    aws_secret_access_key="none",
    config=Config(retries={"max_attempts": 1}),
)
CLIENT._endpoint.http_session = SESSION
INPUT = CLIENT.meta.service_model.operation_model("Converse").input_shape


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    SESSION.kind, SESSION.body = kind, body
    if stream:
        return _of_stream(list(CLIENT.converse_stream(modelId="m", messages=ASKED)["stream"]))
    answer = CLIENT.converse(modelId="m", messages=ASKED)
    blocks = answer["output"]["message"]["content"]
    return _heard(blocks, answer["stopReason"], answer["usage"])


def _of_stream(events: list[dict[str, Any]]) -> Heard:
    blocks: dict[int, dict[str, Any]] = {}
    stop: str | None = None
    usage: dict[str, Any] = {}
    for event in events:
        match event:
            case {"contentBlockStart": {"contentBlockIndex": number, "start": start}}:
                blocks[number] = {name: {**said, "input": ""} for name, said in start.items()}
            case {"contentBlockDelta": {"contentBlockIndex": number, "delta": delta}}:
                _grow(blocks.setdefault(number, {}), delta)
            case {"messageStop": {"stopReason": stop}}:
                pass
            case {"metadata": {"usage": usage}}:
                pass
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = loads(block["toolUse"]["input"])
    return _heard([blocks[number] for number in sorted(blocks)], stop, usage)


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] += text
        case {"reasoningContent": {"text": text}}:
            thought = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
            thought["text"] = thought.get("text", "") + text


def _heard(blocks: list[dict[str, Any]], stop: str | None, usage: dict[str, Any]) -> Heard:
    texts = [
        block.get("text", "")
        + "".join(each["text"] for each in block.get("citationsContent", {}).get("content", ()))
        for block in blocks
    ]
    thoughts = [block.get("reasoningContent", {}).get("reasoningText", {}) for block in blocks]
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    return Heard(
        text="".join(texts),
        thoughts="".join(thought.get("text", "") for thought in thoughts),
        calls=[(call["toolUseId"], call["name"], call["input"]) for call in calls],
        stop=stop,
        usage={
            "input": usage.get("inputTokens"),
            "read": usage.get("cacheReadInputTokens", 0),
            "written": usage.get("cacheWriteInputTokens", 0),
            "output": usage.get("outputTokens"),
            "total": usage.get("totalTokens"),
        },
    )


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "input": usage.input_tokens,
        "read": usage.cache_read_tokens,
        "written": usage.cache_write_tokens,
        "output": usage.output_tokens,
        "total": usage.prompt_tokens + usage.output_tokens,
    }

    def said_id(piece: Piece) -> str:
        """Where a call has no id, it is given one."""
        return piece.start.id or call_id(piece.start)

    return expected(response, STOPS, counts, said_id)


def valid(body: dict[str, Any]) -> None:
    """Assert that Converse could take a body: its client's own rules, and the documents'."""
    report = ParamValidator().validate({"modelId": "m", **body}, INPUT)
    assert not report.has_errors(), report.generate_report()
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)
    blocks = list(itertools.chain.from_iterable(message["content"] for message in messages))
    for message in messages:
        members = {name for block in message["content"] for name in block}
        assert members, "a turn says something"
        assert "document" not in members or "text" in members
    for block in blocks:
        assert len(block) == 1
        assert block.get("text", "x").strip()
        ids = [block.get(name, {}).get("toolUseId", "x") for name in ("toolUse", "toolResult")]
        assert all(CALL_ID.fullmatch(each) for each in ids)
    if any({"toolUse", "toolResult"} & block.keys() for block in blocks):
        assert body["toolConfig"]["tools"]
    _fits(body, INPUT, "")
    order = ("toolConfig", "system", "messages")
    few_marks([mark for name in order for mark in marks(body.get(name), "cachePoint")])
    said: list[Said] = []
    for message in messages:
        found = message["content"]
        results = [("result", b["toolResult"]["toolUseId"]) for b in found if "toolResult" in b]
        calls = [("call", b["toolUse"]["toolUseId"]) for b in found if "toolUse" in b]
        said += results + [("", "")] * (not results) + calls
    answered(said)
    specs = [
        tool["toolSpec"]
        for tool in body.get("toolConfig", {}).get("tools", [])
        if "toolSpec" in tool
    ]
    named(
        [
            *(spec["name"] for spec in specs),
            *(b["toolUse"]["name"] for b in blocks if "toolUse" in b),
        ]
    )
    once(spec["name"] for spec in specs)
    for spec in specs:
        takes_object(spec["inputSchema"]["json"])
        if spec.get("strict"):
            enforced(spec["inputSchema"]["json"], CLAUDES, all_required=False)
    chosen = body.get("toolConfig", {}).get("toolChoice", {}).get("tool", {}).get("name")
    assert chosen in {None, *(spec["name"] for spec in specs)}
    form = body.get("outputConfig", {}).get("textFormat")
    if form is not None:
        schema = form["structure"]["jsonSchema"]["schema"]
        enforced(json.loads(schema), CLAUDES, all_required=False)
    names = [block["document"]["name"] for block in blocks if "document" in block]
    assert all(DOCUMENT.fullmatch(name) and "  " not in name for name in names)
    assert len(names) == len(set(names))


def _fits(value: Any, shape: Any, path: str) -> None:
    """Assert the lengths, bounds and patterns of the service's own model."""
    rules = shape.metadata
    size = value if isinstance(value, int | float) else len(value)
    assert "max" not in rules or size <= rules["max"], path
    assert "min" not in rules or size >= rules["min"], path
    if "pattern" in rules and isinstance(value, str):
        assert re.fullmatch(rules["pattern"], value), path
    match shape.type_name:
        case "structure" if not getattr(shape, "is_document_type", False):
            for name, each in value.items():
                _fits(each, shape.members[name], f"{path}.{name}")
        case "list":
            for each in value:
                _fits(each, shape.member, f"{path}[]")
        case "map":
            for name, each in value.items():
                _fits(name, shape.key, f"{path}.{name}")
                _fits(each, shape.value, f"{path}.{name}")


def asks_stream(chat: Exchange) -> bool:
    return chat.endpoint == STREAM


def _framed(chat: Exchange) -> Exchange:
    """Frame what was kept without its framing, and begin it as every stream does."""
    if chat.content_type != "text/event-stream":
        return chat
    lines = [line for line in chat.response.decode().splitlines() if line.startswith("data: ")]
    events = [next(iter(json.loads(line[len("data: ") :]).items())) for line in lines]
    if events[0][0] != "messageStart":
        events.insert(0, ("messageStart", {"role": "assistant"}))
    body = b"".join(
        encode_message(
            (
                (":event-type", name),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ),
            json.dumps(said).encode(),
        )
        for name, said in events
    )
    return msgspec.structs.replace(chat, response=body, content_type=EVENTS)


CHATS = tuple(_framed(chat) for chat in exchanges("converse", HOSTS) + exchanges(STREAM, HOSTS))
TONGUE = Tongue("bedrock_converse", hear, expect, valid, PATH, CHATS, asks_stream)
