"""The shapes of this dialect.

Source: OpenAI API reference, "Completions (legacy)" (2026); vLLM and Together for what they add.
"""

from typing import Literal

import msgspec

Raw = msgspec.Raw
Raws = dict[str, Raw]

NAME = "openai_completions"
OWN = NAME + "."
"""Begins the name of every vendor field of an answer that this dialect keeps for itself."""

PATHS = ("/v1/completions", "/completions", "/openai/v1/completions")

PROMPT = "prompt"
STANDARD = ("temperature", "top_p", "n", "seed", "frequency_penalty", "presence_penalty")
"""Fields of `Sampling` that everybody takes, under the same names."""

EXTRA = ("top_k", "min_p", "repetition_penalty")
"""Those that some hosts take (`Endpoint.accepts`)."""


class GlancedOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class GlancedRequest(msgspec.Struct, gc=False):
    """What routing needs to know of a request."""

    model: str
    prompt: Raw
    stream: bool | None = None
    stream_options: GlancedOptions | None = None
    max_tokens: int | None = None


class PlainChoice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str
    index: Literal[0] = 0
    logprobs: None = None
    finish_reason: None = None
    stop_reason: None = None


class PlainChunk(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A chunk that says more of the only text. What it repeats of the first is not read."""

    choices: tuple[PlainChoice]
    id: Raw = Raw()
    object: Raw = Raw()
    created: Raw = Raw()
    model: Raw = Raw()
    system_fingerprint: Raw = Raw()
    usage: None = None


decode_glanced = msgspec.json.Decoder(GlancedRequest).decode
decode_plain = msgspec.json.Decoder(PlainChunk).decode
decode_raws = msgspec.json.Decoder(Raws).decode
decode_raw_list = msgspec.json.Decoder(list[Raw]).decode
decode_any = msgspec.json.Decoder().decode
encode = msgspec.json.encode

MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)
"""What decoding foreign bytes may raise."""


def is_nothing(raw: Raw | None) -> bool:
    """Whether a field says nothing at all."""
    return raw is None or bytes(raw) in {b"", b"null", b"[]", b"{}", b'""'}


def word(raw: Raw | None) -> str:
    """A string; "" for anything else that may stand in its place."""
    value = None if raw is None else decode_any(raw)
    return value if isinstance(value, str) else ""


def number(raw: Raw | None) -> int | None:
    """A whole number; None for anything else."""
    value = None if raw is None else decode_any(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value)
