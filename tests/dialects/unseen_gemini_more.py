"""What else Google's answers hold: pictures, code, sources, log probabilities, counts, forms."""

from typing import Any

from tests.dialects.unseen import Case, dump
from tests.dialects.unseen_gemini import (
    CALLS,
    CITY,
    NAME,
    REFERENCE,
    USED,
    VERTEX,
    called,
    chunk,
    last,
    listed,
    stream,
    thought,
    whole,
    words,
)
from tests.dialects.unseen_others import Break, array, unnamed

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
CODE = {"executableCode": {"language": "PYTHON", "code": "print('markcode')", "id": "c1"}}
RAN = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "markran\n", "id": "c1"}}
GROUNDED = {
    "webSearchQueries": ["markquery"],
    "groundingChunks": [{"web": {"uri": "https://example.com/markuri", "title": "T"}}],
    "groundingSupports": [
        {
            "segment": {"startIndex": 0, "endIndex": 4, "text": "Rain"},
            "groundingChunkIndices": [0],
            "confidenceScores": [0.9],
        }
    ],
    "searchEntryPoint": {"renderedContent": "<div>markdiv</div>"},
}

SHOWN = [
    stream(
        "a picture between words",
        "Image generation",
        chunk(words("See: ")),
        chunk({"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2ln"}),
        last(words("!")),
        text="See: !",
    ),
    whole(
        "a picture that was thought of, then one",
        "Image generation",
        last(
            thought("Hm"),
            {"inlineData": {"mimeType": "image/png", "data": PNG}, "thought": True},
            {"inlineData": {"mimeType": "image/jpeg", "data": PNG}},
        ),
        thoughts="Hm",
    ),
    whole(
        "speech",
        "Speech generation",
        last({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "bWFyaw=="}}),
    ),
    whole(
        "a file elsewhere",
        "API reference, Part",
        last(words("See"), {"fileData": {"mimeType": "image/png", "fileUri": "gs://markfile"}}),
        text="See",
    ),
    stream(
        "code, and what came of it",
        "Code execution",
        chunk(words("I run: ")),
        chunk(CODE),
        chunk(RAN),
        last(words("Done")),
        text="I run: Done",
    ),
    stream(
        "tools that the server ran, and a call",
        "types: Part.tool_call",
        chunk({"toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": "markq"}},
               "thoughtSignature": "c2ln"}),
        chunk({"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB",
                                "response": {"r": "markr"}}}),
        last(called(CITY, id="fc")),
        **CALLS,
    ),
    whole(
        "a part of the future",
        "API reference, Part",
        last({"hologram": {"data": "markdata"}}, words("Rain", partMetadata={"x": "markmeta"})),
        text="Rain",
    ),
]  # fmt: skip

BESIDE = [
    stream(
        "grounded",
        "Grounding with Google Search",
        chunk(words("Rain")),
        chunk(words("."), c_groundingMetadata=GROUNDED),
        last(c_content={"role": "model"}, c_groundingMetadata={"retrievalMetadata": {}}),
        text="Rain.",
    ),
    whole(
        "cited, rated, and averaged",
        REFERENCE,
        last(
            words("Rain"),
            c_citationMetadata={
                "citationSources": [{"startIndex": 0, "endIndex": 4, "uri": "https://marksource"}]
            },
            c_safetyRatings=[{"category": "markhate", "probability": "NEGLIGIBLE"}],
            c_avgLogprobs=-0.25,
            c_tokenCount=4,
            c_urlContextMetadata={
                "urlMetadata": [{"retrievedUrl": "https://markurl", "urlRetrievalStatus": "X"}]
            },
            modelStatus={"message": "markold"},
        ),
        text="Rain",
    ),
    stream(
        "log probabilities, chunk by chunk",
        "API reference, LogprobsResult",
        chunk(
            words("Ra"),
            c_logprobsResult={
                "chosenCandidates": [{"token": "markra", "logProbability": -0.1, "tokenId": 1}],
                "topCandidates": [{"candidates": [{"token": "markro", "logProbability": -2.0}]}],
            },
        ),
        last(
            words("in"),
            c_logprobsResult={
                "chosenCandidates": [{"token": "markin", "logProbability": -0.2, "tokenId": 2}]
            },
        ),
        text="Rain",
    ),
    stream(
        "several answers",
        "API reference, candidateCount",
        {**chunk(words("Ra")), "candidates": [*chunk(words("Ra"))["candidates"],
                                             *chunk(words("Sn"), index=1)["candidates"]]},
        chunk(words("ow"), index=1),
        chunk(words("in"), finish="STOP"),
        last(index=1, finish="MAX_TOKENS"),
        text="Rain",
    ),
    whole(
        "several answers, of which the second calls",
        "API reference, candidateCount",
        {**last(words("Rain")), "candidates": [
            {"content": {"parts": [words("Rain")]}, "finishReason": "STOP"},
            {"content": {"parts": [called(CITY)]}, "finishReason": "STOP", "index": 1}]},
        text="Rain",
    ),
]  # fmt: skip

DETAILS = {
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 6},
        {"modality": "AUDIO", "tokenCount": 3},
    ],
    "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 5}],
    "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 4}],
    "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 7}],
}
COUNTED = [
    stream(
        "all counts, first few, then all",
        VERTEX,
        chunk(words("Ra"), usageMetadata={"trafficType": "ON_DEMAND"}),
        chunk(words("in"), usageMetadata={"promptTokenCount": 9, "totalTokenCount": 9}),
        last(
            words(""),
            usageMetadata={
                **USED,
                "cachedContentTokenCount": 5,
                "toolUsePromptTokenCount": 7,
                "thoughtsTokenCount": 2,
                "totalTokenCount": 22,
                "trafficType": "marktraffic",
                "serviceTier": "marktier",
                **DETAILS,
            },
        ),
        text="Rain",
        usage=Usage(11, 5, 0, 6, 2, 3),
    ),
    stream(
        "counts behind the end",
        VERTEX,
        chunk(words("Rain"), finish="STOP"),
        {"usageMetadata": USED, "modelVersion": "gemini-x", "responseId": "r1"},
        text="Rain",
    ),
    stream(
        "an empty chunk at the end",
        REFERENCE,
        chunk(words("Rain")),
        last(c_content={"parts": [{"text": ""}], "role": "model"}),
        text="Rain",
    ),
    stream(
        "an answer that nobody counted",
        REFERENCE,
        chunk(words("Rain"), finish="STOP"),
        text="Rain",
        usage=None,
    ),
    whole(
        "numbers for words, strings for numbers",
        "protobuf's JSON mapping",
        {
            "candidates": [{"content": {"parts": [{"text": "Rain"}]}, "finishReason": 2}],
            "usageMetadata": {"promptTokenCount": "9", "candidatesTokenCount": "4"},
        },
        text="Rain",
        stop=StopReason.LENGTH,
    ),
    whole(
        "when it was made",
        VERTEX,
        last(words("Rain"), createTime="2026-11-25T10:00:00.123456Z"),
        text="Rain",
    ),
]

FORMS = [
    listed("text", "streamGenerateContent", chunk(words("Ra]{")), last(words('in"\\')),
           text='Ra]{in"\\'),
    listed("a call", "streamGenerateContent", chunk(called(CITY)), last(), **CALLS),
    listed("one chunk", "streamGenerateContent", last(words("Rain")), text="Rain"),
    Case("text, indented", NAME,
         b'[{\n  "candidates": [ {\n   "content": {"parts": [{"text": "R\\u00e6in"}]}\n  }]\n}\n,\n'
         + dump(last()) + b"\n]\n", "streamGenerateContent",
         text="Ræin", usage=Usage(9, 0, 0, 4), kind=b"application/json"),
    stream("lines that end the other way", "server-sent events",
           "data: " + dump(chunk(words("Ra"))).decode() + "\n\n", ": ping\n\n",
           "data: " + dump(last(words("in"))).decode() + "\r\n\r\n", text="Rain"),
    stream("a stream that says it is done", "hosts of this dialect",
           last(words("Rain")), "data: [DONE]\n\n", text="Rain"),
    stream("a prompt that is found forbidden when the answer has begun", "PromptFeedback",
           chunk(words("Ra")), {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
                                "usageMetadata": USED},
           text="Ra", stop=StopReason.CONTENT_FILTER),
    stream("names as the .proto spells them", "protobuf's JSON mapping",
           {"candidates": [{"content": {"parts": [{"function_call": {"name": "w", "args":
            {"a_b": {"c_d": 1}}}, "thought_signature": "c2ln"}], "role": "model"},
            "finish_reason": "STOP"}], "model_version": "m", "usageMetadata": None,
            "usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 4}},
           calls=(("w", {"a_b": {"c_d": 1}}),), stop=StopReason.TOOL_CALLS),
    whole("names as the .proto spells them", "protobuf's JSON mapping",
          {"candidates": [{"content": {"parts": [{"text": "Rain"}]}, "finish_reason": "STOP",
                           "safety_ratings": [{"category": "markhate"}]}],
           "usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 4}},
          text="Rain"),
    stream("chunks that say nothing", REFERENCE, {"candidates": None, "usageMetadata": None,
                                                  "modelVersion": None},
           {"candidates": [{"content": None, "finishReason": None, "index": None}]},
           chunk({"text": None, "thought": None, "functionCall": None}),
           last({"functionCall": {"name": "w", "args": None, "id": None}}),
           calls=(("w", {}),), stop=StopReason.TOOL_CALLS),
    stream("characters of all kinds", REFERENCE, chunk(words("\u2028\U0001f600")),
           last(words("e\u0301\x00")), text="\u2028\U0001f600e\u0301\x00"),
]  # fmt: skip


def broken(id_: str, body: bytes, saw: dict[str, Any], said: str = "Ra") -> Break:
    return Break(Case(id_, NAME, body, "Troubleshooting", text=said), saw)


OVERLOADED = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
RA = chunk(words("Ra"))
BROKEN = [
    broken("an error in the stream", unnamed(RA, OVERLOADED),
           {"type": "UNAVAILABLE", "flag": "error_object_in_data", "message": "overloaded"}),
    broken("an error in the array", array(RA, OVERLOADED), {"type": "UNAVAILABLE"}),
    broken("no end", unnamed(RA), {"flag": "eof_without_terminator"}),
    broken("an array without an end", array(RA)[:-1], {"flag": "eof_without_terminator"}),
    broken("a call that is none", unnamed(last(finish="MALFORMED_FUNCTION_CALL",
                                               c_finishMessage="Malformed: w(")),
           {"finish": "MALFORMED_FUNCTION_CALL", "message": "Malformed: w("}, ""),
    broken("a tool that is not there", unnamed(last(finish="UNEXPECTED_TOOL_CALL")),
           {"finish": "UNEXPECTED_TOOL_CALL"}, ""),
    broken("STOP, and nothing else", unnamed(last()), {"flag": "stop_without_parts"}, ""),
]  # fmt: skip
