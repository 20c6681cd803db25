"""Answers of Converse and ConverseStream as AWS's documents and botocore's model describe them.

Sources: Amazon Bedrock API reference, "Converse", "ConverseStream", "TokenUsage",
"ContentBlockDelta"; botocore's service model of bedrock-runtime (2023-09-30, as of November 2026).
"""

from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_others import EVENTS, Break, binary

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

NAME = "bedrock_converse"
COUNTS = {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}
PLAIN = Usage(9, 0, 0, 4)
CITY = {"city": "Oslo"}
STREAM = "ConverseStream"
CONVERSE = "Converse"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"

Event = tuple[str, dict[str, Any]]
BEGIN: Event = ("messageStart", {"role": "assistant", "p": "abcdef"})


def delta(index: int, said: Any) -> Event:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": said, "p": "abc"}


def close(index: int) -> Event:
    return "contentBlockStop", {"contentBlockIndex": index, "p": "abcdefgh"}


def opened(index: int, start: Any) -> Event:
    return "contentBlockStart", {"contentBlockIndex": index, "start": start}


def text(index: int, *words: str) -> list[Event]:
    return [*(delta(index, {"text": each}) for each in words), close(index)]


def thought(index: int, *words: str, signature: str | None = "c2ln") -> list[Event]:
    said = [delta(index, {"reasoningContent": {"text": each}}) for each in words]
    if signature is not None:
        said.append(delta(index, {"reasoningContent": {"signature": signature}}))
    return [*said, close(index)]


def call(index: int, *pieces: str, **more: Any) -> list[Event]:
    start = {"toolUse": {"toolUseId": f"tooluse_{index}", "name": "w", **more}}
    said = [delta(index, {"toolUse": {"input": each}}) for each in pieces]
    return [opened(index, start), *said, close(index)]


def end(stop: str = "end_turn", **more: Any) -> list[Event]:
    """How it ended. Fields that begin with `s_` are those of messageStop."""
    stopped = {name[2:]: each for name, each in more.items() if name.startswith("s_")}
    beside = {name: each for name, each in more.items() if not name.startswith("s_")}
    metadata = {"usage": COUNTS, "metrics": {"latencyMs": 1234}, **beside}
    return [("messageStop", {"stopReason": stop, **stopped}), ("metadata", metadata)]


def stream(id_: str, *events: Event | list[Event], source: str = STREAM, **told: Any) -> Case:
    flat = [each for event in events for each in (event if isinstance(event, list) else [event])]
    return Case(id_, NAME, binary(*flat), source, **{"usage": PLAIN, "kind": EVENTS, **told})


def whole(id_: str, *blocks: Any, stop: str = "end_turn", **more: Any) -> Case:
    """A whole answer. Fields that begin with `b_` are the body's."""
    body = {name[2:]: each for name, each in more.items() if name.startswith("b_")}
    told = {name: each for name, each in more.items() if not name.startswith("b_")}
    if "reads" in told:
        told["stop"] = told.pop("reads")
    said = {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": stop,
        "usage": COUNTS,
        "metrics": {"latencyMs": 1234},
        **body,
    }
    return Case(id_, NAME, dump(said), CONVERSE, stream=False, **{"usage": PLAIN, **told})


def reasoned(words: str, **more: Any) -> dict[str, Any]:
    return {"reasoningContent": {"reasoningText": {"text": words, **more}}}


def used(number: int = 0, given: Any = None, **more: Any) -> dict[str, Any]:
    said = CITY if given is None else given
    return {"toolUse": {"toolUseId": f"tooluse_{number}", "name": "w", "input": said, **more}}


HIDDEN = {"reasoningContent": {"redactedContent": "ZW5jcnlwdGVk"}}
CALLS: dict[str, Any] = {"calls": (("w", CITY),)}
CALLED = StopReason.TOOL_CALLS

THOUGHTS = [
    stream(
        "thoughts, then text",
        BEGIN,
        thought(0, "Let me ", "see"),
        text(1, "Ra", "in"),
        end(),
        thoughts="Let me see",
        text="Rain",
    ),
    stream(
        "thoughts, a redacted one, text and a call",
        BEGIN,
        thought(0, "One"),
        [delta(1, HIDDEN), close(1)],
        text(2, "Rain"),
        call(3, '{"ci', 'ty":"Oslo"}'),
        thought(4, "Two", signature=None),
        end("tool_use"),
        thoughts="OneTwo",
        text="Rain",
        stop=CALLED,
        **CALLS,
    ),
    whole(
        "thoughts, a redacted one, text and a call",
        reasoned("One", signature="c2ln"),
        HIDDEN,
        {"text": "Rain"},
        used(),
        reasoned("Two"),
        stop="tool_use",
        thoughts="OneTwo",
        text="Rain",
        reads=CALLED,
        **CALLS,
    ),
    stream(
        "a signature that comes before its words",
        BEGIN,
        [
            delta(0, {"reasoningContent": {"signature": "c2ln"}}),
            delta(0, {"reasoningContent": {"text": "Hm"}}),
            close(0),
        ],
        text(1, "Rain"),
        end(),
        thoughts="Hm",
        text="Rain",
    ),
    stream(
        "a signature, and no words",
        BEGIN,
        [
            delta(0, {"reasoningContent": {"text": ""}}),
            delta(0, {"reasoningContent": {"signature": "c2ln"}}),
            close(0),
        ],
        text(1, "Rain"),
        end(),
        text="Rain",
    ),
]

CALLING = [
    stream("a call without input", BEGIN, call(0), end("tool_use"), calls=(("w", {}),),
           stop=CALLED),
    stream("a call whose input is empty", BEGIN, call(0, ""), end("tool_use"),
           calls=(("w", {}),), stop=CALLED),
    stream("arguments cut short", BEGIN, text(0, "See"), call(1, '{"city": "Os'),
           end("max_tokens"), text="See", calls=(("w", '{"city": "Os'),), stop=StopReason.LENGTH),
    stream("calls side by side", BEGIN, call(0, '{"city":')[:2], call(1, '{"city":"Rome"}')[:2],
           delta(0, {"toolUse": {"input": '"Oslo"}'}}), close(0), close(1), end("tool_use"),
           calls=(("w", CITY), ("w", {"city": "Rome"})), ids=("tooluse_0", "tooluse_1"),
           stop=CALLED),
    stream("a call that says it stopped for its end", BEGIN, call(0, '{"city":"Oslo"}'),
           end("end_turn"), **CALLS),
    whole("calls of one name", used(), used(1, {}), stop="tool_use",
          calls=(("w", CITY), ("w", {})), ids=("tooluse_0", "tooluse_1"), reads=CALLED),
    stream("text that is empty, then a call", BEGIN, text(0, ""), call(1, '{"city":"Oslo"}'),
           end("tool_use"), stop=CALLED, **CALLS),
    stream("a tool that the server ran", BEGIN,
           call(0, '{"q":"markq"}', type="server_tool_use"),
           [opened(1, {"toolResult": {"toolUseId": "tooluse_0", "type": "marktype",
                                      "status": "success"}}),
            delta(1, {"toolResult": [{"json": {"found": "markfound"}}]}),
            delta(1, {"toolResult": [{"text": "markmore"}]}), close(1)],
           text(2, "Rain"), end(), text="Rain"),
    whole("a tool that the server ran", used(given={"q": "markq"}, type="server_tool_use"),
          {"toolResult": {"toolUseId": "tooluse_0", "content": [{"json": {"r": "markr"}}]}},
          {"text": "Rain"}, text="Rain"),
]  # fmt: skip

STOPPED = [
    stream(f"stopped: {native}", BEGIN, text(0, "Rain"), end(native), text="Rain", stop=stop)
    for native, stop in (
        ("max_tokens", StopReason.LENGTH),
        ("model_context_window_exceeded", StopReason.LENGTH),
        ("content_filtered", StopReason.CONTENT_FILTER),
        ("malformed_model_output", StopReason.OTHER),
        ("malformed_tool_use", StopReason.OTHER),
        ("of_the_future", StopReason.OTHER),
    )
] + [
    stream(
        "stopped: stop_sequence, and by which",
        BEGIN,
        text(0, "Rain"),
        end("stop_sequence", s_additionalModelResponseFields={"stop_sequence": "Human:"}),
        text="Rain",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="Human:",
    ),
    whole(
        "stopped: stop_sequence, and by which",
        {"text": "Rain"},
        stop="stop_sequence",
        b_additionalModelResponseFields={"delta": {"stop_sequence": "Human:"}},
        text="Rain",
        reads=StopReason.STOP_SEQUENCE,
        stop_sequence="Human:",
    ),
    whole("a call that was malformed", stop="malformed_tool_use", reads=StopReason.OTHER),
    whole(
        "stopped by a guardrail",
        {"text": "Sorry"},
        stop="guardrail_intervened",
        b_trace={"guardrail": {"inputAssessment": {"markid": {}}, "actionReason": "markreason"}},
        text="Sorry",
        reads=StopReason.CONTENT_FILTER,
    ),
    stream(
        "stopped by a guardrail",
        BEGIN,
        text(0, "Sorry"),
        end(
            "guardrail_intervened",
            trace={"guardrail": {"outputAssessments": {"markid": []}}, "promptRouter": {"x": "m"}},
        ),
        text="Sorry",
        stop=StopReason.CONTENT_FILTER,
    ),
]

CITATION = {
    "title": "T",
    "source": "marksource",
    "sourceContent": [{"text": "It rains"}],
    "location": {"web": {"url": "https://example.com", "domain": "markdomain"}},
}
PAGE = {"title": "T", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}}
MORE = [
    stream(
        "cited",
        BEGIN,
        [delta(0, {"text": "It "}), delta(0, {"citation": CITATION}), delta(0, {"text": "rains"})],
        [delta(0, {"citation": PAGE}), close(0)],
        text(1, "."),
        end(),
        text="It rains.",
    ),
    whole(
        "cited",
        {"text": "So: "},
        {"citationsContent": {"content": [{"text": "It "}, {"text": "rains"}],
                              "citations": [CITATION, PAGE]}},
        {"text": "."},
        text="So: It rains.",
    ),
    whole(
        "pictures, documents, sound, film, and what is to come",
        {"image": {"format": "png", "source": {"bytes": PNG}}},
        {"document": {"format": "txt", "name": "d", "source": {"text": "markdocument"}}},
        {"audio": {"format": "wav", "source": {"bytes": "bWFya3NvdW5k"}}},
        {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://markfilm"}}}},
        {"hologram": {"data": "markdata"}},
        {"text": "See"},
        text="See",
    ),
    stream(
        "a picture",
        BEGIN,
        [opened(0, {"image": {"format": "png"}}),
         delta(0, {"image": {"source": {"bytes": PNG}}}), close(0)],
        text(1, "See"),
        end(),
        text="See",
    ),
    stream(
        "a picture that failed",
        BEGIN,
        [opened(0, {"image": {"format": "png"}}),
         delta(0, {"image": {"error": {"message": "markerror"}}}), close(0)],
        text(1, "See"),
        end(),
        text="See",
    ),
    stream(
        "all counts",
        BEGIN,
        text(0, "Rain"),
        end(
            usage={
                "inputTokens": 9,
                "outputTokens": 4,
                "totalTokens": 63,
                "cacheReadInputTokens": 20,
                "cacheWriteInputTokens": 30,
                "cacheDetails": [
                    {"ttl": "1h", "inputTokens": 10},
                    {"ttl": "5m", "inputTokens": 20},
                ],
            },
            performanceConfig={"latency": "markoptimized"},
            serviceTier={"type": "markflex"},
            trace={"promptRouter": {"invokedModelId": "markmodel"}},
        ),
        text="Rain",
        usage=Usage(9, 20, 30, 4, cache_write_1h_tokens=10),
    ),
    stream(
        "counts before the end",
        BEGIN,
        text(0, "Rain"),
        end()[::-1],
        text="Rain",
    ),
    stream(
        "no counts",
        BEGIN,
        text(0, "Rain"),
        end()[:1],
        text="Rain",
        usage=None,
    ),
    whole("nothing to add", b_usage={**COUNTS, "outputTokens": 0}, usage=Usage(9)),
    stream("nothing to add", BEGIN, end()),
    stream("events of the future", BEGIN, ("weatherReport", {"rain": "yes"}), text(0, "Rain"),
           end(), text="Rain"),
]  # fmt: skip


def broken(id_: str, *events: Event | list[Event], words: str = "Ra", **saw: Any) -> Break:
    return Break(stream(id_, *events, text=words), saw)


RA = delta(0, {"text": "Ra"})
BROKEN = [
    broken(name, BEGIN, RA, (name, {"message": "No", **more}), event=name, message="No")
    for name, more in (
        ("throttlingException", {}),
        ("validationException", {}),
        ("serviceUnavailableException", {}),
        ("internalServerException", {}),
        ("modelStreamErrorException", {"originalStatusCode": 500, "originalMessage": "x"}),
    )
] + [
    broken("no end", BEGIN, RA, close(0), flag="eof_without_terminator"),
    broken("an exception at once", ("throttlingException", {"message": "No"}), words="",
           event="throttlingException"),
    broken("an exception inside of arguments", BEGIN, call(0, '{"ci')[:2],
           ("modelStreamErrorException", {"message": "No"}), words='{"ci',
           event="modelStreamErrorException"),
    broken("a message that began twice", BEGIN, RA, BEGIN, flag="duplicate_or_out_of_order"),
]  # fmt: skip
