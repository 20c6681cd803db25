"""Requests, bytes to the neutral model: a prompt is one message of the user's.

Source: OpenAI API reference, "Completions (legacy)" (2026). What only a completion can say (a
suffix, an echo, probabilities) is kept for this dialect.
"""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Text
from understudy.chat.request import Message, Request, Role, Sampling
from understudy.dialects.openai_completions.schema import NAME, PROMPT, Raw
from understudy.dialects.reading import Reader, expected, is_list, is_string, text_of
from understudy.dialects.toplevel import read_object


def parse_request(body: bytes) -> Request:
    """Raises: InvalidRequest."""
    try:
        return _parse(Reader(read_object(body)))
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest("", f"the body cannot be read: {error}") from None


def _parse(top: Reader) -> Request:
    model = top.need_string("model")
    prompt = _prompt(top)
    stream = top.boolean("stream")
    options = top.object("stream_options")
    wants_usage = options is not None and options.boolean("include_usage") is True
    sampling = _sampling(top)
    stop = _stop(top)
    limit = top.integer("max_tokens")
    user = top.string("user")
    rest = top.rest()
    if options is not None:
        rest |= {options.at(name): raw for name, raw in options.rest().items()}
    return Request(
        model,
        (Message(Role.USER, (Text(prompt),)),),
        stream=bool(stream),
        sampling=sampling,
        stop=stop,
        max_output_tokens=limit,
        user=user,
        wants_usage=wants_usage,
        extensions={NAME: rest},  # even if empty: it tells that this was a prompt
    )


def _prompt(top: Reader) -> str:
    """The one text. Raises: InvalidRequest for what nobody but this dialect could be asked."""
    raw = top.take(PROMPT)
    if raw is None:
        raise InvalidRequest(PROMPT, "expected a text, found nothing")
    if is_string(raw):
        return text_of(raw)
    if not is_list(raw):
        raise expected("a text, texts or tokens", raw, PROMPT)
    items = Reader({PROMPT: raw}).items(PROMPT)
    if len(items) == 1 and is_string(items[0]):
        return text_of(items[0])
    only = "only targets that speak this API themselves can be asked so"
    if items and all(map(is_string, items)):
        raise InvalidRequest(PROMPT, f"expected one prompt, found {len(items)}: {only}")
    raise InvalidRequest(PROMPT, f"expected a text, found tokens: {only}")


def _sampling(top: Reader) -> Sampling:
    return Sampling(
        temperature=top.number("temperature"),
        top_p=top.number("top_p"),
        top_k=top.integer("top_k"),
        min_p=top.number("min_p"),
        frequency_penalty=top.number("frequency_penalty"),
        presence_penalty=top.number("presence_penalty"),
        repetition_penalty=top.number("repetition_penalty"),
        seed=top.integer("seed"),
        n=top.integer("n"),
        logit_bias=_bias(top),
    )


def _bias(top: Reader) -> Raw | None:
    raw = top.take("logit_bias")
    return None if raw is None or bytes(raw) == b"{}" else raw


def _stop(top: Reader) -> tuple[str, ...]:
    raw = top.take("stop")
    if raw is None:
        return ()
    if is_string(raw):
        return (text_of(raw),)
    try:
        return tuple(msgspec.json.decode(raw, type=list[str]))
    except msgspec.MsgspecError:
        raise expected("a string or an array of strings", raw, "stop") from None
