"""`inferenceConfig`: how to sample, where to stop, how much to write."""

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request, Sampling
from understudy.dialects.bedrock_converse.schema import NAME, Object

_SAID = {"temperature": "temperature", "top_p": "topP"}
_UNSAYABLE = (
    "min_p",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "seed",
    "n",
    "logprobs",
    "top_logprobs",
    "logit_bias",
)
_NOTHING: Object = {
    "min_p": 0,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "repetition_penalty": 1,
    "n": 1,
    "logprobs": False,
    "top_logprobs": 0,
}
"""Values that change nothing: leaving them out is no loss."""


class Inference:
    """What `inferenceConfig` shall say, and what goes beside it (`more`)."""

    def __init__(self, request: Request, endpoint: Endpoint, *, thinks: bool) -> None:
        self.losses: list[Loss] = []
        self.config: Object = {}
        self.more: Object = {}
        self._endpoint = endpoint
        self._is_own = NAME in request.extensions
        self._limit(request)
        self._sample(request.sampling)
        if thinks and not self._is_own:
            self._beside_thinking()
        self._stop(request.stop)

    def _limit(self, request: Request) -> None:
        wanted = request.max_output_tokens
        most = self._endpoint.max_output_tokens
        if wanted is not None and most is not None and wanted > most:
            reason = f"{most}, not {wanted}: the model writes no more"
            self.losses.append(Loss("max_output_tokens", reason, Change.CHANGED))
            wanted = most
        if wanted is not None and wanted < 1:
            self.losses.append(Loss("max_output_tokens", "1 at least", Change.CHANGED))
            wanted = 1
        if wanted is not None:
            self.config["maxTokens"] = wanted

    def _sample(self, sampling: Sampling) -> None:
        for name in _UNSAYABLE:
            value = getattr(sampling, name)
            if value is not None and (name not in _NOTHING or value != _NOTHING[name]):
                self.losses.append(Loss(f"sampling.{name}", "no word for it"))
        for name, said in _SAID.items():
            value = getattr(sampling, name)
            if value is not None and not self._refused(f"sampling.{name}"):
                self.config[said] = value
        if not self._is_own:
            self._within_bounds()
        self._top_k(sampling.top_k)
        self._not_both()

    def _within_bounds(self) -> None:
        """Both are shares here, from 0 to 1."""
        for name, said in _SAID.items():
            value = self.config.get(said)
            if isinstance(value, float) and not 0 <= value <= 1:
                self.config[said] = fitting = min(max(value, 0.0), 1.0)
                reason = f"{fitting:g}, not {value:g}: the bounds are 0 and 1"
                self.losses.append(Loss(f"sampling.{name}", reason, Change.CHANGED))

    def _top_k(self, top_k: int | None) -> None:
        """Not part of Converse: models have it under names of their own, or not at all."""
        path = "sampling.top_k"
        if top_k is None or self._refused(path):
            return
        if path not in self._endpoint.accepts and not self._is_own:
            self.losses.append(Loss(path, "this model is not known to have it"))
            return
        outer, _, inner = self._endpoint.renames.get("top_k", "top_k").partition(".")
        self.more[outer] = {inner: top_k} if inner else top_k

    def _not_both(self) -> None:
        """Claude's later models refuse a temperature beside a top_p; 1 is the default of each."""
        if self._is_own or "thinking" not in self._endpoint.accepts:
            return
        if not {"temperature", "topP"} <= self.config.keys():
            return
        if self.config["topP"] != 1.0 and self.config["temperature"] == 1.0:
            del self.config["temperature"]
            return
        if self.config["topP"] != 1.0:
            self.losses.append(Loss("sampling.top_p", "refused beside a temperature"))
        del self.config["topP"]

    def _beside_thinking(self) -> None:
        """Thinking excludes other ways to sample ("Extended thinking", considerations)."""
        reason = "thinking excludes it"
        if self.config.get("temperature", 1.0) != 1.0:
            del self.config["temperature"]
            self.losses.append(Loss("sampling.temperature", reason))
        if self.more.pop("top_k", None) is not None:
            self.losses.append(Loss("sampling.top_k", reason))
        top_p = self.config.get("topP")
        if isinstance(top_p, float) and top_p < 0.95:
            del self.config["topP"]
            self.losses.append(Loss("sampling.top_p", reason))

    def _stop(self, stop: tuple[str, ...]) -> None:
        if not stop or self._refused("stop"):
            return
        good = [sequence for sequence in stop if self._is_own or sequence.strip()]
        self.losses += [
            Loss(f"stop[{number}]", "white space alone is refused")
            for number, sequence in enumerate(stop)
            if not self._is_own and not sequence.strip()
        ]
        if good:
            self.config["stopSequences"] = good

    def _refused(self, path: str) -> bool:
        if path in self._endpoint.rejects:
            self.losses.append(Loss(path, "this model refuses it"))
            return True
        return False
