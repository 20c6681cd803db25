"""Answers of the legacy Completions API as its hosts' documents describe them."""

from typing import Any

from tests.dialects.unseen import ANYHOW, Case, dump, sse
from tests.dialects.unseen_chunks import PLAIN, counted

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

REF = "OpenAI API reference, Completions (legacy)"


def chunk(text: str | None = "", finish: str | None = None, **beside: Any) -> dict[str, Any]:
    """A chunk, or a body. Fields of the choice begin with `c_`, others are the chunk's."""
    choice = {name[2:]: each for name, each in beside.items() if name.startswith("c_")}
    top = {name: each for name, each in beside.items() if not name.startswith("c_")}
    return {
        "id": "cmpl-7",
        "object": "text_completion",
        "created": 1760000000,
        "model": "m-1",
        "choices": [{"text": text, "index": 0, "finish_reason": finish, **choice}],
        **top,
    }


def stream(id_: str, source: str, *frames: object, done: bool = True, **told: Any) -> Case:
    return Case(id_, "openai_completions", sse(*frames, done=done), source, **told)


def whole(id_: str, source: str, body: object, **told: Any) -> Case:
    return Case(id_, "openai_completions", dump(body), source, stream=False, **told)


CHANCES = {
    "tokens": ["mark1"],
    "token_logprobs": [-0.1],
    "top_logprobs": [{"mark2": -0.2}],
    "text_offset": [0],
}
USAGE = {**chunk(), "choices": [], "usage": counted()}

STREAMS = [
    stream(
        "text, chances and counts",
        REF,
        chunk("Hi", c_logprobs=CHANCES, system_fingerprint="markfp"),
        chunk(" you", c_logprobs=None, usage=None),
        chunk("", "stop"),
        USAGE,
        text="Hi you",
        usage=PLAIN,
    ),
    stream(
        "the end comes with the last words",
        "Fireworks AI; Together AI",
        chunk("Hi", "length", usage=counted()),
        text="Hi",
        stop=StopReason.LENGTH,
        usage=PLAIN,
    ),
    stream(
        "two texts in turn",
        REF + ", n",
        chunk("A"),
        chunk("marktwo", c_index=1),
        chunk("", "stop", c_index=1),
        chunk("!", "stop"),
        text="A!",
    ),
    stream(
        "which sequence it was",
        "vLLM, OpenAI-compatible server",
        chunk("Hi", c_stop_reason=None, c_prompt_logprobs=None, usage=counted(9, 1)),
        chunk("", "stop", c_stop_reason="END", usage=counted()),
        text="Hi",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="END",
        usage=PLAIN,
    ),
    stream(
        "what matched, and no [DONE]",
        "SGLang, OpenAI APIs",
        chunk("Hi"),
        chunk("", "stop", c_matched_stop="END"),
        done=False,
        text="Hi",
        stop=StopReason.STOP_SEQUENCE,
        stop_sequence="END",
    ),
    stream(
        "processing, and thoughts",
        "OpenRouter docs, Completions",
        ": OPENROUTER PROCESSING\n\n",
        chunk("Hi", c_native_finish_reason=None, provider="mark1"),
        chunk("", "stop", c_native_finish_reason="mark2"),
        USAGE,
        text="Hi",
        usage=PLAIN,
    ),
    stream(
        "timings",
        "llama.cpp, tools/server README",
        chunk("Hi", c_logprobs=None, timings={"predicted_n": 1}),
        chunk("", "stop", usage=counted(), timings={"note": "mark2"}),
        text="Hi",
        usage=PLAIN,
    ),
    stream(
        "aborted",
        "vLLM, finish_reason",
        chunk("Hi"),
        chunk("", "abort"),
        fails="eof_without_terminator",
    ),
    stream(
        "an error in mid-stream",
        REF,
        chunk("Hi"),
        {"error": {"message": "no", "type": "server_error"}},
        fails="error_object_in_data",
    ),
    stream(
        "an error without a wrapper",
        "vLLM before 0.10",
        chunk("Hi"),
        {"object": "error", "message": "no", "type": "BadRequestError", "code": 400},
        fails="error_object_in_data",
    ),
    stream("broken off", "HTTP", chunk("Hi"), done=False, fails="eof_without_terminator"),
]

WHOLES = [
    whole(
        "everything at once",
        REF,
        chunk(
            "Hi",
            "stop",
            c_logprobs=CHANCES,
            system_fingerprint="markfp",
            usage=counted(
                20,
                9,
                prompt_tokens_details={"cached_tokens": 8},
                completion_tokens_details={"reasoning_tokens": 5},
            ),
        ),
        text="Hi",
        usage=Usage(12, 8, 0, 9, 5),
    ),
    whole(
        "filtered",
        "Azure OpenAI, Completions",
        chunk(
            "Hi",
            "content_filter",
            c_content_filter_results={"hate": {"filtered": True, "severity": "mark1"}},
            prompt_filter_results=[{"prompt_index": 0, "note": "mark2"}],
            usage=counted(),
        ),
        text="Hi",
        stop=StopReason.CONTENT_FILTER,
        usage=PLAIN,
    ),
    whole(
        "an empty prompt beside it",
        "Together AI API reference, Completions",
        chunk("Hi", "eos", prompt=[{"text": "mark1", "logprobs": None}], c_seed=7, usage=counted()),
        text="Hi",
        usage=PLAIN,
    ),
    whole("an error under 200", REF, {"error": {"message": "no"}}, fails="error_object_in_200"),
    whole("nothing was said", REF, chunk("", "stop"), fails="empty_200"),
    whole("no choices", REF, {**chunk(), "choices": []}, fails=ANYHOW),
]
