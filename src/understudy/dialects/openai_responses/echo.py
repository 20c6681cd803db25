"""What a response repeats of its request, as the official clients expect it.

Source: OpenAI API reference, "The response object" (2026).
"""

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.request import Request
from understudy.dialects.openai_responses.build import write_options
from understudy.dialects.openai_responses.paper import Object, Paper
from understudy.dialects.openai_responses.schema import NAME

_ANYBODY = Endpoint(NAME, "", "", "", accepts=frozenset({"sampling.frequency_penalty"}))
_DEFAULTS: tuple[tuple[str, object], ...] = (
    ("background", False),
    ("instructions", None),
    ("max_output_tokens", None),
    ("max_tool_calls", None),
    ("metadata", {}),
    ("parallel_tool_calls", True),
    ("previous_response_id", None),
    ("prompt_cache_key", None),
    ("reasoning", {"effort": None, "summary": None}),
    ("safety_identifier", None),
    ("store", True),
    ("temperature", 1.0),
    ("text", {"format": {"type": "text"}}),
    ("tool_choice", "auto"),
    ("tools", []),
    ("top_logprobs", 0),
    ("top_p", 1.0),
    ("truncation", "disabled"),
    ("user", None),
)


def echo(request: Request) -> Object:
    """The fields of a response that say what was asked for."""
    said: Object = {}
    write_options(msgspec.structs.replace(request, messages=()), Paper(_ANYBODY), said)
    found = {name: said.get(name, default) for name, default in _DEFAULTS}
    reasoning = said.get("reasoning")
    if isinstance(reasoning, dict):
        found["reasoning"] = {"effort": None, "summary": None, **reasoning}
    return found
