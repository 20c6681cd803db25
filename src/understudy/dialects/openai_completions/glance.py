"""The little of a request that routing needs."""

import msgspec

from understudy.chat.endpoint import Capability, Needs
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Glance
from understudy.dialects.openai_completions.schema import PROMPT, Raws, decode_glanced
from understudy.dialects.reading import Reader, expected
from understudy.dialects.toplevel import read_object


def glance(body: bytes) -> Glance:
    """Raises: InvalidRequest."""
    raws = read_object(body)
    try:
        seen = decode_glanced(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        _blame(raws)
        raise InvalidRequest("", f"the body is no request: {error}") from None
    if not seen.model:
        raise InvalidRequest("model", "expected the name of a model, found an empty string")
    if bytes(seen.prompt)[:1] not in {b'"', b"["} or bytes(seen.prompt) == b"[]":
        raise expected("a text, texts or tokens", seen.prompt, PROMPT)
    options = seen.stream_options
    needed = frozenset({Capability.STREAMING}) if seen.stream else frozenset()
    return Glance(
        model=seen.model,
        stream=bool(seen.stream),
        needs=Needs(
            needed, input_tokens=len(body) // 3, output_tokens=max(0, seen.max_tokens or 0)
        ),
        wants_usage=options is not None and options.include_usage is True,
    )


def _blame(raws: Raws) -> None:
    """Say which field is none."""
    top = Reader(raws)
    top.need_string("model")
    if not top.has(PROMPT):
        raise InvalidRequest(PROMPT, "expected a text, found nothing")
    top.boolean("stream")
    top.integer("max_tokens")
    options = top.object("stream_options")
    if options is not None:
        options.boolean("include_usage")
