"""Texts: labs whose bodies are a prompt, and an answer that goes on after it.

The dialect inside is that of legacy completions; a row of the table says what a lab calls things.

Sources: Amazon Bedrock user guide, "Amazon Titan Text models", "Meta Llama models",
"Mistral AI text completion", "DeepSeek models", "Cohere Command models", "Anthropic Claude Text
Completions API" (2026).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from typing_extensions import override

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Text
from understudy.chat.request import Request
from understudy.dialects.base import Dialect
from understudy.dialects.bedrock_invoke.body import Address, Body, Inside, frames_of, written
from understudy.dialects.bedrock_invoke.chunks import METRICS, decode_counts
from understudy.dialects.bedrock_invoke.prompts import read_prompt
from understudy.dialects.toplevel import Raws
from understudy.wire.sse import encode_frame

Object = dict[str, object]

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(Raws).decode
_DONE = b"data: [DONE]\n\n"


class Said(NamedTuple):
    """What a piece of an answer says. `stop` is None until it ends; counts where they are known."""

    text: str
    stop: str | None = None
    asked: int | None = None
    wrote: int | None = None


class Words(NamedTuple):
    """What a lab calls things. `fields`: its names, and those of the dialect inside.

    `write` makes an event, `whole` a whole answer where that is another; `read` is the way back,
    None where it is not this lab's answer. `stops`: why an answer ended, by the words inside.
    """

    name: str
    prompt: str
    fields: Mapping[str, str]
    stops: Mapping[str, str]
    write: Callable[[Said, str], Object]
    read: Callable[[Raws], Said | None]
    is_asked: Callable[[Raws, str], bool]
    config: str = ""
    whole: Callable[[Said, str], Object] | None = None


class _Choice(msgspec.Struct, frozen=True):
    text: str = ""
    finish_reason: str | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice] = []
    usage: _Usage | None = None


_completion = msgspec.json.Decoder(_Completion).decode


class Texts(Body):
    """A row of the table, as bodies."""

    def __init__(self, inside: Dialect, words: Words) -> None:
        super().__init__(inside)
        self._words = words
        self.name = words.name

    @override
    def fits(self, raws: Raws, address: Address) -> bool:
        return self._words.prompt in raws and self._words.is_asked(raws, address.model)

    @override
    def opened(self, raws: Raws, address: Address) -> Inside:
        rest = dict(raws)
        fields: Raws = {"prompt": rest.pop(self._words.prompt)}
        rest.pop("stream", None)  # the path says it
        outer = self._words.config
        config = _object(rest.pop(outer), outer) if outer in rest else rest
        for name, word in self._words.fields.items():
            raw = config.pop(name, None)
            if raw is not None and bytes(raw) not in {b"null", b"[]"}:
                fields[word] = raw
        if config is not rest:
            rest |= config
        return Inside(written(fields, address), "", rest)

    @override
    def parsed(self, raws: Raws, address: Address) -> Request:
        request = super().parsed(raws, address)
        (part,) = request.messages[0].parts
        assert isinstance(part, Text)
        extensions = {self.mark: request.extensions[self.mark]}
        messages = read_prompt(part.text)
        return replace(request, messages=messages, wants_usage=True, extensions=extensions)

    @override
    def answers(self, tree: Raws) -> bool:
        return self._words.read(tree) is not None

    @override
    def whole(self, body: bytes, request: Request) -> bytes:
        write = self._words.whole or self._words.write
        return _encode(write(self._said([body]), _prompt_of(request)))

    @override
    def events(self, said: bytes) -> list[bytes]:
        return [_encode(self._words.write(self._said(frames_of(said)), ""))]

    @override
    def heard_whole(self, body: bytes) -> bytes:
        return self._completed(body)[0]

    @override
    def framed(self, event: bytes) -> bytes:
        completion, is_last = self._completed(event)
        return encode_frame(completion) + (_DONE if is_last else b"")

    def _said(self, bodies: list[bytes]) -> Said:
        """What completions say, all in one."""
        read = [_completion(body) for body in bodies]
        choices = [each.choices[0] for each in read if each.choices]
        stops = [each.finish_reason for each in choices if each.finish_reason is not None]
        used = [each.usage for each in read if each.usage is not None]
        return Said(
            "".join(each.text for each in choices),
            self._words.stops.get(stops[0], stops[0]) if stops else None,
            used[0].prompt_tokens if used else None,
            used[0].completion_tokens if used else None,
        )

    def _completed(self, event: bytes) -> tuple[bytes, bool]:
        tree = _raws(event)
        said = self._words.read(tree)
        if said is None:
            raise ValueError(f"no answer of {self.name}")
        stops = {word: reason for reason, word in self._words.stops.items()}
        stop = None if said.stop is None else stops.get(said.stop, said.stop.lower())
        choice: Object = {"index": 0, "text": said.text, "finish_reason": stop}
        body: Object = {"choices": [choice]}
        asked, wrote = _counts(tree, said)
        if asked is not None and wrote is not None and stop is not None:
            total = asked + wrote
            body["usage"] = {
                "prompt_tokens": asked,
                "completion_tokens": wrote,
                "total_tokens": total,
            }
        return _encode(body), stop is not None


def _counts(tree: Raws, said: Said) -> tuple[int | None, int | None]:
    """What the envelope counted goes before what the lab did."""
    if METRICS in tree:
        found = decode_counts(tree[METRICS])
        return found.inputTokenCount, found.outputTokenCount
    return said.asked, said.wrote


def _object(raw: msgspec.Raw, path: str) -> Raws:
    try:
        return _raws(raw)
    except msgspec.MsgspecError:
        raise InvalidRequest(path, "expected an object, found something else") from None


def _prompt_of(request: Request) -> str:
    parts = [part for message in request.messages for part in message.parts]
    return "".join(part.text for part in parts if isinstance(part, Text))
