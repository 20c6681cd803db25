"""Requests of other dialects, written for one endpoint."""

from msgspec import Raw
from msgspec.structs import replace
from tests.dialects.openai_completions.talk import ENDPOINT, built

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import (
    Choice,
    Format,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Role,
    Sampling,
    Tool,
    ToolChoice,
)

HELLO = (Message(Role.USER, (Text("hello"),)),)


def say(endpoint: Endpoint = ENDPOINT, **fields: object) -> tuple[dict, list[str]]:
    return built(Request("m", HELLO, **fields), endpoint)  # type: ignore[arg-type]


def test_the_least_request() -> None:
    assert say() == ({"model": "gpt-3.5-turbo-instruct", "prompt": "hello"}, [])
    streamed, _ = say(stream=True)
    assert streamed["stream_options"] == {"include_usage": True}


def test_sampling_goes_where_it_is_known() -> None:
    sampling = Sampling(temperature=1.0, top_k=5, min_p=0.1, logprobs=True, top_logprobs=2, n=2)
    body, losses = say(sampling=sampling)
    assert (body["temperature"], body["n"]) == (1.0, 2)
    assert losses == [
        "sampling.logprobs",
        "sampling.min_p",
        "sampling.top_k",
        "sampling.top_logprobs",
    ]
    wide = replace(
        ENDPOINT,
        accepts=frozenset({"sampling.top_k"}),
        rejects=frozenset({"sampling.temperature", "stop", "user"}),
        renames={"top_k": "k"},
    )
    body, losses = say(wide, sampling=Sampling(temperature=1.0, top_k=5), stop=("a",), user="u")
    assert body["k"] == 5
    assert losses == ["sampling.temperature", "stop", "user"]


def test_limits() -> None:
    short = replace(ENDPOINT, max_output_tokens=10)
    body, losses = say(short, stop=tuple("abcde"), max_output_tokens=11)
    assert body["stop"] == list("abcd")
    assert body["max_tokens"] == 10
    assert losses == ["stop[4]", "~max_output_tokens"]


def test_what_a_prompt_cannot_ask_is_a_loss() -> None:
    _, losses = say(
        tools=(Tool("f"),),
        tool_choice=ToolChoice(Choice.REQUIRED),
        parallel_tool_calls=False,
        response_format=ResponseFormat(Format.JSON),
        reasoning=ReasoningConfig(enabled=False),
        metadata={"a": "b"},
        cache=CacheHint(),
        modalities=("audio",),
        extensions={"x": {"y": Raw(b"1")}, "openai_completions": {"stream_options.z": Raw(b"1")}},
    )
    assert losses == [
        "cache",
        "extensions.openai_completions.stream_options.z",
        "extensions.x.y",
        "metadata",
        "modalities",
        "parallel_tool_calls",
        "reasoning",
        "response_format",
        "tool_choice",
        "tools[0]",
    ]
    plain = replace(ENDPOINT, capabilities=frozenset())
    assert say(plain, reasoning=ReasoningConfig(enabled=False))[1] == []
