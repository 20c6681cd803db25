"""Usage: from what the provider counts to what is billed, and back.

`input_tokens` leaves out what was read from or written to the cache; `output_tokens` includes
thinking (Claude API reference, "Usage").
"""

from understudy.chat.usage import Usage
from understudy.dialects.anthropic_messages.schema import (
    MALFORMED,
    Raw,
    Raws,
    decode_any,
    decode_raws,
    encode,
    said,
)

_KNOWN = frozenset(
    {
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    }
)
_WRITES = "cache_creation"
_DETAILS = "output_tokens_details"


def read_usage(raws: Raws) -> Usage:
    """Read the fields of a usage object; what is absent or no number counts as nothing."""
    short, long = _inner(raws, _WRITES, "5m"), _inner(raws, _WRITES, "1h")
    written = _count(raws.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=_count(raws.get("input_tokens")),
        cache_read_tokens=_count(raws.get("cache_read_input_tokens")),
        cache_write_tokens=written or short + long,
        output_tokens=_count(raws.get("output_tokens")),
        reasoning_tokens=_inner(raws, _DETAILS, ""),
        cache_write_1h_tokens=long,
    )


def usage_rest(raws: Raws) -> Raws:
    """What a usage object says beside that: tiers, places, kinds of tokens, tools used."""
    return said({name: raw for name, raw in raws.items() if name not in _KNOWN})


def write_usage(usage: Usage, rest: Raws) -> Raw:
    """Say usage in this dialect, and beside it what `usage_rest` kept."""
    tree: dict[str, object] = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_write_tokens:
        tree[_WRITES] = {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens - usage.cache_write_1h_tokens,
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        }
    if usage.reasoning_tokens:
        tree[_DETAILS] = {"thinking_tokens": usage.reasoning_tokens}
    return Raw(encode({**tree, **rest}))


def _inner(raws: Raws, name: str, span: str) -> int:
    raw = raws.get(name)
    if raw is None:
        return 0
    field = f"ephemeral_{span}_input_tokens" if span else "thinking_tokens"
    try:
        return _count(decode_raws(raw).get(field))
    except MALFORMED:
        return 0


def _count(raw: Raw | None) -> int:
    if raw is None:
        return 0
    value = decode_any(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(value))
