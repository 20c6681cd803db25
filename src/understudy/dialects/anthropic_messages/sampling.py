"""Sampling and stop sequences, as far as this dialect has them."""

from operator import attrgetter

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request, Sampling

_SAYABLE = ("temperature", "top_p", "top_k")
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
_unsayable_of = attrgetter(*_UNSAYABLE)
_UNSAID = (None,) * len(_UNSAYABLE)
_NOTHING: dict[str, object] = {
    "min_p": 0,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "repetition_penalty": 1,
    "n": 1,
    "logprobs": False,
    "top_logprobs": 0,
}
"""Values that change nothing: leaving them out is no loss."""


def write_sampling(
    request: Request, endpoint: Endpoint, *, thinks: bool
) -> tuple[dict[str, object], list[Loss]]:
    """The fields that say how to sample and where to stop, and what is lost of them."""
    losses = _unsayable(request.sampling)
    fields: dict[str, object] = {}
    for name in _SAYABLE:
        value = getattr(request.sampling, name)
        if value is None:
            continue
        path = f"sampling.{name}"
        if path in endpoint.rejects:
            losses.append(Loss(path, "this model refuses it"))
        else:
            fields[name] = value
    _within_bounds(fields, losses)
    if thinks:
        _beside_thinking(fields, losses)
    _not_both(fields, losses)
    if request.stop:
        if "stop" in endpoint.rejects:
            losses.append(Loss("stop", "this model refuses it"))
        else:
            _stop(request.stop, fields, losses)
    return fields, losses


def _unsayable(sampling: Sampling) -> list[Loss]:
    lost: list[Loss] = []
    values = _unsayable_of(sampling)
    if values == _UNSAID:
        return lost
    for name, value in zip(_UNSAYABLE, values, strict=True):
        if value is not None and (name not in _NOTHING or value != _NOTHING[name]):
            lost.append(Loss(f"sampling.{name}", "no word for it"))
    return lost


def _within_bounds(fields: dict[str, object], losses: list[Loss]) -> None:
    """Temperatures end at 1 here."""
    temperature = fields.get("temperature")
    if isinstance(temperature, float) and temperature > 1:
        fields["temperature"] = 1.0
        reason = f"1, not {temperature}: temperatures end there"
        losses.append(Loss("sampling.temperature", reason, Change.CHANGED))


def _beside_thinking(fields: dict[str, object], losses: list[Loss]) -> None:
    """Thinking excludes other ways to sample ("Extended thinking", feature compatibility)."""
    reason = "thinking excludes it"
    if fields.get("temperature", 1.0) != 1.0:
        del fields["temperature"]
        losses.append(Loss("sampling.temperature", reason))
    if "top_k" in fields:
        del fields["top_k"]
        losses.append(Loss("sampling.top_k", reason))
    top_p = fields.get("top_p")
    if isinstance(top_p, float) and top_p < 0.95:
        del fields["top_p"]
        losses.append(Loss("sampling.top_p", reason))


def _not_both(fields: dict[str, object], losses: list[Loss]) -> None:
    """Models since Opus 4.1 refuse both a temperature and a top_p; 1 is the default of each."""
    if "temperature" not in fields or "top_p" not in fields:
        return
    if fields["top_p"] == 1.0:
        del fields["top_p"]
    elif fields["temperature"] == 1.0:
        del fields["temperature"]
    else:
        del fields["top_p"]
        losses.append(Loss("sampling.top_p", "refused beside a temperature"))


def _stop(stop: tuple[str, ...], fields: dict[str, object], losses: list[Loss]) -> None:
    good = []
    for number, sequence in enumerate(stop):
        if sequence.strip():
            good.append(sequence)
        else:
            losses.append(Loss(f"stop[{number}]", "white space alone is refused"))
    if good:
        fields["stop_sequences"] = good
