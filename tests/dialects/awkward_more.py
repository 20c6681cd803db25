"""More requests that some vendor would refuse: numbers, marks, shapes, orders and labels."""

import json

from msgspec import Raw
from tests.dialects.awkward import LOOSE, PNG, A, R, T, U, call, res, rq

from understudy.chat.parts import CacheHint, Image, Inline, Reasoning, Text, ToolResult
from understudy.chat.request import (
    Choice,
    Format,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)

TEXT = {"type": "string"}
JSON = ToolChoice(Choice.REQUIRED)


def holds(value: object, **rest: object) -> Raw:
    """A schema that both OpenAI and Claude enforce, but for what is in it."""
    schema = {"type": "object", "properties": {"a": value}, "required": ["a"]}
    return Raw(json.dumps({**schema, "additionalProperties": False, **rest}).encode())


def strict(schema: Raw) -> Request:
    """The schema for a tool's arguments and for the answer."""
    wanted = ResponseFormat(Format.SCHEMA, "x", schema=schema, strict=True)
    return rq(U("a"), tools=(Tool("f", "d", schema, strict=True),), response_format=wanted)


def sampled(**fields: object) -> Request:
    return rq(U("a"), sampling=Sampling(**fields))  # type: ignore[arg-type]


MORE: dict[str, Request] = {
    "strict_bounds": strict(holds({"type": "integer", "minimum": 1, "maximum": 9})),
    "strict_lengths": strict(holds({"type": "string", "minLength": 1, "pattern": "^a"})),
    "strict_items": strict(holds({"type": "array", "items": TEXT, "minItems": 3, "maxItems": 4})),
    "strict_format": strict(holds({"type": "string", "format": "uri"})),
    "strict_odd_format": strict(holds({"type": "string", "format": "regex"})),
    "strict_remarks": strict(holds({**TEXT, "default": "x", "examples": ["y"]})),
    "strict_one_of": strict(holds({"oneOf": [TEXT, {"type": "null"}]})),
    "strict_all_of": strict(holds({"allOf": [TEXT]})),
    "strict_not": strict(holds({**TEXT, "not": {"const": "x"}})),
    "strict_open": strict(holds({"type": "object", "additionalProperties": TEXT})),
    "strict_anything": strict(holds({})),
    "strict_cycle": strict(holds({"anyOf": [{"$ref": "#"}, {"type": "null"}]})),
    "strict_reference": strict(
        holds({"$ref": "#/$defs/b", "description": "d"}, **{"$defs": {"b": TEXT}})
    ),
    "strict_union": strict(Raw(b'{"anyOf":[{"type":"object","properties":{}}]}')),
    "many_strict": rq(
        U("a"), tools=tuple(Tool(f"f{n}", "d", holds(TEXT), strict=True) for n in range(25))
    ),
    "bare_array": rq(U("a"), tools=(Tool("f", "d", holds({"type": "array"})),)),
    "format_any": rq(U("a"), response_format=ResponseFormat(Format.SCHEMA, schema=Raw(b"{}"))),
    "format_forced": rq(
        U("a"),
        tools=(T,),
        tool_choice=ToolChoice(Choice.REQUIRED),
        response_format=ResponseFormat(Format.SCHEMA, "x", schema=LOOSE),
    ),
    "json_forced": rq(
        U("a"),
        tools=(T,),
        tool_choice=ToolChoice(Choice.NAMED, "f"),
        response_format=ResponseFormat(Format.JSON),
    ),
    "long_format_name": rq(
        U("a"), response_format=ResponseFormat(Format.SCHEMA, "x" * 99, schema=LOOSE)
    ),
    "too_hot": sampled(temperature=5.0, top_p=1.5, top_k=1000, seed=2**62),
    "too_cold": sampled(temperature=-1.0, top_p=-0.5, top_k=0, seed=-5),
    "penalties": sampled(frequency_penalty=9.0, presence_penalty=-9.0),
    "two_penalties": sampled(frequency_penalty=0.5, presence_penalty=0.5),
    "many_answers": sampled(n=500, logprobs=True, top_logprobs=99),
    "both_shares": sampled(temperature=0.5, top_p=0.5),
    "thinking_shares": rq(
        U("a"), sampling=Sampling(top_p=0.5), reasoning=ReasoningConfig(True, budget_tokens=3000)
    ),
    "no_output": rq(U("a"), max_output_tokens=0),
    "huge_budget": rq(U("a"), reasoning=ReasoningConfig(True, budget_tokens=200_000)),
    "tiny_budget": rq(U("a"), reasoning=ReasoningConfig(True, budget_tokens=1)),
    "short_budget": rq(
        U("a"), reasoning=ReasoningConfig(True, budget_tokens=4000), max_output_tokens=1000
    ),
    "max_effort": rq(U("a"), reasoning=ReasoningConfig(True, "max")),
    "minimal_effort": rq(U("a"), reasoning=ReasoningConfig(True, "minimal")),
    "thinking_amid_calls": rq(
        U("a"),
        A(call("1")),
        R(res("1")),
        tools=(T,),
        reasoning=ReasoningConfig(True, budget_tokens=3000),
    ),
    "thinking_amid_foreign_thoughts": rq(
        U("a"),
        A(Reasoning("hm", signature="s", producer="else"), call("1")),
        R(res("1")),
        U("b"),
        tools=(T,),
        reasoning=ReasoningConfig(True, budget_tokens=3000),
    ),
    "hour_after_minutes": rq(
        U(Text("a", cache=CacheHint())),
        A(Text("b", cache=CacheHint("1h"))),
        U(Text("c", cache=CacheHint("24h"))),
    ),
    "marks_everywhere": rq(
        U(*[Text(f"t{n}", cache=CacheHint()) for n in range(3)]),
        tools=(Tool("f", cache=CacheHint()), Tool("g", cache=CacheHint())),
        cache=CacheHint(),
    ),
    "odd_pictures": rq(
        U("a", *[Image(Inline(f"image/{kind}", PNG)) for kind in ("svg+xml", "jpg", "x-icon")])
    ),
    "drawn_result": rq(
        U("a"),
        A(call("1")),
        R(ToolResult("1", (Image(Inline("image/svg+xml", PNG)),))),
        tools=(T,),
    ),
    "calls_first": rq(A(call("1")), R(res("1")), U("b"), tools=(T,)),
    "speaks_then_calls": rq(U("a"), A("so"), A(call("1")), R(res("1")), U("b"), tools=(T,)),
    "user_after_result": rq(U("a"), A(call("1")), R(res("1")), U("b"), A("c"), U("d"), tools=(T,)),
    "blank_after_result": rq(U("a"), A(call("1")), R(res("1")), A(""), U(""), U("b"), tools=(T,)),
    "odd_labels": rq(U("a"), metadata={"k" * 70: "v", "é": "ü!", "": "x", "ok": "v"}, user=""),
    "same_tools": rq(U("a"), tools=(T, Tool("f", "other"), Tool("g")), tool_choice=JSON),
    "one_of_none": rq(U("a"), tool_choice=ToolChoice(Choice.NAMED, "f")),
}
