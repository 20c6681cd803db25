"""Requests that some vendor or other would refuse if they went out as they came."""

from typing import Any

from msgspec import Raw

from understudy.chat.parts import (
    CacheHint,
    Document,
    Image,
    Inline,
    InlineText,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
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

PNG = "iVBORw0KGgo="
LOOSE = Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}')
T = Tool("f", "d", LOOSE)


def _said(role: Role, parts: tuple[str | Part, ...]) -> Message:
    return Message(role, tuple(Text(each) if isinstance(each, str) else each for each in parts))


def U(*parts: str | Part) -> Message:  # noqa: N802
    return _said(Role.USER, parts)


def A(*parts: str | Part) -> Message:  # noqa: N802
    return _said(Role.ASSISTANT, parts)


def S(*parts: str | Part) -> Message:  # noqa: N802
    return _said(Role.SYSTEM, parts)


def R(*parts: Part) -> Message:  # noqa: N802
    return Message(Role.TOOL, parts)


def call(id_: str, name: str = "f", arguments: str = "{}") -> ToolCall:
    return ToolCall(id_, name, arguments)


def res(id_: str, text: str = "ok", *, is_error: bool = False) -> ToolResult:
    return ToolResult(id_, (Text(text),), is_error=is_error)


def rq(*messages: Message, **fields: Any) -> Request:
    return Request("m", messages, **fields)


CASES: dict[str, Request] = {
    "unanswered": rq(U("a"), A(call("1"), call("2")), R(res("1")), tools=(T,)),
    "unanswered_then_user": rq(U("a"), A(call("1")), U("never mind"), tools=(T,)),
    "unknown_result": rq(U("a"), R(res("9")), tools=(T,)),
    "late_result": rq(U("a"), A(call("1")), U("wait"), R(res("1")), tools=(T,)),
    "system_between": rq(U("a"), A(call("1")), S("now"), R(res("1")), tools=(T,)),
    "split_results": rq(
        U("a"), A(call("1"), call("2")), R(res("2")), R(res("1")), U("x"), tools=(T,)
    ),
    "ends_with_calls": rq(U("a"), A(call("1")), tools=(T,)),
    "two_assistants_calls": rq(
        U("a"), A(call("1")), A(call("2")), R(res("1")), R(res("2")), tools=(T,)
    ),
    "no_tools": rq(U("a"), A(call("1")), R(res("1")), U("b")),
    "empty_texts": rq(S(""), U(""), A(""), U(" ")),
    "empty_parts": rq(U("a"), A(), U("b")),
    "only_assistant": rq(A("hi ")),
    "prefill": rq(U("a"), A("hi \n")),
    "system_only": rq(S("a")),
    "first_assistant": rq(S("x"), A("hello"), U("a")),
    "mid_system": rq(U("a"), S("b"), U("c"), A("d"), S("e")),
    "empty_result": rq(U("a"), A(call("1")), R(ToolResult("1", ())), tools=(T,)),
    "blank_result": rq(U("a"), A(call("1")), R(res("1", " ")), tools=(T,)),
    "image_result": rq(
        U("a"),
        A(call("1"), call("2")),
        R(ToolResult("1", (Image(Inline("image/png", PNG)),)), res("2")),
        tools=(T,),
    ),
    "bad_name": rq(
        U("a"),
        A(call("1", "my.tool/é x")),
        R(res("1")),
        tools=(Tool("my.tool/é x", "d"),),
        tool_choice=ToolChoice(Choice.NAMED, "my.tool/é x"),
    ),
    "long_name": rq(U("a"), tools=(Tool("f" * 100),)),
    "dot_name": rq(U("a"), tools=(Tool("ns.f:g"),)),
    "bad_id": rq(
        U("a"), A(call("call/1 é"), call("x" * 100)), R(res("call/1 é"), res("x" * 100)), tools=(T,)
    ),
    "no_id": rq(U("a"), A(call("")), R(res("")), tools=(T,)),
    "same_ids": rq(U("a"), A(call("1"), call("1")), R(res("1"), res("1")), tools=(T,)),
    "args": rq(
        U("a"),
        A(call("1", arguments="not json"), call("2", arguments="[1]"), call("3", arguments="")),
        R(res("1"), res("2"), res("3")),
        tools=(T,),
    ),
    "custom": rq(U("a"), A(ToolCall("1", "c", "free", is_custom=True)), R(res("1")), tools=(T,)),
    "no_schema": rq(U("a"), tools=(Tool("f"), Tool("g", "", Raw(b"{}")))),
    "odd_schema": rq(
        U("a"),
        tools=(
            Tool("f", "d", Raw(b'{"anyOf":[{"type":"object"},{"type":"object","properties":{}}]}')),
            Tool("g", "d", Raw(b'{"type":["object","null"]}')),
            Tool("h", "d", Raw(b'{"type":"object"}')),
        ),
    ),
    "strict_loose": rq(
        U("a"),
        tools=(
            Tool(
                "f",
                "d",
                Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}'),
                strict=True,
            ),
        ),
    ),
    "format_loose": rq(
        U("a"),
        response_format=ResponseFormat(
            Format.SCHEMA,
            "a b!",
            schema=Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}'),
            strict=True,
        ),
    ),
    "format_array": rq(
        U("a"),
        response_format=ResponseFormat(
            Format.SCHEMA,
            None,
            schema=Raw(b'{"type":"array","items":{"type":"string"}}'),
            strict=True,
        ),
    ),
    "json_no_word": rq(U("a"), response_format=ResponseFormat(Format.JSON)),
    "json_tools": rq(
        U("a"),
        response_format=ResponseFormat(
            Format.SCHEMA,
            "x",
            schema=Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}'),
        ),
        tools=(T,),
    ),
    "stops": rq(U("a"), stop=("a", "b", "c", "d", "e", "f", " ", "")),
    "hot": rq(
        U("a"),
        sampling=Sampling(
            temperature=2.0,
            top_p=0.0,
            top_k=0,
            frequency_penalty=-2.0,
            presence_penalty=2.0,
            n=3,
            logprobs=True,
            top_logprobs=20,
            seed=1,
        ),
    ),
    "toplogprobs": rq(U("a"), sampling=Sampling(top_logprobs=5)),
    "parallel_no_tools": rq(U("a"), parallel_tool_calls=True, tool_choice=ToolChoice(Choice.AUTO)),
    "required_no_tools": rq(U("a"), tool_choice=ToolChoice(Choice.REQUIRED)),
    "named_missing": rq(U("a"), tools=(T,), tool_choice=ToolChoice(Choice.NAMED, "zz")),
    "thinking": rq(
        U("a"),
        tools=(T,),
        tool_choice=ToolChoice(Choice.REQUIRED),
        reasoning=ReasoningConfig(True, budget_tokens=5000),
        max_output_tokens=2000,
        sampling=Sampling(temperature=0.3, top_k=4),
    ),
    "tiny": rq(U("a"), max_output_tokens=1, reasoning=ReasoningConfig(True, "high")),
    "metadata": rq(U("a"), metadata={f"k{i}": "v" * 600 for i in range(20)}, user="u" * 300),
    "named_speaker": rq(Message(Role.USER, (Text("a"),), name="Jo Ann <x>")),
    "docs": rq(
        U(
            Document(Inline("application/pdf", PNG), title="a/b_c é.pdf"),
            Document(Inline("application/pdf", PNG), title="a/b_c é.pdf"),
            Document(InlineText("hi")),
            Image(Inline("image/svg+xml", PNG)),
        )
    ),
    "doc_only_result": rq(
        U("a"),
        A(call("1")),
        R(ToolResult("1", (Document(Inline("application/pdf", PNG)),))),
        tools=(T,),
    ),
    "user_blank_beside": rq(U("a", " ", ""), A("b", " ", call("1")), R(res("1")), tools=(T,)),
    "thought_only": rq(U("a"), A(Reasoning("hm", signature="s", producer="x")), U("b")),
    "dup_tools": rq(U("a"), tools=(T, T)),
    "long_desc": rq(U("a"), tools=(Tool("f", "d" * 2000),)),
    "many_cache": rq(*[U(Text(f"t{i}", cache=CacheHint())) for i in range(6)]),
    "error_result": rq(U("a"), A(call("1")), R(res("1", "bad", is_error=True)), tools=(T,)),
    "assistant_image": rq(U("a"), A(Image(Inline("image/png", PNG))), U("b")),
    "system_image": rq(S(Image(Inline("image/png", PNG))), U("b")),
}
