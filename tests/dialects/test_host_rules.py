"""Rules of hosts and models, which their facts tell: a request in another dialect that would break
each, written for a target of the catalogue.
"""

import json
from typing import Any

import pytest
from msgspec import Raw
from tests.dialects.awkward import LOOSE, A, R, T, U, call, res, rq
from tests.dialects.manners import once

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import Image, Inline
from understudy.chat.request import Format, ReasoningConfig, Request, ResponseFormat, Sampling, Tool
from understudy.dialects.catalog import CHATS
from understudy.dialects.translating import translate
from understudy.providers.catalogue import endpoint, load_catalogue

SHIPPED = load_catalogue()
LONG = "chatcmpl-tool-" + "0" * 32
FORM = ResponseFormat(Format.SCHEMA, "x", schema=LOOSE)
ANSWERED = rq(U("a"), A(call(LONG)), R(res(LONG)), U("b"), tools=(T,))
BOTH = rq(U("a"), tools=(T,), response_format=FORM)
COLD = rq(U("a"), sampling=Sampling(temperature=0.2, top_p=0.5), stop=("x",))
NOT_SAMPLED = {"temperature", "top_p"}


def target(host: str, model: str) -> Endpoint:
    kind = SHIPPED.kind(host)
    assert kind is not None
    return endpoint(kind, SHIPPED.model(kind, model), kind.chat_path)


def written(request: Request, host: str, model: str) -> tuple[dict[str, Any], set[str]]:
    where = target(host, model)
    made, losses, _ = translate(request, CHATS[where.dialect], where)
    return json.loads(made.body), {loss.token for loss in losses}


@pytest.mark.parametrize(
    ("host", "most"), [("openai", 40), ("azure-openai", 40), ("mistral", 9), ("vllm", None)]
)
def test_results_point_at_their_calls_by_ids_that_are_taken(host, most):
    body, _ = written(ANSWERED, host, "gpt-5.2")
    [made] = body["messages"][1]["tool_calls"]
    assert made["id"] == body["messages"][2]["tool_call_id"]
    assert len(made["id"]) <= most if most else made["id"] == LONG


def test_a_host_with_templates_hears_the_model_between_results_and_the_user():
    roles = [m["role"] for m in written(ANSWERED, "mistral", "mistral-large-latest")[0]["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    roles = [m["role"] for m in written(ANSWERED, "openai", "gpt-5.2")[0]["messages"]]
    assert roles == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize(
    ("host", "model", "is_refused"),
    [
        ("cohere", "command-a-03-2025", True),
        ("groq", "openai/gpt-oss-120b", True),
        ("gemini", "gemini-2.5-flash", True),
        ("vertex", "gemini-2.5-pro", True),
        ("gemini", "gemini-3.6-flash", False),
        ("openai", "gpt-5.2", False),
        ("anthropic", "claude-opus-5", False),
    ],
)
def test_a_format_beside_tools_is_asked_for_in_words_where_it_is_refused(host, model, is_refused):
    body, tokens = written(BOTH, host, model)
    config = body.get("generationConfig", {})
    demanded = {"response_format", "output_config"} & body.keys() or "responseMimeType" in config
    assert bool(demanded) != is_refused
    assert ("~response_format" in tokens) == is_refused
    assert ("JSON Schema" in json.dumps(body)) == is_refused


@pytest.mark.parametrize(
    ("host", "model", "fields"),
    [
        ("openai", "gpt-5-mini", NOT_SAMPLED | {"stop"}),
        ("openai", "o3", NOT_SAMPLED | {"stop"}),
        ("openai", "gpt-6-sol", NOT_SAMPLED),
        ("anthropic", "claude-opus-5", NOT_SAMPLED),
        ("anthropic", "claude-sonnet-4-5", {"top_p"}),
        ("openai", "gpt-4o", set()),
    ],
)
def test_what_a_model_refuses_is_left_out(host, model, fields):
    body, tokens = written(COLD, host, model)
    said = body.keys() | ({"stop"} if "stop_sequences" in body else set())
    assert {"temperature", "top_p", "stop"} - said == fields
    assert len(tokens) == len(fields)


@pytest.mark.parametrize(
    ("host", "model", "effort", "said"),
    [
        ("openai", "o3", "minimal", "low"),
        ("openai", "gpt-5", "minimal", "minimal"),
        ("openai", "gpt-5.2", "max", "xhigh"),
        ("openai", "gpt-5.6", "max", "max"),
        ("openai", "gpt-5-nano", "none", "minimal"),
        ("groq", "openai/gpt-oss-20b", "xhigh", "high"),
    ],
)
def test_a_model_is_told_to_think_in_words_that_it_knows(host, model, effort, said):
    asked = rq(U("a"), reasoning=ReasoningConfig(None, effort))
    assert written(asked, host, model)[0]["reasoning_effort"] == said


def test_a_limit_has_the_name_that_reasoning_models_take():
    body, _ = written(rq(U("a"), max_output_tokens=9), "openai", "o3")
    assert (body["max_completion_tokens"], "max_tokens" in body) == (9, False)


@pytest.mark.parametrize(("host", "most"), [("openai", 128), ("azure-openai", 128)])
def test_so_many_tools_are_offered(host, most):
    tools = tuple(Tool(f"f{number}", schema=Raw(LOOSE)) for number in range(most + 3))
    body, tokens = written(rq(U("a"), tools=tools), host, "gpt-5.2")
    once(tool["function"]["name"] for tool in body["tools"])
    assert len(body["tools"]) == most
    assert tokens == {f"tools[{number}]" for number in range(most, most + 3)}


@pytest.mark.parametrize(
    ("host", "most"), [("openai", 64), ("openrouter", 128), ("anthropic", 256)]
)
def test_a_user_is_named_in_so_many_characters(host, most):
    body, tokens = written(rq(U("a"), user="u" * 300), host, "whatever")
    user = body.get("user") or body["metadata"]["user_id"]
    assert 0 < len(user) <= most
    assert tokens == {"~user"}


@pytest.mark.parametrize(
    ("host", "model", "kinds"),
    [
        ("openai", "gpt-5.2", ["png", "gif"]),
        ("azure-openai", "gpt-5.2", ["png", "gif"]),
        ("together", "Qwen/Qwen3.5-9B", ["png", "gif", "bmp", "heic"]),
        ("gemini", "gemini-3.6-flash", ["png", "heic"]),
        ("anthropic", "claude-opus-5", ["png", "gif"]),
    ],
)
def test_a_model_is_shown_what_it_sees(host, model, kinds):
    every = ("png", "gif", "bmp", "svg+xml", "heic")
    pictures = [Image(Inline(f"image/{kind}", "AAAA")) for kind in every]
    body, tokens = written(rq(U("a", *pictures)), host, model)
    assert [kind for kind in every if f"image/{kind}" in json.dumps(body)] == kinds
    assert len(tokens) == len(every) - len(kinds)
