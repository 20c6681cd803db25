"""Usage: what the model read and wrote (`tokens`), and what of it is billed (`billed_units`).

`tokens` counts the instructions that Cohere adds as well, and `cached_tokens` is a share of them;
the neutral usage says those. What is billed is less, and costs are counted by it; clients of other
dialects are not told (API reference, "Chat (v2)").
"""

import msgspec

from understudy.chat.usage import Usage
from understudy.dialects.cohere_chat.schema import Raw, decode_any, encode

_TOKENS = "tokens"
_BILLED = "billed_units"
_CACHED = "cached_tokens"
_COUNTED = frozenset({"input_tokens", "output_tokens"})


def read_usage(raw: Raw) -> Usage | None:
    """Read a usage object; None where it counts nothing that we know."""
    tree = _tree(raw)
    counts = tree.get(_TOKENS)
    if not isinstance(counts, dict) or not counts.keys() & _COUNTED:
        counts = tree.get(_BILLED)
    if not isinstance(counts, dict) or not counts.keys() & _COUNTED:
        return None
    read = _count(counts.get("input_tokens"))
    cached = min(read, _count(tree.get(_CACHED)))
    return Usage(
        input_tokens=read - cached,
        cache_read_tokens=cached,
        output_tokens=_count(counts.get("output_tokens")),
    )


def read_billed(raw: Raw) -> Usage | None:
    """What is billed, where that is said, and is not what was counted."""
    tree = _tree(raw)
    billed, counted = tree.get(_BILLED), tree.get(_TOKENS)
    if not isinstance(billed, dict) or not isinstance(counted, dict):
        return None
    if not billed.keys() >= _COUNTED or all(billed[name] == counted.get(name) for name in _COUNTED):
        return None
    return Usage(
        input_tokens=_count(billed["input_tokens"]), output_tokens=_count(billed["output_tokens"])
    )


def usage_rest(raw: Raw) -> Raw | None:
    """What a usage object says beside that, and how; None when nothing."""
    tree, usage = _tree(raw), read_usage(raw)
    if usage is None:
        return Raw(bytes(raw)) if tree else None
    plain = decode_any(write_usage(usage, None))
    rest = {name: value for name, value in tree.items() if plain.get(name) != value}
    rest |= {name: None for name in plain if name not in tree}
    return Raw(encode(rest)) if rest else None


def write_usage(usage: Usage | None, rest: Raw | None) -> Raw:
    """Say usage, and what `usage_rest` kept beside it."""
    tree: dict[str, object] = {}
    if usage is not None:
        counts = {"input_tokens": usage.prompt_tokens, "output_tokens": usage.output_tokens}
        tree = {_BILLED: counts, _TOKENS: counts, _CACHED: usage.cache_read_tokens}
    kept = {} if rest is None else _tree(rest)
    tree = {name: value for name, value in {**tree, **kept}.items() if value is not None}
    return Raw(encode(tree))


def _tree(raw: Raw) -> dict[str, object]:
    try:
        tree = decode_any(raw)
    except msgspec.MsgspecError:
        return {}
    return tree if isinstance(tree, dict) else {}


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(value))
