"""`generationConfig`, field by field (ai.google.dev/api/generate-content, August 2026)."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import (
    Format,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Sampling,
)
from understudy.dialects.gemini_generate.jsonschema import json_schema
from understudy.dialects.gemini_generate.schema import (
    MODALITIES,
    Raw,
    Raws,
    decode_any,
    encode,
    inner,
)
from understudy.dialects.reading import Reader, expected

JSON = "application/json"
PLAIN = "text/plain"
_NUMBERS = {
    "temperature": "temperature",
    "top_p": "topP",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_INTEGERS = {"top_k": "topK", "seed": "seed", "n": "candidateCount", "top_logprobs": "logprobs"}
SAMPLING = {**_NUMBERS, **_INTEGERS}
"""Fields of `Sampling`, and what they are called here."""


class Generation:
    """Reads the object, and keeps what nobody knows."""

    def __init__(self, config: Reader | None) -> None:
        self._config = Reader({}, "generationConfig") if config is None else config
        self._kept: Raws = {}

    def request(self, model: str, messages: tuple[Message, ...]) -> Request:
        """A request with what the object says of it. Raises: InvalidRequest."""
        config = self._config
        limit = self._integer("maxOutputTokens")
        if limit is not None and limit < 0:
            path = config.at("maxOutputTokens")
            raise InvalidRequest(path, f"expected a positive number, found {limit}")
        return Request(
            model,
            messages,
            sampling=self._sampling(),
            stop=self._stop(),
            max_output_tokens=limit,
            response_format=self._format(),
            reasoning=self._reasoning(inner(config, "thinkingConfig")),
            modalities=self._modalities(),
        )

    def rest(self) -> Raws:
        """What only this dialect can say, for `extensions`."""
        rest = {**self._config.rest(), **self._kept}
        return {"generationConfig": Raw(encode(rest))} if rest else {}

    def _sampling(self) -> Sampling:
        numbers = {field: self._config.number(name) for field, name in _NUMBERS.items()}
        whole = {field: self._integer(name) for field, name in _INTEGERS.items()}
        said = msgspec.convert({**numbers, **whole}, Sampling)
        return msgspec.structs.replace(said, logprobs=self._config.boolean("responseLogprobs"))

    def _integer(self, name: str) -> int | None:
        """A whole number, which some clients write as 40.0."""
        found = self._config.number(name)
        if found is None:
            return None
        if int(found) != found:
            reason = f"expected an integer, found {found}"
            raise InvalidRequest(self._config.at(name), reason)
        return int(found)

    def _stop(self) -> tuple[str, ...]:
        return tuple(str(decode_any(raw)) for raw in self._config.items("stopSequences"))

    def _modalities(self) -> tuple[str, ...]:
        values = [decode_any(raw) for raw in self._config.items("responseModalities")]
        return tuple(
            str(MODALITIES.get(value, value) if isinstance(value, int) else value).lower()
            for value in values
        )

    def _format(self) -> ResponseFormat | None:
        config = self._config
        media = config.string("responseMimeType")
        schema = config.take("responseJsonSchema") or config.take("_responseJsonSchema")
        theirs = config.take("responseSchema")
        if media not in {None, "", JSON, PLAIN}:
            self._kept["responseMimeType"] = Raw(encode(media))
            if theirs is not None:
                self._kept["responseSchema"] = theirs
            return None
        if theirs is not None:
            schema = json_schema(theirs)
        if schema is not None:
            return ResponseFormat(Format.SCHEMA, schema=Raw(bytes(schema)), strict=True)
        if media == JSON:
            return ResponseFormat(Format.JSON)
        return ResponseFormat(Format.TEXT) if media == PLAIN else None

    def _reasoning(self, thinking: Reader | None) -> ReasoningConfig | None:
        if thinking is None:
            return None
        budget = thinking.integer("thinkingBudget")
        raw = thinking.take("thinkingLevel")
        level = None if raw is None else decode_any(raw)
        if level is not None and not isinstance(level, str):
            assert raw is not None
            raise expected("a level of thinking", raw, thinking.at("thinkingLevel"))
        shows = thinking.boolean("includeThoughts")
        rest = thinking.rest()
        if rest:
            self._kept["thinkingConfig"] = Raw(encode(rest))
        enabled = None if budget is None and level is None else budget != 0
        return ReasoningConfig(
            enabled=enabled,
            effort=None if level is None else level.lower().removeprefix("thinking_level_"),
            budget_tokens=budget if budget is not None and budget > 0 else None,
            summary="auto" if shows else None,
        )
