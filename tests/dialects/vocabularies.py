"""The vocabularies of all dialects, as their vendors' SDKs type them: requests, and whole answers.

`usual` and `needs` say what types do not: which texts are URLs, base64 or schemas, and of fields
that may all be left out, which of them makes an object say something.
"""

import inspect
import json
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import cohere
import ollama._types as ollama_types
import typing_extensions as extended
from anthropic import types as claude
from anthropic.types import message_create_params as claude_params
from cohere.v2.types.v2chat_response import V2ChatResponse
from google.genai import types as gemini
from mistralai.client import models as mistral
from openai.types import chat, completion_create_params, responses
from openai.types.chat import completion_create_params as chat_params
from openai.types.responses import response_create_params
from tests.dialects.vocabulary import (
    Either,
    Later,
    Leaf,
    Many,
    Record,
    Vocabulary,
    modelled,
    node_of,
)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
PDF = "data:application/pdf;base64,JVBERi0x"
SCHEMA, OTHER = (
    {"type": "object", "properties": {n: {}}, "required": [n], "additionalProperties": False}
    for n in "ab"
)
USUAL: dict[Any, list[Any]] = {
    "parameters": [SCHEMA, OTHER],
    "input_schema": [SCHEMA, OTHER],
    "schema": [SCHEMA, OTHER],
    "schema_definition": [SCHEMA, OTHER],
    "parametersJsonSchema": [SCHEMA, OTHER],
    "responseJsonSchema": [SCHEMA, OTHER],
    "model": ["m"],
    "stream": [True],
    "url": ["https://a.example/QzA.png", "https://a.example/QzB.png"],
    "file_url": ["https://a.example/QzA.pdf", "https://a.example/QzB.pdf"],
    "fileUri": ["https://a.example/QzA.png", "https://a.example/QzB.png"],
    "arguments": ['{"a":"QzA"}', '{"a":"QzB"}'],
    "data": [PNG, PNG.replace("VR42", "VR43")],
    "file_data": [PDF, PDF.replace("x", "y")],
    "media_type": ["image/png"],
    "mimeType": ["image/png"],
    "name": ["f", "g"],
    "modalities": [["text", "audio"]],
    "budget_tokens": [1024, 2048],
    "thinkingBudget": [1024, 2048],
    "images": [[PNG]],
    "topK": [3, 5],
    "index": [0],
    "input_tokens": [30, 50],
    "prompt_tokens": [30, 50],
    "additionalModelRequestFields": [{"qz": 1}],
}
_PART = {"inlineData": {"mimeType": "image/png", "data": PNG}}
NEEDS: dict[str, dict[str, Any]] = {
    "ResponseInputImageParam": {"image_url": "https://a.example/QzA.png"},
    "ResponseInputImageContentParam": {"image_url": "https://a.example/QzA.png"},
    "ResponseInputFileParam": {"file_data": PDF},
    "ResponseInputFileContentParam": {"file_data": PDF},
    "FunctionCallOutput": {"call_id": "QzA"},
    "LocalShellCallOutput": {"call_id": "QzA"},
    "FunctionCall": {"name": "f", "args": {}},
    "FunctionResponse": {"name": "f", "response": {}},
    "FunctionDeclaration": {"name": "f"},
    "FunctionResponsePart": _PART,
    "Part": {"text": "QzA"},
    "ImageURL": {"url": "https://a.example/QzA.png"},
}


def _requests(kind: Any, **more: Any) -> Record:
    """A request of a typed dict's, without what is another field's business."""
    found = node_of(kind)
    assert isinstance(found, Record)
    return Record("root", found.fields | {name: (each, True) for name, each in more.items()})


def _openai_chat() -> Vocabulary:
    return Vocabulary(_requests(chat_params.CompletionCreateParamsBase), USUAL, NEEDS)


def _openai_responses() -> Vocabulary:
    fields = _requests(response_create_params.ResponseCreateParamsBase).fields
    said = {"model": (str, True), "input": (fields["input"][0], True)}
    return Vocabulary(Record("root", fields | said), USUAL, NEEDS)


def _openai_completions() -> Vocabulary:
    kind = completion_create_params.CompletionCreateParamsBase
    return Vocabulary(_requests(kind), {**USUAL, "prompt": ["QzA", "QzB"]}, NEEDS)


def _anthropic() -> Vocabulary:
    text = {"type": "text", "media_type": "text/plain"}
    pdf = {"type": "base64", "media_type": "application/pdf"}
    needs = {"PlainTextSourceParam": {**text, "data": "QzA"}}
    needs["Base64PDFSourceParam"] = {**pdf, "data": "JVBERi0x"}
    root = _requests(claude_params.MessageCreateParamsBase)
    return Vocabulary(root, {**USUAL, "data": [PNG]}, {**NEEDS, **needs})


def _gemini() -> Vocabulary:
    fields = {
        "contents": (list[gemini.Content], True),
        "systemInstruction": (gemini.Content, False),
        "tools": (list[gemini.Tool], False),
        "toolConfig": (gemini.ToolConfig, False),
        "safetySettings": (list[gemini.SafetySetting], False),
        "cachedContent": (str, False),
        "generationConfig": (gemini.GenerationConfig, False),
        "labels": (dict[str, str], False),
    }
    usual = {
        **USUAL,
        "responseMimeType": ["application/json"],
        "responseSchema": [{"type": "STRING"}, {"type": "NUMBER"}],
        "role": ["user", "model"],
    }
    return Vocabulary(Record("root", fields), usual, NEEDS)


def _shape(shape: Any) -> Any:
    """A shape of botocore's service model; one of a union's members at a time."""
    match shape.type_name:
        case "structure":
            fields = {
                name: (_later(each), name in shape.required_members)
                for name, each in shape.members.items()
            }
            if not getattr(shape, "is_tagged_union", False):
                return Record(shape.name, fields)
            return Either(
                [Record(f"{shape.name}.{n}", {n: (kind, True)}) for n, (kind, _) in fields.items()]
            )
        case "list":
            return Many(_later(shape.member))
        case "map":
            return Many(_later(shape.value), "qk")
        case "string" if getattr(shape, "enum", None):
            return Leaf(list(shape.enum))
        case "blob":
            return Leaf([PNG, PNG.replace("VR42", "VR43")])
        case kind:
            return {"string": str, "integer": int, "boolean": bool, "float": float}.get(
                kind, object
            )


def _later(shape: Any) -> Later:
    return Later(lambda: _shape(shape))


def _converse(*, is_answer: bool) -> Vocabulary:
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    operation = service.operation_model("Converse")
    said = _shape(operation.output_shape if is_answer else operation.input_shape).fields
    needed = {"output", "stopReason", "usage"} if is_answer else {"messages"}
    fields = {n: (kind, n in needed) for n, (kind, _) in said.items() if n != "modelId"}
    usual = {
        **USUAL,
        "schema": [json.dumps(SCHEMA), json.dumps(OTHER)],
        ("ToolInputSchema.json", "json"): [SCHEMA, OTHER],
        "stopReason": ["end_turn", "max_tokens"],
        ("Message", "role"): ["assistant" if is_answer else "user"],
    }
    return Vocabulary(Record("root", fields), usual, NEEDS)


def _cohere() -> Vocabulary:
    hints = extended.get_type_hints(cohere.ClientV2.chat, include_extras=True)
    fields = {
        name: (hints[name], each.default is inspect.Parameter.empty)
        for name, each in inspect.signature(cohere.ClientV2.chat).parameters.items()
        if name not in {"self", "request_options"}
    }
    needs = {"ToolCallV2": {"id": "i", "function": {"name": "f", "arguments": "{}"}}}
    needs["ToolV2"] = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
    return Vocabulary(Record("root", fields), USUAL, {**NEEDS, **needs})


def _ollama() -> Vocabulary:
    fields = modelled(ollama_types.ChatRequest) | {
        "model": (str, True),
        "messages": (list[ollama_types.Message], True),
        "options": (ollama_types.Options, False),
    }
    usual = {**USUAL, "role": ["user"], "arguments": [{"a": "QzA"}, {"a": "QzB"}]}
    usual["format"] = ["json", SCHEMA]
    needs: dict[str, dict[str, Any]] = {"Message": {"role": "user", "content": "QzA"}}
    needs["Options"] = {"top_k": 1}
    needs["Tool"] = {"type": "function", "function": {"name": "f"}}
    return Vocabulary(Record("root", fields), usual, needs)


def _mistral() -> Vocabulary:
    fields = modelled(mistral.ChatCompletionRequest)
    needs = {"ToolCall": {"id": "i"}, "ToolMessage": {"tool_call_id": "i"}}
    needs["FunctionCall"] = {"name": "f", "arguments": "{}"}
    return Vocabulary(Record("root", fields), USUAL, {**NEEDS, **needs})


REQUESTS: dict[str, tuple[str, Vocabulary]] = {
    "openai_chat": ("openai_chat", _openai_chat()),
    "openai_responses": ("openai_responses", _openai_responses()),
    "openai_completions": ("openai_completions", _openai_completions()),
    "anthropic_messages": ("anthropic_messages", _anthropic()),
    "gemini_generate": ("gemini_generate", _gemini()),
    "bedrock_converse": ("bedrock_converse", _converse(is_answer=False)),
    "cohere_chat": ("cohere_chat", _cohere()),
    "ollama_chat": ("ollama_chat", _ollama()),
    "mistral": ("openai_chat", _mistral()),
}
"""By the name of the API, its dialect and what can be said."""


def _answer(kind: Any, needs: dict[str, dict[str, Any]], **usual: list[Any]) -> Vocabulary:
    root = Record("root", modelled(kind))
    return Vocabulary(root, {**USUAL, "model": ["m", "m2"], **usual}, {**NEEDS, **needs})


def _responses_answer() -> Vocabulary:
    """An answer, without what it repeats of the request and what makes it none."""
    said = _answer(responses.Response, {}, status=["completed"])
    echo = _openai_responses().root.fields.keys() - {"model"} | {"error"}
    fields = {name: each for name, each in said.root.fields.items() if name not in echo}
    return said._replace(root=Record("root", fields))


def _gemini_answer() -> Vocabulary:
    fields = modelled(gemini.GenerateContentResponse)
    for name in ("sdkHttpResponse", "automaticFunctionCallingHistory", "parsed"):
        del fields[name]
    fields["candidates"] = list[gemini.Candidate], True
    part = {"content": {"role": "model", "parts": [{"text": "QzA"}]}, "finishReason": "STOP"}
    usual = {**USUAL, "role": ["model"], "finishReason": ["STOP", "MAX_TOKENS"]}
    usual["jsonPath"] = ["$.a"]
    return Vocabulary(Record("root", fields), usual, {**NEEDS, "Candidate": part})


_TEXT = {"content": [{"type": "text", "text": "QzA"}]}
_CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "QzA"}}
ANSWERS: dict[str, tuple[str, Vocabulary]] = {
    "openai_chat": (
        "openai_chat",
        _answer(
            chat.ChatCompletion,
            {"ChatCompletionMessage": {"role": "assistant", "content": "QzA"}},
            finish_reason=["stop", "length"],
        ),
    ),
    "openai_responses": ("openai_responses", _responses_answer()),
    "anthropic_messages": (
        "anthropic_messages",
        _answer(
            claude.Message,
            {"root": {"stop_reason": "end_turn"}},
            stop_reason=["end_turn", "refusal"],
        ),
    ),
    "gemini_generate": ("gemini_generate", _gemini_answer()),
    "bedrock_converse": ("bedrock_converse", _converse(is_answer=True)),
    "cohere_chat": (
        "cohere_chat",
        _answer(
            V2ChatResponse, {"AssistantMessageResponse": _TEXT}, finish_reason=["COMPLETE", "ERROR"]
        ),
    ),
    "ollama_chat": (
        "ollama_chat",
        _answer(
            ollama_types.ChatResponse,
            {
                "root": {"done": True, "done_reason": "stop", "model": "m"},
                "Message": {"role": "assistant", "content": "QzA"},
            },
            role=["assistant"],
            arguments=[{"a": "QzA"}, {"a": "QzB"}],
        ),
    ),
    "mistral": (
        "openai_chat",
        _answer(
            mistral.ChatCompletionResponse,
            {
                "root": {"choices": [_CHOICE]},
                "ChatCompletionChoice": _CHOICE,
                "AssistantMessage": {"role": "assistant", "content": "QzA"},
                "ToolCall": {"id": "i"},
            },
        ),
    ),
}
