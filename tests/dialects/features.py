"""What a chat may contain, one feature at a time: for the matrix of docs/fidelity.md."""

from typing import TypeAlias

import msgspec

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Citation,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
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
from understudy.chat.usage import Usage

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = "JVBERi0xLjQKJcOkw7zDtsOf"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
SCHEMA = msgspec.Raw(
    b'{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],'
    b'"additionalProperties":false}'
)
TOOL = Tool("get_weather", "Weather of a city", SCHEMA)
HELLO = Message(Role.USER, (Text("Hello"),))
PLAIN = Request("m", (HELLO,), max_output_tokens=2000)


def _said(*parts: Part, role: Role = Role.USER) -> Request:
    return msgspec.structs.replace(PLAIN, messages=(Message(role, parts),))


def _with(**fields: object) -> Request:
    return msgspec.structs.replace(PLAIN, **fields)


def _sampled(**fields: object) -> Request:
    return _with(sampling=msgspec.structs.replace(Sampling(), **fields))


def _called(*results: ToolResult, calls: int = 1, thought: Reasoning | None = None) -> Request:
    """A conversation in which tools were called, and answered."""
    made: list[Part] = [] if thought is None else [thought]
    made += [ToolCall(f"call_{i}", "get_weather", '{"city":"Oslo"}') for i in range(calls)]
    answers = results or tuple(ToolResult(f"call_{i}", (Text("rain"),)) for i in range(calls))
    told = Message(Role.TOOL, answers)
    return _with(tools=(TOOL,), messages=(HELLO, Message(Role.ASSISTANT, tuple(made)), told))


_MIDDLE = (
    HELLO,
    Message(Role.ASSISTANT, (Text("Hi"),)),
    Message(Role.SYSTEM, (Text("Be brief"),)),
    Message(Role.USER, (Text("Why?"),)),
)

REQUESTS: dict[str, Request] = {
    "text": PLAIN,
    "system prompt": _with(messages=(Message(Role.SYSTEM, (Text("Be kind"),)), HELLO)),
    "developer message": _with(messages=(Message(Role.DEVELOPER, (Text("Be kind"),)), HELLO)),
    "system message in mid-conversation": _with(messages=_MIDDLE),
    "name of a speaker": _with(messages=(Message(Role.USER, (Text("Hello"),), "Ann"),)),
    "image, bytes": _said(Text("What?"), Image(Inline("image/png", PNG))),
    "image, address": _said(Text("What?"), Image(Url("https://example.com/a.png"))),
    "image detail": _said(Text("What?"), Image(Inline("image/png", PNG), "low")),
    "document, bytes": _said(Text("What?"), Document(Inline("application/pdf", PDF))),
    "document, address": _said(Text("What?"), Document(Url("https://example.com/a.pdf"))),
    "document, text": _said(Text("What?"), Document(InlineText("A text"))),
    "file kept by a provider": _said(Text("What?"), Document(FileRef("file-1", "elsewhere"))),
    "audio": _said(Text("What?"), Audio(Inline("audio/wav", WAV))),
    "tools": _with(tools=(TOOL,)),
    "strict tools": _with(tools=(msgspec.structs.replace(TOOL, strict=True),)),
    "tool choice: none": _with(tools=(TOOL,), tool_choice=ToolChoice(Choice.NONE)),
    "tool choice: any": _with(tools=(TOOL,), tool_choice=ToolChoice(Choice.REQUIRED)),
    "tool choice: one by name": _with(
        tools=(TOOL,), tool_choice=ToolChoice(Choice.NAMED, "get_weather")
    ),
    "one call at a time": _with(tools=(TOOL,), parallel_tool_calls=False),
    "tool call and result": _called(),
    "parallel calls": _called(calls=2),
    "tool result that is an error": _called(ToolResult("call_0", (Text("no"),), is_error=True)),
    "image in a tool result": _called(
        ToolResult("call_0", (Text("see"), Image(Inline("image/png", PNG))))
    ),
    "JSON output": _with(
        messages=(Message(Role.USER, (Text("hello, in JSON"),)),),
        response_format=ResponseFormat(Format.JSON),
    ),
    "JSON schema": _with(response_format=ResponseFormat(Format.SCHEMA, schema=SCHEMA)),
    "reasoning effort": _with(reasoning=ReasoningConfig(True, "high")),
    "reasoning budget": _with(reasoning=ReasoningConfig(True, budget_tokens=1500)),
    "reasoning shown again": _called(thought=Reasoning("So it rains")),
    "reasoning, signed elsewhere": _called(
        thought=Reasoning("So", signature="c2ln", producer="elsewhere")
    ),
    "refusal shown again": _with(
        messages=(HELLO, Message(Role.ASSISTANT, (Refusal("No"),)), HELLO)
    ),
    "temperature": _sampled(temperature=0.5),
    "top_p": _sampled(top_p=0.5),
    "top_k": _sampled(top_k=5),
    "min_p": _sampled(min_p=0.1),
    "frequency penalty": _sampled(frequency_penalty=0.5),
    "presence penalty": _sampled(presence_penalty=0.5),
    "repetition penalty": _sampled(repetition_penalty=1.1),
    "seed": _sampled(seed=7),
    "several answers": _sampled(n=2),
    "log probabilities": _sampled(logprobs=True, top_logprobs=2),
    "logit bias": _sampled(logit_bias=msgspec.Raw(b'{"50256":-100}')),
    "stop sequences": _with(stop=("END",)),
    "limit of output": _with(max_output_tokens=1999),
    "cache hint on a part": _said(Text("Hello", CacheHint("5m"))),
    "cache hint for all": _with(cache=CacheHint()),
    "user": _with(user="u-1"),
    "metadata": _with(metadata={"team": "a"}),
}


Spoken: TypeAlias = tuple[PartStarted, PartDelta]


def _answer(
    *parts: Spoken,
    stop: StopReason = StopReason.END,
    usage: Usage | None = None,
    ends: tuple[ChoiceEnd, ...] = (),
) -> list[Event]:
    spoken = parts or (_text("Hello"),)
    events: list[Event] = [Started("resp-1", "m", 1)]
    for start, delta in spoken:
        events += [start, delta, PartEnded(start.index)]
    counted = Usage(input_tokens=9, output_tokens=4) if usage is None else usage
    return [*events, Finished(stop, counted, choices=ends)]


def _text(text: str, index: int = 0, choice: int = 0) -> Spoken:
    return PartStarted(index, PartKind.TEXT, choice=choice), PartDelta(index, text)


def _thought(**fields: str) -> Spoken:
    start = PartStarted(0, PartKind.REASONING, producer="elsewhere")
    return start, msgspec.structs.replace(PartDelta(0, "So"), **fields)


def _call(index: int) -> Spoken:
    start = PartStarted(index, PartKind.TOOL_CALL, f"call_{index}", "get_weather")
    return start, PartDelta(index, '{"city":"Oslo"}')


def _interleaved() -> list[Event]:
    """Two calls whose arguments arrive in turn."""
    (one, _), (two, _) = _call(0), _call(1)
    halves: list[Event] = [
        PartDelta(0, '{"city":'),
        PartDelta(1, '{"city":'),
        PartDelta(0, '"Oslo"}'),
    ]
    ends: list[Event] = [PartDelta(1, '"Rome"}'), PartEnded(0), PartEnded(1)]
    finished = Finished(StopReason.TOOL_CALLS, Usage(input_tokens=9, output_tokens=4))
    return [Started("resp-1", "m", 1), one, two, *halves, *ends, finished]


def _cited() -> Spoken:
    found = Citation("A title", "https://example.com", "quoted", 0, 5)
    return PartStarted(0, PartKind.TEXT), PartDelta(0, "Hello", citation=found)


ANSWERS: dict[str, list[Event]] = {
    "text": _answer(),
    "reasoning": _answer(_thought(), _text("Hello", 1)),
    "reasoning's signature": _answer(_thought(signature="c2ln"), _text("Hello", 1)),
    "encrypted reasoning": _answer(_thought(encrypted="ZW5j"), _text("Hello", 1)),
    "tool call": _answer(_call(0), stop=StopReason.TOOL_CALLS),
    "text, then a tool call": _answer(_text("Let me see"), _call(1), stop=StopReason.TOOL_CALLS),
    "parallel calls": _answer(_call(0), _call(1), stop=StopReason.TOOL_CALLS),
    "interleaved calls": _interleaved(),
    "refusal": _answer(
        (PartStarted(0, PartKind.REFUSAL), PartDelta(0, "No")), stop=StopReason.REFUSAL
    ),
    "citations": _answer(_cited()),
    "spoken answer": _answer((PartStarted(0, PartKind.AUDIO), PartDelta(0, "Hi", None, None, WAV))),
    "two answers": _answer(_text("A"), _text("B", 1, 1), ends=(ChoiceEnd(1, StopReason.END),)),
    **{
        f"ended: {stop.value}": _answer(stop=stop)
        for stop in StopReason
        if stop is not StopReason.TOOL_CALLS
    },
    "usage: cache read": _answer(usage=Usage(9, 5, 0, 4)),
    "usage: cache written": _answer(usage=Usage(9, 0, 5, 4)),
    "usage: reasoning": _answer(usage=Usage(9, 0, 0, 4, 2)),
    "usage: audio": _answer(usage=Usage(9, 0, 0, 4, 0, 2, 1)),
}
