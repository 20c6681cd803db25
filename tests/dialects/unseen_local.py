"""Answers of Ollama's own API as its documents and types describe them."""

from typing import Any

from tests.dialects.unseen import ANYHOW, Case, dump

from understudy.chat.events import StopReason
from understudy.chat.usage import Usage

PLAIN = Usage(9, 0, 0, 4)
CITY = {"city": "Oslo"}
REF = "ollama/ollama docs/api.md, Generate a chat completion; api/types.go"
TIMES = {
    "total_duration": 4883583458,
    "load_duration": 1334875,
    "prompt_eval_duration": 342546000,
    "eval_duration": 4535599000,
}


def line(message: object = None, **beside: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": ""} if message is None else message
    return {
        "model": "llama3.2",
        "created_at": "2023-08-04T08:52:19.385406455-07:00",
        "message": said,
        "done": False,
        **beside,
    }


def says(content: str = "", **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def end(reason: str | None = "stop", message: object = None, **beside: Any) -> dict[str, Any]:
    word = {} if reason is None else {"done_reason": reason}
    counts = {"prompt_eval_count": 9, "eval_count": 4}
    return line(message, done=True, **word, **TIMES, **{**counts, **beside})


def call(name: str, arguments: object, **beside: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **beside}


def stream(id_: str, source: str, *lines: dict[str, Any], **told: Any) -> Case:
    usual: dict[str, Any] = {} if told.get("fails") else {"usage": PLAIN}
    data = b"".join(dump(each) + b"\n" for each in lines)
    return Case(id_, "ollama_chat", data, source, **{**usual, **told})


def whole(id_: str, source: str, body: dict[str, Any], **told: Any) -> Case:
    usual: dict[str, Any] = {} if told.get("fails") else {"usage": PLAIN}
    return Case(id_, "ollama_chat", dump(body), source, stream=False, **{**usual, **told})


CALLS: dict[str, Any] = {"calls": (("w", CITY),), "stop": StopReason.TOOL_CALLS}
HI = line(says("Hi"))

STREAMS = [
    stream(
        "thoughts, then text",
        REF,
        line(says(thinking="S")),
        line(says(thinking="o")),
        line(says("H")),
        line(says("i")),
        end(),
        text="Hi",
        thoughts="So",
    ),
    stream(
        "thoughts and text in one line",
        REF,
        line(says("Hi", thinking="So")),
        end(),
        text="Hi",
        thoughts="So",
    ),
    stream(
        "chances of tokens with every line",
        REF + ", logprobs",
        line(says("H"), logprobs=[{"token": "mark1", "logprob": -0.1, "top_logprobs": []}]),
        line(says("i"), logprobs=[{"token": "mark2", "logprob": -0.2, "bytes": [105]}]),
        end(),
        text="Hi",
    ),
    stream(
        "calls in lines of their own",
        REF + ", streaming with tools",
        line(says(tool_calls=[call("w", CITY, id="call_a")])),
        line(
            says(
                tool_calls=[
                    {"function": {"index": 1, "name": "x", "arguments": {}}, "id": "call_b"}
                ]
            )
        ),
        end(),
        calls=(("w", CITY), ("x", {})),
        ids=("call_a", "call_b"),
        stop=StopReason.TOOL_CALLS,
    ),
    stream(
        "text and a call in the last line",
        REF,
        HI,
        end(message=says(tool_calls=[call("w", CITY)])),
        text="Hi",
        **CALLS,
    ),
    stream(
        "calls that end by a word of their own",
        "Ollama cloud models",
        line(says(tool_calls=[call("w", CITY, type="function")])),
        end("tool_calls"),
        **CALLS,
    ),
    stream(
        "arguments as text",
        "Servers that imitate Ollama",
        line(says(tool_calls=[call("w", '{"city":"Oslo"}')])),
        end(),
        **CALLS,
    ),
    stream(
        "a model that runs elsewhere",
        REF + ", remote_model and remote_host",
        line(says("Hi"), remote_model="mark1:cloud", remote_host="https://mark2.example:443"),
        end(remote_model="mark1:cloud", remote_host="https://mark2.example:443"),
        text="Hi",
    ),
    stream(
        "a picture and no word",
        "ollama/ollama docs, Image generation; images of a message",
        line(says(images=["aGkmark1"])),
        end(),
    ),
    stream(
        "cut by the limit",
        REF + ", done_reason",
        HI,
        end("length"),
        text="Hi",
        stop=StopReason.LENGTH,
    ),
    stream(
        "no reason, as before 0.3",
        REF,
        HI,
        end(None),
        text="Hi",
    ),
    stream(
        "a prompt that was wholly cached",
        "ollama/ollama issue 2068",
        HI,
        {name: each for name, each in end().items() if name != "prompt_eval_count"},
        text="Hi",
        usage=Usage(0, 0, 0, 4),
    ),
    stream(
        "no line end after the last line",
        "HTTP",
        HI,
        end(),
        text="Hi",
    ),
    stream(
        "an error in mid-stream",
        "ollama/ollama docs, Errors",
        HI,
        {"error": "an error was encountered while running the model"},
        fails="error_object_in_data",
    ),
    stream("broken off", "HTTP", HI, fails="eof_without_terminator"),
    stream("nothing was said", REF, end(), fails="empty_200"),
]

WHOLES = [
    whole(
        "everything at once",
        REF,
        end(
            message=says("Hi", thinking="So", tool_calls=[call("w", CITY, id="call_a")]),
            logprobs=[{"token": "mark1", "logprob": -0.1}],
        ),
        text="Hi",
        thoughts="So",
        ids=("call_a",),
        **CALLS,
    ),
    whole(
        "a model that was loaded",
        "ollama/ollama docs/api.md, Load a model",
        {
            **line(),
            "done": True,
            "done_reason": "load",
        },
        stop=StopReason.OTHER,
        usage=None,
    ),
    whole(
        "a model that was unloaded",
        "ollama/ollama docs/api.md, Unload a model",
        {**line(), "done": True, "done_reason": "unload"},
        stop=StopReason.OTHER,
        usage=None,
    ),
    whole(
        "a picture",
        "ollama/ollama docs, Image generation; images of a message",
        end(message=says(images=["aGkmark1"])),
    ),
    whole(
        "content that is null",
        "Servers that imitate Ollama",
        end(message={"role": "assistant", "content": None, "tool_calls": [call("w", CITY)]}),
        **CALLS,
    ),
    whole("an error under 200", "ollama/ollama docs, Errors", {"error": "no"}, fails=ANYHOW),
    whole("half an answer", REF, HI, fails="done_without_finish"),
]
