"""OpenAI Responses, as the `openai` package hears it."""

from typing import Any

import httpx2
import openai
from tests.dialects.manners import named, noted, takes_object
from tests.dialects.recordings import exchanges
from tests.dialects.tongues.heard import Heard, Player, Tongue, expected, loads, used
from tests.dialects.validity import valid_form, valid_functions, valid_numbers

from understudy.chat.events import PartKind, StopReason
from understudy.chat.response import Response

HOSTS = frozenset(
    {"openai", "azure", "deepseek", "bedrock", "xai", "lmstudio", "local", "openrouter"}
)
STOPS = dict.fromkeys(StopReason, "completed") | {
    StopReason.LENGTH: "max_output_tokens",
    StopReason.CONTENT_FILTER: "content_filter",
    StopReason.REFUSAL: "content_filter",
}
FIELDS = frozenset(
    {
        "model",
        "input",
        "instructions",
        "stream",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "temperature",
        "top_p",
        "top_logprobs",
        "include",
        "max_output_tokens",
        "reasoning",
        "user",
        "metadata",
        "store",
    }
)
"""Source: OpenAI API reference, "Create a model response" (2026)."""

PARTS = {
    "user": {"input_text", "input_image", "input_file", "input_audio"},
    "assistant": {"output_text", "refusal"},
}
ITEMS = {
    "message": {"role", "content"},
    "reasoning": {"summary"},
    "function_call": {"call_id", "name", "arguments"},
    "function_call_output": {"call_id", "output"},
    "custom_tool_call": {"call_id", "name", "input"},
    "custom_tool_call_output": {"call_id", "output"},
}
CALLS = {"function_call", "custom_tool_call"}

PLAYER = Player()
CLIENT = openai.OpenAI(
    api_key="none",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(PLAYER.new)),
)


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    if not stream:
        return _whole(CLIENT.responses.create(model="m", input="hello"))
    with CLIENT.responses.stream(model="m", input="hello") as events:
        found: list[Any] = list(events)
    numbers = [event.sequence_number for event in found]
    assert numbers == list(range(len(found))), "events are numbered in order"
    last = found[-1]
    assert last.type in {"response.completed", "response.incomplete"}, last.type
    heard = _whole(last.response)
    assert "".join(each.delta for each in found if each.type in SPOKEN) == heard.text
    return heard


SPOKEN = {"response.output_text.delta", "response.refusal.delta"}


def _whole(response: Any) -> Heard:
    items = response.output
    parts = [part for item in items if item.type == "message" for part in item.content]
    thoughts = [
        part.text
        for item in items
        if item.type == "reasoning"
        for part in [*item.summary, *(item.content or [])]
    ]
    details, usage = response.incomplete_details, response.usage
    return Heard(
        text="".join(part.text if part.type == "output_text" else part.refusal for part in parts),
        thoughts="".join(thoughts),
        calls=[
            (item.call_id, item.name, loads(item.arguments))
            if item.type == "function_call"
            else (item.call_id, item.name, {"input": item.input})
            for item in items
            if item.type in CALLS
        ],
        stop=details.reason if details else response.status,
        usage={
            "input": usage.input_tokens if usage else 0,
            "read": usage.input_tokens_details.cached_tokens if usage else 0,
            "output": usage.output_tokens if usage else 0,
            "reasoning": usage.output_tokens_details.reasoning_tokens if usage else 0,
            "total": usage.total_tokens if usage else 0,
        },
    )


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "input": usage.prompt_tokens,
        "read": usage.cache_read_tokens,
        "output": usage.output_tokens,
        "reasoning": usage.reasoning_tokens,
        "total": usage.prompt_tokens + usage.output_tokens,
    }
    stops = dict(STOPS)
    if any(piece.start.kind is PartKind.REFUSAL for piece in response.pieces):
        stops[StopReason.REFUSAL] = "completed"
    return expected(response, stops, counts)


def valid(body: dict[str, Any]) -> None:
    """Assert that the Responses API could take a body."""
    assert body.keys() <= FIELDS, body.keys() - FIELDS
    assert isinstance(body["model"], str)
    if isinstance(body["input"], list):
        assert body["input"]
        for item in body["input"]:
            _valid_item(item)
    for tool in body.get("tools", []):
        assert tool["type"] == "function"
        named([tool["name"]])
        takes_object(tool["parameters"])
        assert isinstance(tool["parameters"], dict)
    assert body.get("max_output_tokens", 16) >= 16
    valid_numbers(body)
    noted(body.get("metadata", {}), 16, 64, 512)
    valid_functions(body.get("tools", []))
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        assert choice["name"] in {tool["name"] for tool in body["tools"]}
    if body.get("text", {}).get("format", {}).get("type") == "json_schema":
        valid_form(body["text"]["format"])
    if "tools" not in body:
        assert not {"tool_choice", "parallel_tool_calls"} & body.keys()
    if isinstance(body["input"], list):
        calls = [each["call_id"] for each in body["input"] if each.get("type") in CALLS]
        outputs = [each["call_id"] for each in body["input"] if "output" in each]
        assert sorted(calls) == sorted(outputs), "every call is answered"


def _valid_item(item: dict[str, Any]) -> None:
    kind = item.get("type", "message")
    assert item.keys() >= ITEMS[kind]
    assert len(item.get("call_id", "x")) <= 64
    if kind == "message":
        assert item["role"] in {"system", "developer", "user", "assistant"}
        _valid_parts("assistant" if item["role"] == "assistant" else "user", item["content"])
    if "output" in item:
        _valid_parts("user", item["output"])


def _valid_parts(role: str, content: Any) -> None:
    if isinstance(content, str):
        return
    assert content
    assert {part["type"] for part in content} <= PARTS[role]


TONGUE = Tongue(
    "openai_responses",
    hear,
    expect,
    valid,
    "/v1/responses",
    exchanges("responses", HOSTS),
)
