"""`generationConfig` as it is written: sampling, limits, formats, how much to think."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Format, ReasoningConfig, Request
from understudy.dialects.gemini_generate.generation import JSON, PLAIN, SAMPLING
from understudy.dialects.gemini_generate.jsonschema import enforced
from understudy.dialects.gemini_generate.schema import MALFORMED, NAME, Raw, decode_raws
from understudy.dialects.noting import Noting

Body = dict[str, object]

_LEVELS = frozenset({"minimal", "low", "medium", "high"})
_NEAR = {"xhigh": "high", "max": "high"}
_BUDGETS = {"minimal": 512, "low": 1024, "medium": 8192, "high": 24576}
"""What the levels come to where only budgets are known (ai.google.dev/gemini-api/docs/openai)."""

_LEAST = 128
"""Tokens: less is refused by a model that always thinks and knows budgets (2.5 Pro)."""

_STOPS = 5
"""Stop sequences that may be said (ai.google.dev/api/generate-content, "stopSequences")."""

_OFF = frozenset({"none", "off"})
_HIDDEN = frozenset({"omitted", "none"})
_UNKNOWN = ("min_p", "repetition_penalty", "logit_bias")
_MODALITIES = frozenset({"text", "image", "audio", "video"})


def configured(request: Request, endpoint: Endpoint) -> tuple[Body, list[Loss]]:
    """The object, and what it cannot say."""
    writer = _Writer(request, endpoint)
    return writer.config(), writer.losses


class _Writer(Noting):
    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint

    def config(self) -> Body:
        config: Body = {}
        self._sampling(config)
        self._limit(config)
        self._stop(config)
        self._format(config)
        self._modalities(config)
        thinking = self._thinking()
        if thinking:
            config["thinkingConfig"] = thinking
        own = self._request.extensions.get(NAME, {}).get("generationConfig")
        for name, raw in ({} if own is None else decode_raws(own)).items():
            known = config.get(name)
            if isinstance(known, dict):
                config[name] = {**decode_raws(raw), **known}
            else:
                config.setdefault(name, raw)
        return config

    def _sampling(self, config: Body) -> None:
        sampling = self._request.sampling
        for field, name in SAMPLING.items():
            value = getattr(sampling, field)
            if value is None:
                continue
            if f"sampling.{field}" in self._endpoint.rejects:
                self.drop(f"sampling.{field}", "this model refuses it")
            else:
                config[name] = value
        if sampling.logprobs is not None:
            config["responseLogprobs"] = sampling.logprobs
        for field in _UNKNOWN:
            if getattr(sampling, field) is not None:
                self.drop(f"sampling.{field}", "no word for it")

    def _stop(self, config: Body) -> None:
        stops = self._request.stop
        if stops:
            config["stopSequences"] = list(stops[:_STOPS])
        if len(stops) > _STOPS:
            self.change("stop", f"the first {_STOPS} of {len(stops)}: no more can be said")

    def _limit(self, config: Body) -> None:
        limit, most = self._request.max_output_tokens, self._endpoint.max_output_tokens
        if limit is not None and most is not None and limit > most:
            reason = f"{most}, not {limit}: the model writes no more"
            self.losses.append(Loss("max_output_tokens", reason, Change.CHANGED))
            limit = most
        if limit is not None:
            config["maxOutputTokens"] = limit

    def _format(self, config: Body) -> None:
        wanted = self._request.response_format
        if wanted is None:
            return
        if wanted.kind is Format.TEXT:
            config["responseMimeType"] = PLAIN
            return
        is_schema = wanted.kind is Format.SCHEMA and wanted.schema is not None
        needed = Capability.JSON_SCHEMA if is_schema else Capability.JSON_MODE
        endpoint = self._endpoint
        if needed not in endpoint.capabilities or "response_format" in endpoint.rejects:
            self.drop("response_format", "this target enforces no format")
            return
        config["responseMimeType"] = JSON
        if is_schema:
            config["responseJsonSchema"] = self._schema(wanted.schema)
        for name in ("name", "description"):
            if getattr(wanted, name) is not None:
                self.drop(f"response_format.{name}", f"a schema has no {name}")
        if wanted.strict is False:
            self.change("response_format.strict", "always enforced")

    def _schema(self, schema: Raw | None) -> Raw | None:
        """A schema as it is enforced here. Its own dialect's callers know what is."""
        if schema is None or NAME in self._request.extensions:
            return schema
        try:
            found = enforced(schema)
        except MALFORMED:
            return schema
        if found.said:
            self.change("response_format.schema", f"in other words: {', '.join(found.said)}")
        if found.ignored:
            self.change("response_format.schema", f"not enforced: {', '.join(found.ignored)}")
        return found.schema

    def _modalities(self, config: Body) -> None:
        known = [each for each in self._request.modalities if each in _MODALITIES]
        if known:
            config["responseModalities"] = [each.upper() for each in known]
        if len(known) != len(self._request.modalities):
            self.drop("modalities", "text, pictures and speech are all that is written")

    def _thinking(self) -> Body:
        wanted, endpoint = self._request.reasoning, self._endpoint
        if wanted is None:
            return {}
        is_off = wanted.enabled is False or wanted.effort in _OFF
        if "reasoning" in endpoint.rejects or Capability.REASONING not in endpoint.capabilities:
            if not is_off:
                self.drop("reasoning", "this model does not think")
            return {}
        thinking = self._switched_off() if is_off else self._amount(wanted)
        is_own = NAME in self._request.extensions
        is_foreign_wish = bool(wanted.enabled) and not is_own and wanted.summary is None
        if wanted.summary not in {None, *_HIDDEN}:
            thinking["includeThoughts"] = True
            if wanted.summary != "auto":
                self.change("reasoning.summary", "said as thoughts that are shown")
        elif is_foreign_wish and wanted.effort is None and not is_off:
            thinking["includeThoughts"] = True
        return thinking

    def _switched_off(self) -> Body:
        rejects = self._endpoint.rejects
        has_budget = "reasoning.budget_tokens" not in rejects
        if "reasoning.enabled" in rejects:
            said: Body = {"thinkingBudget": _LEAST} if has_budget else {"thinkingLevel": "low"}
        elif has_budget:
            return {"thinkingBudget": 0}
        else:
            said = {"thinkingLevel": "minimal"}
        amount = next(iter(said.values()))
        self.change("reasoning.enabled", f"said as {amount}: this model always thinks")
        return said

    def _amount(self, wanted: ReasoningConfig) -> Body:
        rejects = self._endpoint.rejects
        budget = wanted.budget_tokens
        if budget is not None:
            if "reasoning.budget_tokens" not in rejects:
                if wanted.effort is not None:
                    self.drop("reasoning.effort", "a budget is said, and both cannot be")
                return {"thinkingBudget": budget}
            near = min(_BUDGETS, key=lambda level: abs(_BUDGETS[level] - budget))
            near = self._possible(wanted.effort if wanted.effort in _LEVELS else near)
            self.change("reasoning.budget_tokens", f"said as {near}")
            return {"thinkingLevel": near}
        if wanted.effort is None:
            has_budget = "reasoning.budget_tokens" not in rejects
            return {"thinkingBudget": -1} if wanted.enabled and has_budget else {}
        level = _NEAR.get(wanted.effort, wanted.effort)
        if level not in _LEVELS:
            self.drop("reasoning.effort", f"no such effort here: {level[:40]}")
            return {}
        if "reasoning.effort" in rejects:
            self.change("reasoning.effort", f"said as {_BUDGETS[level]} tokens")
            return {"thinkingBudget": _BUDGETS[level]}
        level = self._possible(level)
        if level != wanted.effort:
            self.change("reasoning.effort", f"said as {level}")
        return {"thinkingLevel": level}

    def _possible(self, level: str) -> str:
        """The level, or the next where the model knows none so low."""
        always = "reasoning.enabled" in self._endpoint.rejects
        return "low" if level == "minimal" and always else level
