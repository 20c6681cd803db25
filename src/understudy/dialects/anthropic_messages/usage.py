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
_SHORT = "ephemeral_5m_input_tokens"
_LONG = "ephemeral_1h_input_tokens"
_DETAILS = "output_tokens_details"
_THOUGHT = "thinking_tokens"
_INNER = {_WRITES: {_SHORT, _LONG}, _DETAILS: {_THOUGHT}}


def read_usage(raws: Raws) -> Usage:
    """Read the fields of a usage object; what is absent or no number counts as nothing."""
    writes, details = _object(raws.get(_WRITES)), _object(raws.get(_DETAILS))
    short, long = _count(writes.get(_SHORT)), _count(writes.get(_LONG))
    written = _count(raws.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=_count(raws.get("input_tokens")),
        cache_read_tokens=_count(raws.get("cache_read_input_tokens")),
        cache_write_tokens=written or short + long,
        output_tokens=_count(raws.get("output_tokens")),
        reasoning_tokens=_count(details.get(_THOUGHT)),
        cache_write_1h_tokens=long,
    )


def usage_rest(raws: Raws) -> Raws:
    """What a usage object says beside that: tiers, places, tools used."""
    rest: Raws = {}
    for name, raw in said(raws).items():
        if name in _KNOWN:
            continue
        known = _INNER.get(name)
        if known is not None:
            inner = {key: each for key, each in _object(raw).items() if key not in known}
            if inner:
                rest[name] = Raw(encode(inner))
        else:
            rest[name] = raw
    return rest


def write_usage(usage: Usage, rest: Raws) -> Raw:
    """Say usage in this dialect, and beside it what `usage_rest` kept."""
    tree: dict[str, object] = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_write_tokens:
        long = usage.cache_write_1h_tokens
        tree[_WRITES] = {_SHORT: usage.cache_write_tokens - long, _LONG: long}
    if usage.reasoning_tokens:
        tree[_DETAILS] = {_THOUGHT: usage.reasoning_tokens}
    for name, raw in rest.items():
        old = tree.get(name)
        tree[name] = {**old, **_object(raw)} if isinstance(old, dict) else raw
    return Raw(encode(tree))


def _object(raw: Raw | None) -> Raws:
    """The fields of an inner object; none where it is something else."""
    if raw is None:
        return {}
    try:
        return decode_raws(raw)
    except MALFORMED:
        return {}


def _count(raw: Raw | None) -> int:
    if raw is None:
        return 0
    text = bytes(raw)
    if text.isdigit():
        return int(text)
    value = decode_any(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(value))
