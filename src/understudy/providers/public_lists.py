"""Lists of models that others publish, read as facts: models.dev's, LiteLLM's prices, and what a
provider's own GET /models says. Nothing in them is believed that cannot be true.

Sources of the shapes: models.dev/api.json and github.com/BerriAI/litellm
model_prices_and_context_window.json (2026-11); OpenRouter "List available models", Groq "List
models", Mistral "List models", Together "List all models", Gemini "models.list", vLLM "/v1/models"
(read 2026-11-25).

Raises: UnreadableList.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec

from understudy.chat.endpoint import Capability
from understudy.providers.price import Price

MOST_ENTRIES: Final = 50_000
LARGEST_WINDOW: Final = 100_000_000
DEAREST: Final = 100_000.0
"""Dollars for a million tokens. Whoever asks for more has mixed up its units."""

_ID = re.compile(r"[!-~]{1,200}")
_MILLION: Final = 1_000_000

_DEV_CAN: MappingProxyType[str, Capability] = MappingProxyType(
    {
        "tool_call": Capability.TOOLS,
        "reasoning": Capability.REASONING,
        "structured_output": Capability.JSON_SCHEMA,
    }
)
_LITELLM_CAN: MappingProxyType[str, Capability] = MappingProxyType(
    {
        "supports_function_calling": Capability.TOOLS,
        "supports_vision": Capability.VISION,
        "supports_pdf_input": Capability.DOCUMENTS,
        "supports_audio_input": Capability.AUDIO_INPUT,
        "supports_audio_output": Capability.AUDIO_OUTPUT,
        "supports_response_schema": Capability.JSON_SCHEMA,
        "supports_reasoning": Capability.REASONING,
    }
)
_INPUT_CAN: MappingProxyType[str, Capability] = MappingProxyType(
    {"image": Capability.VISION, "pdf": Capability.DOCUMENTS, "audio": Capability.AUDIO_INPUT}
)
_PARAMETER_CAN: MappingProxyType[str, Capability] = MappingProxyType(
    {
        "tools": Capability.TOOLS,
        "response_format": Capability.JSON_MODE,
        "structured_outputs": Capability.JSON_SCHEMA,
        "reasoning": Capability.REASONING,
    }
)
_WINDOWS = ("context_window", "context_length", "max_context_length", "max_model_len")
_OUTPUTS = ("max_completion_tokens", "max_output_tokens", "outputTokenLimit")


class UnreadableList(Exception):
    """The bytes are no list of models that is known here; the message says what was found."""


class Entry(msgspec.Struct, frozen=True):
    """What a list says of one model. `provider` is the list's own name for who serves it, empty
    where the whole list is one provider's. None: it does not say.
    """

    provider: str
    id: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    price: Price | None = None
    capabilities: frozenset[Capability] | None = None
    retires: str | None = None


class PublicList(msgspec.Struct, frozen=True):
    """A list as it was read. `refused` says which facts were not believed, and why."""

    form: str
    entries: tuple[Entry, ...]
    refused: tuple[str, ...]


def read_list(data: bytes) -> PublicList:
    """Read a list of any known form. Raises: UnreadableList."""
    try:
        value: object = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableList(f"found no JSON ({error})") from None
    form, entries = _form(value)
    refused: list[str] = []
    found: list[Entry] = []
    for entry in entries:
        if len(found) == MOST_ENTRIES:
            raise UnreadableList(f"found more than {MOST_ENTRIES} models")
        if not _ID.fullmatch(entry.id):
            refused.append(f"{entry.id[:40]!r}: found no name of a model")
            continue
        found.append(_believed(entry, refused))
    return PublicList(form, tuple(found), tuple(refused))


def _form(value: object) -> tuple[str, Iterator[Entry]]:
    """Tell whose list it is, by what it looks like."""
    if isinstance(value, list):
        return "a provider's list", _own(value)
    if isinstance(value, dict):
        for key in ("data", "models"):
            if isinstance(value.get(key), list):
                return "a provider's list", _own(value[key])
        tables = [each for each in value.values() if isinstance(each, dict)]
        if any("litellm_provider" in each for each in tables):
            return "LiteLLM's price file", _litellm(value)
        if any(isinstance(each.get("models"), dict) for each in tables):
            return "models.dev's list", _dev(value)
        raise UnreadableList(f"found an object with {len(value)} names, and no models in it")
    raise UnreadableList(f"found {type(value).__name__}, expected an object or a list")


def _dev(value: Mapping[str, object]) -> Iterator[Entry]:
    for provider, offers in value.items():
        models = _table(_table(offers).get("models"))
        for name, model in models.items():
            facts = _table(model)
            kinds = _table(facts.get("modalities"))
            if "text" not in _texts(kinds.get("output", ["text"])):
                continue
            limit, cost = _table(facts.get("limit")), _table(facts.get("cost"))
            can = {able for key, able in _DEV_CAN.items() if facts.get(key) is True}
            can |= _of(_INPUT_CAN, _texts(kinds.get("input")))
            yield Entry(
                provider,
                name,
                context_window=_whole(limit.get("context")),
                max_output_tokens=_whole(limit.get("output")),
                price=_price(cost, ("input", "cache_read", "cache_write", "output"), 1),
                capabilities=frozenset(can | {Capability.STREAMING}),
            )


def _litellm(value: Mapping[str, object]) -> Iterator[Entry]:
    costs = (
        "input_cost_per_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "output_cost_per_token",
    )
    for name, model in value.items():
        facts = _table(model)
        provider = facts.get("litellm_provider")
        if not isinstance(provider, str) or facts.get("mode") not in {"chat", "responses"}:
            continue
        window = facts.get("max_input_tokens", facts.get("max_tokens"))
        can = {able for key, able in _LITELLM_CAN.items() if facts.get(key) is True}
        ends = facts.get("deprecation_date")
        yield Entry(
            provider,
            name.removeprefix(f"{provider}/"),
            context_window=_whole(window),
            max_output_tokens=_whole(facts.get("max_output_tokens")),
            price=_price(facts, costs, _MILLION),
            capabilities=frozenset(can | {Capability.STREAMING}),
            retires=ends if isinstance(ends, str) else None,
        )


def _own(models: list[object]) -> Iterator[Entry]:
    """A provider's answer to GET /models. Where it says no more than names, so do we."""
    for model in models:
        facts = _table(model)
        name = facts.get("id", facts.get("name", facts.get("model")))
        if not isinstance(name, str):
            continue
        best = _table(facts.get("top_provider"))
        cost = _table(facts.get("pricing"))
        is_per_token = "prompt" in cost
        words = ("prompt", "input_cache_read", "input_cache_write", "completion")
        plain = ("input", "cached_input", "cache_write", "output")
        ends = facts.get("deprecation", facts.get("expiration_date"))
        yield Entry(
            "",
            name.removeprefix("models/"),
            context_window=_first(facts, (*_WINDOWS, "inputTokenLimit")),
            max_output_tokens=_first(facts, _OUTPUTS) or _first(best, _OUTPUTS),
            price=_price(cost, words if is_per_token else plain, _MILLION if is_per_token else 1),
            capabilities=_told(facts),
            retires=ends[:10] if isinstance(ends, str) else None,
        )


def _told(facts: Mapping[str, object]) -> frozenset[Capability] | None:
    """What a provider's own list says that a model can do; None where it says nothing of it."""
    parameters = facts.get("supported_parameters")
    if not isinstance(parameters, list):
        return None
    inputs = _texts(_table(facts.get("architecture")).get("input_modalities"))
    can = _of(_PARAMETER_CAN, _texts(parameters)) | _of(_INPUT_CAN, inputs)
    return frozenset(can | {Capability.STREAMING})


def _believed(entry: Entry, refused: list[str]) -> Entry:
    """Leave out what cannot be true, and say so."""
    name = f"{entry.provider}/{entry.id}".lstrip("/")

    def sound(what: str, value: object, is_sound: Callable[[], bool]) -> bool:
        if value is None or is_sound():
            return True
        refused.append(f"{name}: found {what} {str(value)[:40]}")
        return False

    changes: dict[str, None] = {}
    window, output, price, ends = (
        entry.context_window,
        entry.max_output_tokens,
        entry.price,
        entry.retires,
    )
    if not sound("context window", window, lambda: 0 < (window or 0) <= LARGEST_WINDOW):
        changes["context_window"] = None
    if not sound("output limit", output, lambda: 0 < (output or 0) <= LARGEST_WINDOW):
        changes["max_output_tokens"] = None
    if not sound("price", price, lambda: _is_affordable(price)):
        changes["price"] = None
    if not sound("last day", ends, lambda: _is_day(ends)):
        changes["retires"] = None
    return msgspec.structs.replace(entry, **changes) if changes else entry


def _is_affordable(price: Price | None) -> bool:
    costs = () if price is None else msgspec.structs.astuple(price)
    return all(cost is None or 0.0 <= cost <= DEAREST for cost in costs)


def _is_day(text: str | None) -> bool:
    try:
        return len(date.fromisoformat(text or "").isoformat()) == len(text or "")
    except ValueError:
        return False


def _price(
    costs: Mapping[str, object], names: tuple[str, str, str, str], times: float
) -> Price | None:
    read = [_number(costs.get(name)) for name in names]
    if read[0] is None or read[3] is None:
        return None
    scaled = [None if cost is None else round(cost * times, 6) for cost in read]
    return Price(input=scaled[0], cache_read=scaled[1], cache_write=scaled[2], output=scaled[3])


def _number(value: object) -> float | None:
    """A cost; some write them as text. NaN and the infinite are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _whole(value: object) -> int | None:
    """A number of tokens; nought means that nobody knows."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value) or None


def _first(facts: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    return next((found for name in names if (found := _whole(facts.get(name)))), None)


def _of(known: Mapping[str, Capability], words: tuple[str, ...]) -> set[Capability]:
    return {known[word] for word in words if word in known}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
