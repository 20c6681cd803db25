"""Google's generateContent, as the `google-genai` package hears it."""

import itertools
import re
from typing import Any

import httpx
from google import genai
from google.genai import types
from tests.dialects.manners import named, once, within
from tests.dialects.recordings import Exchange, exchanges
from tests.dialects.tongues.heard import Heard, Player, Tongue, expected, used

from understudy.chat.events import StopReason
from understudy.chat.response import Piece, Response

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
HOSTS = frozenset({"gemini", "vertex"})
FIELDS = frozenset(
    {
        "contents",
        "tools",
        "toolConfig",
        "safetySettings",
        "systemInstruction",
        "generationConfig",
        "cachedContent",
        "labels",
        "serviceTier",
    }
)
"""Source: Gemini and Vertex AI API references, "generateContent" (2026)."""

STOPS = {
    StopReason.END: "STOP",
    StopReason.LENGTH: "MAX_TOKENS",
    StopReason.STOP_SEQUENCE: "STOP",
    StopReason.TOOL_CALLS: "STOP",
    StopReason.REFUSAL: "SAFETY",
    StopReason.CONTENT_FILTER: "SAFETY",
    StopReason.OTHER: "OTHER",
}

PLAYER = Player()
CLIENT = genai.Client(
    api_key="none",
    http_options=types.HttpOptions(
        httpx_client=httpx.Client(transport=httpx.MockTransport(PLAYER.old))
    ),
)


def hear(kind: str, body: bytes, stream: bool) -> Heard:
    PLAYER.plays(kind, body)
    models = CLIENT.models
    if stream:
        chunks = list(models.generate_content_stream(model="m", contents="hello"))
    else:
        chunks = [models.generate_content(model="m", contents="hello")]
    return _joined(chunks)


def _joined(chunks: list[types.GenerateContentResponse]) -> Heard:
    found: list[types.Part] = []
    stop, usage = None, types.GenerateContentResponseUsageMetadata()
    for chunk in chunks:
        usage = chunk.usage_metadata or usage
        first = [each for each in chunk.candidates or [] if not each.index]
        for candidate in first:
            found += (candidate.content and candidate.content.parts) or []
            stop = candidate.finish_reason.value if candidate.finish_reason else stop
    called = [part.function_call for part in found if part.function_call]
    return Heard(
        text="".join(part.text or "" for part in found if not part.thought),
        thoughts="".join(part.text or "" for part in found if part.thought),
        calls=[(each.id or "", each.name or "", each.args or {}) for each in called],
        stop=stop,
        usage={
            "prompt": usage.prompt_token_count or 0,
            "read": usage.cached_content_token_count or 0,
            "output": (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
            "thoughts": usage.thoughts_token_count or 0,
        },
    )


def expect(response: Response) -> Heard:
    usage = used(response)
    counts: dict[str, int | None] = {
        "prompt": usage.prompt_tokens,
        "read": usage.cache_read_tokens,
        "output": usage.output_tokens,
        "thoughts": usage.reasoning_tokens,
    }
    made_up = f"call_{response.started.id}_"

    def call_id(piece: Piece) -> str:
        """An id that was made up is not said; the dialect can do without."""
        found = piece.start.id or ""
        return "" if found.startswith(made_up) else found

    return expected(response, STOPS, counts, call_id)


def valid(body: dict[str, Any]) -> None:
    """Assert that generateContent could take a body: the client's own types refuse other fields."""
    assert body.keys() <= FIELDS, body.keys() - FIELDS
    assert body["contents"]
    for content in body["contents"]:
        assert content["role"] in {"user", "model"}
        types.Content.model_validate(content)
    if "systemInstruction" in body:
        types.Content.model_validate(body["systemInstruction"])
    for tool in body.get("tools", []):
        types.Tool.model_validate(tool)
        named((each["name"] for each in tool.get("functionDeclarations", ())), NAME)
    _valid_turns(body["contents"])
    assert len(body.get("generationConfig", {}).get("stopSequences", ())) <= 5
    names = [f["name"] for t in body.get("tools", []) for f in t.get("functionDeclarations", ())]
    once(names)
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    assert set(calling.get("allowedFunctionNames", ())) <= set(names)
    _valid_config(body.get("generationConfig", {}), calling)
    types.ToolConfig.model_validate(body.get("toolConfig", {}))
    types.GenerationConfig.model_validate(body.get("generationConfig", {}))


def _valid_config(config: dict[str, Any], calling: dict[str, Any]) -> None:
    signed = (-2, 1.99)
    within(config, temperature=(0, 2), topP=(0, 1), topK=(1, 64), candidateCount=(1, 8))
    within(config, seed=(0, 2**31 - 1), maxOutputTokens=(1, 10**6), logprobs=(0, 20))
    within(config, frequencyPenalty=signed, presencePenalty=signed)
    within(config.get("thinkingConfig", {}), thinkingBudget=(-1, 24576))
    assert config.get("responseMimeType") != "application/json" or calling.get("mode") != "ANY"


def _valid_turns(contents: list[dict[str, Any]]) -> None:
    """As many results as calls, in the turn after (Gemini API docs, "Function calling")."""
    before = 0
    roles = [content["role"] for content in contents]
    assert roles[0] == "user"
    assert ("model", "model") not in itertools.pairwise(roles)
    for content in contents:
        assert content["parts"]
        assert {"text": ""} not in content["parts"]
        for part in content["parts"]:
            assert part.get("inlineData", {}).get("mimeType") not in {"image/svg+xml", "image/gif"}
        results = sum("functionResponse" in part for part in content["parts"])
        calls = [
            part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part
        ]
        assert results == before, f"{results} results of {before} calls"
        named(calls, NAME)
        before = len(calls)
    assert not before, "calls at the end"


def asks_stream(chat: Exchange) -> bool:
    return chat.endpoint.startswith("stream")


TONGUE = Tongue(
    "gemini_generate",
    hear,
    expect,
    valid,
    "/v1beta/models/{model}:generateContent",
    exchanges("generateContent", HOSTS) + exchanges("streamGenerateContent", HOSTS),
    asks_stream,
)
