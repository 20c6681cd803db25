"""Answers of generateContent as Google's documents and the types of its client describe them.

Sources: ai.google.dev/api/generate-content, ai.google.dev/gemini-api/docs ("Thought signatures",
"Function calling", "Code execution", "Grounding", "URL context"), Vertex AI's reference of
GenerateContentResponse, types of `google-genai` 2.34 (November 2026).
"""

from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_others import array, unnamed

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

NAME = "gemini_generate"
USED = {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13}
PLAIN = Usage(9, 0, 0, 4)
CITY = {"city": "Oslo"}
REFERENCE = "API reference, GenerateContentResponse"
SIGNED = "Thought signatures"
CALLING = "Function calling"
VERTEX = "Vertex AI reference, GenerateContentResponse"


def chunk(*parts: Any, finish: str | None = None, index: int | None = 0, **more: Any) -> Any:
    """A chunk of one candidate. Fields that begin with `c_` are the candidate's."""
    candidate = {name[2:]: each for name, each in more.items() if name.startswith("c_")}
    top = {name: each for name, each in more.items() if not name.startswith("c_")}
    if parts:
        candidate["content"] = {"parts": list(parts), "role": "model"}
    if finish is not None:
        candidate["finishReason"] = finish
    if index is not None:
        candidate["index"] = index
    return {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1", **top}


def last(*parts: Any, finish: str = "STOP", **more: Any) -> Any:
    return chunk(*parts, finish=finish, **{"usageMetadata": USED, **more})


def words(said: str, **more: Any) -> dict[str, Any]:
    return {"text": said, **more}


def thought(said: str, **more: Any) -> dict[str, Any]:
    return {"text": said, "thought": True, **more}


def called(given: Any = None, name: str = "w", **more: Any) -> dict[str, Any]:
    """A call. Fields that begin with `p_` are the part's."""
    part = {key[2:]: each for key, each in more.items() if key.startswith("p_")}
    call = {key: each for key, each in more.items() if not key.startswith("p_")}
    args = {} if given is None else {"args": given}
    return {"functionCall": {"name": name, **args, **call}, **part}


def stream(id_: str, source: str, *chunks: Any, **told: Any) -> Case:
    return Case(id_, NAME, unnamed(*chunks), source, **{"usage": PLAIN, **told})


def listed(id_: str, source: str, *chunks: Any, **told: Any) -> Case:
    told = {"usage": PLAIN, "kind": b"application/json", **told}
    return Case(f"{id_}, as an array", NAME, array(*chunks), source, **told)


def whole(id_: str, source: str, body: Any, **told: Any) -> Case:
    return Case(id_, NAME, dump(body), source, stream=False, **{"usage": PLAIN, **told})


CALLS: dict[str, Any] = {"calls": (("w", CITY),), "stop": StopReason.TOOL_CALLS}

THOUGHTS = [
    stream(
        "thoughts, text, and the signature in an empty part",
        SIGNED,
        chunk(thought("Let me ")),
        chunk(thought("see")),
        chunk(words("Ra")),
        chunk(words("in")),
        last(words("", thoughtSignature="c2ln")),
        thoughts="Let me see",
        text="Rain",
    ),
    stream(
        "a signature on the last text",
        SIGNED,
        chunk(words("Ra")),
        last(words("in", thoughtSignature="c2ln")),
        text="Rain",
    ),
    stream(
        "a signature on a thought",
        SIGNED,
        chunk(thought("Hm", thoughtSignature="c2ln")),
        last(words("Rain")),
        thoughts="Hm",
        text="Rain",
    ),
    stream(
        "a signature alone in its part",
        SIGNED,
        chunk(words("Rain")),
        last({"thoughtSignature": "c2ln"}),
        text="Rain",
    ),
    stream(
        "a signature behind the last word, then nothing",
        SIGNED,
        chunk(words("Rain")),
        chunk(words("", thoughtSignature="c2ln")),
        last(words("")),
        text="Rain",
    ),
    stream(
        "parallel calls, of which the first is signed",
        SIGNED,
        chunk(thought("Hm")),
        chunk(called(CITY, p_thoughtSignature="c2ln")),
        last(called({"city": "Rome"})),
        thoughts="Hm",
        calls=(("w", CITY), ("w", {"city": "Rome"})),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "thoughts before and behind a signed call with an id",
        SIGNED,
        last(
            thought("One"),
            words("See: ", thoughtSignature="QQ=="),
            called(CITY, id="fc-1", p_thoughtSignature="c2ln"),
            thought("Two"),
            called(CITY, id="fc-2"),
        ),
        thoughts="OneTwo",
        text="See: ",
        calls=(("w", CITY), ("w", CITY)),
        ids=("fc-1", "fc-2"),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "thoughts alone, up to the limit",
        "Thinking",
        chunk(thought("Let me ")),
        last(thought("se"), finish="MAX_TOKENS"),
        thoughts="Let me se",
        stop=StopReason.LENGTH,
    ),
    whole(
        "nothing, up to the limit",
        "Thinking",
        last(
            finish="MAX_TOKENS",
            c_content={"role": "model"},
            usageMetadata={
                "promptTokenCount": 9,
                "thoughtsTokenCount": 4,
                "totalTokenCount": 13,
            },
        ),
        stop=StopReason.LENGTH,
        usage=Usage(9, 0, 0, 4, 4),
    ),
]

CALLED = [
    stream(
        "a call without arguments",
        CALLING,
        last(called()),
        calls=(("w", {}),),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "a call, text, a call, and an empty end",
        CALLING,
        chunk(called(CITY)),
        chunk(words("and")),
        chunk(called({"n": 1.0, "big": 12345678901234567890})),
        last(words("")),
        text="and",
        calls=(("w", CITY), ("w", {"n": 1.0, "big": 12345678901234567890})),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "an end without content",
        REFERENCE,
        chunk(called(CITY)),
        last(),
        **CALLS,
    ),
    whole(
        "calls of one name and no id",
        CALLING,
        last(called(CITY), called(CITY), called(CITY, name="v")),
        calls=(("w", CITY), ("w", CITY), ("v", CITY)),
        stop=StopReason.TOOL_CALLS,
    ),
    whole(
        "a call cut short by the limit",
        CALLING,
        last(words("See"), called(CITY), finish="MAX_TOKENS"),
        text="See",
        calls=(("w", CITY),),
        stop=StopReason.LENGTH,
    ),
    stream(
        "arguments piece by piece",
        "Vertex AI: Streaming function call arguments",
        chunk(called(willContinue=True, p_thoughtSignature="c2ln")),
        chunk(
            {
                "functionCall": {
                    "partialArgs": [
                        {"jsonPath": "$.city", "stringValue": "Os", "willContinue": True}
                    ],
                    "willContinue": True,
                }
            }
        ),
        chunk(
            {
                "functionCall": {
                    "partialArgs": [
                        {"jsonPath": "$.city", "stringValue": "lo"},
                        {"jsonPath": "$.days[0].n", "numberValue": 3},
                        {"jsonPath": "$['a b'].c", "boolValue": False},
                        {"jsonPath": "$.none", "nullValue": "NULL_VALUE"},
                    ],
                    "willContinue": True,
                }
            }
        ),
        chunk({"functionCall": {}}),
        last(),
        calls=(
            (
                "w",
                {"city": "Oslo", "days": [{"n": 3}], "a b": {"c": False}, "none": None},
            ),
        ),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "two calls piece by piece",
        "Vertex AI: Streaming function call arguments",
        chunk(
            called(
                willContinue=True,
                id="a",
                partialArgs=[{"jsonPath": "$.city", "stringValue": "Oslo"}],
            )
        ),
        chunk({"functionCall": {"willContinue": False}}),
        chunk(
            called(
                willContinue=True,
                id="b",
                partialArgs=[{"jsonPath": "$.city", "stringValue": ""}],
            )
        ),
        chunk({"functionCall": {}}),
        last(words("")),
        calls=(("w", CITY), ("w", {"city": ""})),
        ids=("a", "b"),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "names that a path must quote",
        "RFC 9535, name selectors",
        chunk(
            called(
                willContinue=True,
                partialArgs=[
                    {"jsonPath": "$['it\\'s']", "stringValue": "a"},
                    {"jsonPath": '$["q\\"q"]', "stringValue": "b"},
                    {"jsonPath": "$['\\u263a']['a.b[0]']", "stringValue": "c"},
                ],
            )
        ),
        last({"functionCall": {}}),
        calls=(("w", {"it's": "a", 'q"q': "b", "\u263a": {"a.b[0]": "c"}}),),
        stop=StopReason.TOOL_CALLS,
    ),
]

STOPPED = (
    [
        whole(
            f"stopped: {native}",
            REFERENCE,
            last(words("Rain"), finish=native, c_finishMessage="mark1why"),
            text="Rain",
            stop=stop,
        )
        for native, stop in (
            ("MAX_TOKENS", StopReason.LENGTH),
            *dict.fromkeys(
                (
                    "SAFETY",
                    "RECITATION",
                    "LANGUAGE",
                    "BLOCKLIST",
                    "PROHIBITED_CONTENT",
                    "SPII",
                    "IMAGE_SAFETY",
                    "IMAGE_PROHIBITED_CONTENT",
                    "IMAGE_RECITATION",
                    "MODEL_ARMOR",
                ),
                StopReason.CONTENT_FILTER,
            ).items(),
            *dict.fromkeys(
                (
                    "OTHER",
                    "MALFORMED_FUNCTION_CALL",
                    "UNEXPECTED_TOOL_CALL",
                    "TOO_MANY_TOOL_CALLS",
                    "NO_IMAGE",
                    "IMAGE_OTHER",
                    "CONTINUATION",
                    "OF_THE_FUTURE",
                ),
                StopReason.OTHER,
            ).items(),
        )
    ]
    + [
        stream(
            f"stopped before the first word: {native}",
            REFERENCE,
            last(finish=native, c_safetyRatings=[{"category": "markhate", "probability": "HIGH"}]),
            stop=StopReason.CONTENT_FILTER,
        )
        for native in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "IMAGE_SAFETY")
    ]
    + [
        stream(
            "a prompt that was blocked",
            "API reference, PromptFeedback",
            {
                "promptFeedback": {
                    "blockReason": "PROHIBITED_CONTENT",
                    "blockReasonMessage": "mark1",
                },
                "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
                "modelVersion": "gemini-x",
            },
            stop=StopReason.CONTENT_FILTER,
            usage=Usage(9),
        ),
        whole(
            "a prompt that was blocked",
            "API reference, PromptFeedback",
            {
                "promptFeedback": {
                    "blockReason": "SAFETY",
                    "safetyRatings": [{"category": "markhate", "probability": "HIGH"}],
                },
                "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
                "modelVersion": "gemini-x",
                "responseId": "r",
            },
            stop=StopReason.CONTENT_FILTER,
            usage=Usage(9),
        ),
        whole(
            "a prompt that was blocked, with no candidates spelled out",
            "API reference, PromptFeedback",
            {"candidates": [], "promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": USED},
            stop=StopReason.CONTENT_FILTER,
        ),
        stream(
            "every chunk says STOP",
            VERTEX,
            chunk(words("Ra"), finish="STOP"),
            chunk(words("in"), finish="STOP", usageMetadata=USED),
            text="Rain",
        ),
    ]
)
