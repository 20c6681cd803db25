"""A whole request as most are, texts and numbers, read at once by a schema that admits no more.

What it refuses is for the careful reader, which knows everything and says the same of this.
"""

from typing import Annotated, TypeAlias

import msgspec

from understudy.chat.parts import Text
from understudy.chat.request import Message, Request, Role, Sampling
from understudy.dialects.openai_chat.schema import PlainMessage

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class _Options(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    include_usage: bool | None = None


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    model: str
    messages: Annotated[list[PlainMessage], msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: _Options | None = None
    max_tokens: _Count | None = None
    max_completion_tokens: _Count | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    user: str | None = None


_decode = msgspec.json.Decoder(_Request).decode
_ROLES = {role.value: role for role in Role}


def read_plain(body: bytes) -> Request | None:
    """Return a plain request; None for any other, and for what is none."""
    try:
        asked = _decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return None
    limit = asked.max_completion_tokens
    if limit is None:
        limit = asked.max_tokens
    elif asked.max_tokens is not None and asked.max_tokens != limit:
        return None
    stream, stop, options = asked.stream is True, asked.stop, asked.stream_options
    return Request(
        asked.model,
        tuple([Message(_ROLES[each.role], (Text(each.content),)) for each in asked.messages]),
        stream=stream,
        sampling=Sampling(
            asked.temperature,
            asked.top_p,
            frequency_penalty=asked.frequency_penalty,
            presence_penalty=asked.presence_penalty,
            seed=asked.seed,
            n=asked.n,
        ),
        stop=() if stop is None else (stop,) if type(stop) is str else tuple(stop),
        max_output_tokens=limit,
        user=asked.user,
        wants_usage=not stream or (options is not None and options.include_usage is True),
    )
